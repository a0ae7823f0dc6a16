// `node bench/network-cuts.ts`: an API, workers, a receiver and Postgres in network namespaces of their own. One after the other
// is cut off from the database, shortly and for longer than a worker may be silent, and comes back. Whoever is cut off must
// send nothing, others must take over, and in the end nothing may be lost, done twice or out of order.
// Linux, as root, with `ip netns`; says so and ends well where that is missing. Exit status 1 if anything is wrong.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import postgres, { type Sql } from 'postgres';
import type { Config } from '../config/config.ts';
import { parseKeyRing } from '../vault/key-ring.ts';
import { type Child, type Handlers, startChild } from './child.ts';
import { drained } from './drained.ts';
import { checkAfterKills } from './kill-checks.ts';
import { nowMs } from './measure.ts';
import { createNetwork, type Network, networkOf, whyNoNetwork } from './network.ts';
import { tellOutcome } from './outcome.ts';
import type { ApiProcess } from './processes/api.ts';
import type { JobsProcess } from './processes/jobs.ts';
import type { PostgresProcess } from './processes/postgres.ts';
import type { WorkerProcess } from './processes/worker.ts';
import type { Receiver } from './receiver.ts';
import { listPingPong, seed, WORKFLOW } from './seed.ts';
import { type SureSenders, startSureSenders } from './sure-senders.ts';
import { productionConfig } from './workbench.ts';

const HELP = `node bench/network-cuts.ts [options]

  --short-ms N   of a short cut (default 500)
  --long-ms N    of a long one; workers are declared dead after 2000 (default 5000)
  --senders N    events under way at once (default 8)
  --json         print the summary as one JSON object
`;

