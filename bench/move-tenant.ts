// `node bench/move-tenant.ts`: moves a tenant from shard to shard under load, and says how long it stood still. Afterwards
// nothing may be lost, done twice or out of order, and its log and its ledger must be whole. Exit status 1 otherwise.
import { parseArgs } from 'node:util';
import { verifyShard } from '../audit/verify.ts';
import { connect, type Database } from '../db/client.ts';
import { findTenant } from '../db/operator.ts';
import type { Tenant } from '../db/tenants.ts';
import { moveTenant } from '../processes/move-tenant.ts';
import { drained } from './drained.ts';
import { checkAfterKills } from './kill-checks.ts';
import { nowMs, percentile } from './measure.ts';
import { onServers } from './on-workbench.ts';
import { tellOutcome } from './outcome.ts';
import { EMBEDDED } from './postgres.ts';
import { listPingPong } from './seed.ts';
import { type SureSenders, startSureSenders } from './sure-senders.ts';
import type { Workbench } from './workbench.ts';

const HELP = `node bench/move-tenant.ts [options]

  --moves N      one after the other, of the same tenant (default 3; each takes four minutes and more)
  --workers N    that work meanwhile (default 2)
  --apis N       that answer meanwhile (default 1)
  --jobs N       of all tenants together (default 1024)
  --senders N    events under way at once (default 32)
  --before N     seconds of load before the first move, for something to copy (default 30)
  --pause-ms N   how long the tenant may stand still (default 1000)
  --json         print the summary as one JSON object
`;

const { values } = parseArgs({
  options: {
    moves: { type: 'string', default: '3' },
    workers: { type: 'string', default: '2' },
    apis: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '1024' },
    senders: { type: 'string', default: '32' },
    before: { type: 'string', default: '30' },
    'pause-ms': { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const LIST_LENGTH = 3;
/** Where nobody else is, each time another. */
const SHARDS = [61, 62, 63];
const say = (line: string): void => void process.stderr.write(`${line}\n`);

// On Citus tenants are not moved.
await onServers({ server: EMBEDDED, settings: { jobs: number('jobs') } }, say, run);

async function run(bench: Workbench): Promise<void> {
  const { url: receiverUrl, receiver } = await bench.startReceiver({ record: true });
  const definition = (connectionId: string) => listPingPong(connectionId, LIST_LENGTH);
  const seeded = await bench.seedJobs({ receiverUrl, definition, jobs: number('jobs') });
  await seeded.sender.end();
  for (let i = 0; i < number('workers'); i++) await bench.work(await bench.loadWorker());
  const urls: string[] = [];
  for (let i = 0; i < number('apis'); i++) urls.push((await bench.startApi()).url);
  const sending = startSureSenders(seeded.targets, { urls: () => urls, atOnce: number('senders') });
  await new Promise((resolve) => setTimeout(resolve, number('before') * 1_000));

  const as = (role: 'pawl_mover' | 'pawl_operator') =>
    connect({ url: bench.database.url, role, poolMax: 2, applicationName: 'pawl bench move' });
  const [mover, operator] = [as('pawl_mover'), as('pawl_operator')];
  try {
    const slug = seeded.tenants[0]?.tenant.slug as string;
    const pauses = await moveAgainAndAgain(mover, operator, slug, sending);
    const accepted = await sending.stop();
    const left = await drained(bench.database);
    const tenants = await Promise.all(seeded.tenants.map(({ tenant }) => findTenant(operator, tenant.slug)));
    const checked = await checkAfterKills({
      databaseUrl: bench.database.url,
      sql: bench.database.sql,
      tenants,
      arrivals: await receiver.ask('arrivals', { from: 0 }),
      accepted,
      listLength: LIST_LENGTH,
    });
    const chain = await chainProblems(operator, await findTenant(operator, slug));
    const counts = {
      moves: pauses.stoodMs.length,
      pause_p50_ms: percentile(pauses.stoodMs, 0.5),
      pause_p100_ms: Math.max(...pauses.stoodMs),
      slowest_event_ms: Math.round(pauses.slowestEventMs),
      slowest_event_before_ms: Math.round(pauses.slowestBeforeMs),
      seconds_a_move: Math.round(pauses.tookMs / pauses.stoodMs.length / 1_000),
      sent_again: sending.again,
      ...checked.counts,
    };
    const violations = [...(left === null ? [] : [left]), ...checked.violations, ...chain];
    tellOutcome(counts, violations, values.json);
  } finally {
    await Promise.all([mover.close(), operator.close()]);
  }
}

async function moveAgainAndAgain(mover: Database, operator: Database, slug: string, sending: SureSenders) {
  const stoodMs: number[] = [];
  const startedAt = nowMs();
  const slowestBeforeMs = sending.slowestMs();
  for (let i = 0; i < number('moves'); i++) {
    const tenant = await findTenant(operator, slug);
    const toShard = SHARDS[i % SHARDS.length] as number;
    const moved = await moveTenant({
      db: mover,
      tenant,
      toShard,
      longestPauseMs: number('pause-ms'),
      onStep: (text) => say(`${slug} to shard ${toShard}: ${text} (${sending.accepted} events accepted)`),
    });
    stoodMs.push(moved.pauseMs);
  }
  return { stoodMs, slowestBeforeMs, slowestEventMs: sending.slowestMs(), tookMs: nowMs() - startedAt };
}

/** The chain of seals of the tenant, over all of its moves. */
async function chainProblems(db: Database, tenant: Tenant): Promise<string[]> {
  const verified = await verifyShard({
    db,
    shard: tenant.shard,
    tenantId: tenant.id,
    from: null,
    tenantIds: [tenant.id],
    checkpointsOf: async () => [],
    trustedKeys: [],
    keptSince: new Date(0),
  });
  const findings = verified.flatMap(({ finding }) => (finding === null ? [] : [finding]));
  return findings.map(({ kind, message }) => `the log: ${kind}: ${message}`);
}

function number(name: 'moves' | 'workers' | 'apis' | 'jobs' | 'senders' | 'before' | 'pause-ms'): number {
  const value = Number(values[name]);
  if (value >= 1) return Math.floor(value);
  process.stderr.write(`--${name} is ${values[name]}; expected a number from 1\n\n${HELP}`);
  process.exit(2);
}