const { values } = parseArgs({
  options: {
    'short-ms': { type: 'string', default: '500' },
    'long-ms': { type: 'string', default: '5000' },
    senders: { type: 'string', default: '8' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    /** Of the network: set when this runs inside of it. */
    inside: { type: 'string' },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const HOSTS = ['postgres', 'receiver', 'api', 'worker1', 'worker2', 'driver'] as const;
const WORKERS = ['worker1', 'worker2'] as const;
const LIST_LENGTH = 3;
const JOBS = 64;
const LEASE_MS = 2_000;
/** What was started before a cut may still arrive. */
const LAST_WORDS_MS = 1_000;
/** Of the held lists, until others have them: the lease, the reaper's round, and a slow machine. */
const TAKEN_OVER_WITHIN_MS = 30_000;
const FLOWS_WITHIN_MS = 90_000;
const LOOK_MS = 50;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (values.inside === undefined) runInside();
else await runAs(values.inside);

/** Makes the network, and runs this program again in the namespace of the driver. */
function runInside(): void {
  const why = whyNoNetwork();
  if (why !== null) {
    process.stdout.write(`skipped: ${why}\n`);
    return;
  }
  const id = randomBytes(2).toString('hex');
  const network = createNetwork(id, HOSTS);
  try {
    const program = [process.execPath, ...process.argv.slice(1), '--inside', id];
    const command = ['netns', 'exec', network.namespace('driver'), ...program];
    const { status } = spawnSync('ip', command, { stdio: 'inherit' });
    process.exitCode = status ?? 1;
  } finally {
    network.remove();
  }
}

interface Stage {
  network: Pick<Network, 'namespace' | 'address' | 'cut' | 'join'>;
  sql: Sql;
  receiver: Child<Receiver>;
  workers: ReadonlyMap<string, Child<WorkerProcess>>;
  sending: SureSenders;
  violations: string[];
  takeoverMs: number[];
}

async function runAs(id: string): Promise<void> {
  const network = networkOf(id, HOSTS);
  const children: Child<Handlers>[] = [];
  async function start<H extends Handlers>(module: string, host: string): Promise<Child<H>> {
    const child = await startChild<H>(new URL(module, import.meta.url), [], network.namespace(host));
    children.push(child as unknown as Child<Handlers>);
    return child;
  }
  const database = await start<PostgresProcess>('./processes/postgres.ts', 'postgres');
  try {
    const { url: databaseUrl } = await database.ask('start', {
      address: network.address('postgres', 'database'),
    });
    const receiver = await start<Receiver>('./receiver.ts', 'receiver');
    const address = network.address('receiver', 'world');
    const { url: receiverUrl } = await receiver.ask('listen', { record: true, address });
    const encryptionKey = randomBytes(32).toString('hex');
    const config = productionConfig(databaseUrl, encryptionKey, {
      HOST: '0.0.0.0',
      WORKER_LEASE_MS: String(LEASE_MS),
      WORKER_POLL_INTERVAL_MS: '200',
      EGRESS_ALLOWED_CIDRS: '10.77.0.0/16',
    });
    const keyRing = parseKeyRing({ encryptionKey });
    const definition = (connectionId: string) => listPingPong(connectionId, LIST_LENGTH);
    const tenants = await seed({ databaseUrl, keyRing, receiverUrl, tenants: 4, definition });
    const jobs = await start<JobsProcess>('./processes/jobs.ts', 'driver');
    await jobs.ask('open', { databaseUrl, poolMax: 4 });
    const targets: { path: string; authorization: string }[] = [];
    for (const { tenant, apiKey } of tenants) {
      const of = { tenantId: tenant.id, workflow: WORKFLOW, count: JOBS / 4, senders: 4 };
      for (const { jobId } of await jobs.ask('start', of))
        targets.push({ path: `/api/v1/jobs/${jobId}/events`, authorization: `Bearer ${apiKey}` });
    }
    await jobs.end();
    const workers = new Map<string, Child<WorkerProcess>>();
    for (const host of WORKERS) workers.set(host, await start<WorkerProcess>('./processes/worker.ts', host));
    const of: { config: Config; databaseUrl: string } = { config, databaseUrl };
    for (const worker of workers.values()) await worker.ask('start', of);
    const api = await start<ApiProcess>('./processes/api.ts', 'api');
    const port = new URL((await api.ask('start', of)).url).port;
    const urls = [`http://${network.address('api', 'world')}:${port}`];
    const sending = startSureSenders(targets, { urls: () => urls, atOnce: number('senders') });
    const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
    const violations: string[] = [];
    const stage: Stage = { network, sql, receiver, workers, sending, violations, takeoverMs: [] };
    try {
      await play(stage);
      const accepted = await sending.stop();
      const left = await drained({ sql });
      const checked = await checkAfterKills({
        databaseUrl,
        sql,
        tenants: tenants.map(({ tenant }) => tenant),
        arrivals: await receiver.ask('arrivals', { from: 0 }),
        accepted,
        listLength: LIST_LENGTH,
      });
      const counts = {
        slowest_takeover_ms: Math.round(Math.max(...stage.takeoverMs)),
        sent_again: sending.again,
        ...checked.counts,
      };
      tellOutcome(
        counts,
        [...violations, ...(left === null ? [] : [left]), ...checked.violations],
        values.json,
      );
    } finally {
      await sql.end({ timeout: 1 });
    }
  } finally {
    await Promise.allSettled(
      children.filter((child) => child !== (database as never)).map((child) => child.kill()),
    );
    await database.ask('stop').catch(() => {});
    await database.end();
  }
}

async function play(stage: Stage): Promise<void> {
  const [short, long] = [number('short-ms'), number('long-ms')];
  await flows(stage, 'before anything');
  for (const forMs of [short, long]) {
    await cutWorker(stage, 'worker1', forMs);
    await cutOff(stage, 'api', 'database', forMs);
    await cutOff(stage, 'postgres', 'database', forMs);
    await cutOff(stage, 'worker2', 'world', forMs);
  }
}

/** A worker without the database must send nothing, and what it holds must go to the other when it counts as dead. */
async function cutWorker(stage: Stage, host: string, forMs: number): Promise<void> {
  const { network, sql, receiver, workers, violations, takeoverMs } = stage;
  say(`${host} is cut off from the database for ${forMs} ms`);
  network.cut(host, 'database');
  const cutAt = nowMs();
  const [worker] = await sql<{ id: string }[]>`
    select id from workers where name like ${`%:${workers.get(host)?.pid}`} and dead_at is null`;
  if (forMs > LEASE_MS) {
    const free = () => sql`select from dispatch_queue where worker_id = ${worker?.id ?? null} limit 1`;
    const dead = () => sql`select from workers where id = ${worker?.id ?? null} and dead_at is null`;
    while ((await dead()).length > 0 || (await free()).length > 0) {
      if (nowMs() - cutAt > TAKEN_OVER_WITHIN_MS) break;
      await pause(LOOK_MS);
    }
    const tookMs = nowMs() - cutAt;
    takeoverMs.push(tookMs);
    if (tookMs > TAKEN_OVER_WITHIN_MS) violations.push(`what ${host} held was not taken over`);
    await flows(stage, `while ${host} is cut off`);
  }
  await pause(Math.max(0, forMs - (nowMs() - cutAt)));
  const joinedAt = nowMs();
  network.join(host, 'database');
  const from = network.address(host, 'world');
  const late = (await receiver.ask('arrivals', { from: 0 })).filter(
    (arrival) => arrival.from === from && arrival.atMs > cutAt + LAST_WORDS_MS && arrival.atMs < joinedAt,
  );
  if (late.length > 0)
    violations.push(`${host} sent ${late.length} requests while it was cut off from the database`);
  await flows(stage, `after ${host} came back`);
}

async function cutOff(
  stage: Stage,
  host: string,
  bridge: 'database' | 'world',
  forMs: number,
): Promise<void> {
  say(`${host} is cut off from the ${bridge} for ${forMs} ms`);
  stage.network.cut(host, bridge);
  await pause(forMs);
  stage.network.join(host, bridge);
  await flows(stage, `after ${host} came back`);
}

/** Waits until an event is accepted, and a webhook arrives, that had not before. */
async function flows({ sending, receiver, violations }: Stage, when: string): Promise<void> {
  const [accepted, arrived] = [sending.accepted, await receiver.ask('count')];
  const until = nowMs() + FLOWS_WITHIN_MS;
  while (sending.accepted === accepted || (await receiver.ask('count')) === arrived) {
    if (nowMs() > until) {
      violations.push(`nothing flowed for ${FLOWS_WITHIN_MS / 1_000} s ${when}`);
      return;
    }
    await pause(LOOK_MS);
  }
}

function number(name: 'short-ms' | 'long-ms' | 'senders'): number {
  const value = Number(values[name]);
  if (value >= 1) return Math.floor(value);
  process.stderr.write(`--${name} is ${values[name]}; expected a number from 1\n\n${HELP}`);
  process.exit(2);
}
