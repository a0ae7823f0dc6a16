// `node bench/rotate-keys.ts --connections 100000`: rotates the data keys of that many connections while workers fire
// actions through some of them, kills the rotation half-way, and runs it again. Prints one JSON line; exit status 1 if an
// action failed or a connection was left behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { v7 } from 'uuid';
import { connect } from '../db/client.ts';
import { keyIdOf } from '../vault/blob.ts';
import type { Encrypt } from '../vault/encrypt.ts';
import { nowMs } from './measure.ts';
import { onServers } from './on-workbench.ts';
import { encrypterOn, RECEIVER_AUTHORIZATION, type SeededTenant, webhookPingPong } from './seed.ts';
import type { Seeded, Workbench } from './workbench.ts';

const HELP = `node bench/rotate-keys.ts [options]

  --connections N  to rotate (default 100000)
  --workers N      that fire meanwhile (default 2)
  --burst N        transitions that are sent at once, again and again (default 100)
`;

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '100000' },
    workers: { type: 'string', default: '2' },
    burst: { type: 'string', default: '100' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const connections = number('connections');
const workers = number('workers');
const burst = number('burst');

const PAWL = fileURLToPath(new URL('../cli/pawl.ts', import.meta.url));
const JOBS = 200;
/** Rows of one insert. */
const STORED_AT_ONCE = 1_000;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

await onServers({ settings: { jobs: JOBS } }, say, run);

async function run(bench: Workbench): Promise<void> {
  const { url: receiverUrl } = await bench.startReceiver({ record: false });
  const seeded = await bench.seedJobs({ receiverUrl, definition: webhookPingPong, jobs: JOBS });
  await storeConnections(bench, seeded.tenants, receiverUrl);
  for (let i = 0; i < workers; i++) await bench.work(await bench.loadWorker());
  const load = startLoad(seeded);

  const startedAt = nowMs();
  const killed = await killedWhen(rotation(bench), Math.floor(connections / 2));
  const afterKill = await countMoved(bench);
  if (!killed) say('the rotation was over before it could be killed; take more connections');
  const [status] = (await once(rotation(bench), 'exit')) as [number];
  const seconds = (nowMs() - startedAt) / 1_000;

  const transitions = await load.stop();
  await bench.recorded(transitions);
  const failed = await countFailed(bench);
  const left = connections + seeded.tenants.length - (await countMoved(bench));
  const counts = {
    connections,
    seconds: Number(seconds.toFixed(1)),
    failed_actions: failed,
    resumed: connections + seeded.tenants.length - afterKill,
    fired_actions: transitions,
    left_behind: left,
  };
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  process.exitCode = failed > 0 || left > 0 || status !== 0 ? 1 : 0;
}

/** Beside the one connection that each tenant's actions go through. */
async function storeConnections(
  { database, keyRing }: Workbench,
  tenants: readonly SeededTenant[],
  receiverUrl: string,
): Promise<void> {
  const api = connect({
    url: database.url,
    role: 'pawl_api',
    poolMax: 1,
    applicationName: 'pawl bench seed',
  });
  try {
    const encrypt = encrypterOn(api, keyRing);
    for (let stored = 0; stored < connections; stored += STORED_AT_ONCE) {
      const many = Math.min(STORED_AT_ONCE, connections - stored);
      const rows = await Promise.all(
        Array.from({ length: many }, (_, i) =>
          connectionOf(tenants[(stored + i) % tenants.length] as SeededTenant, receiverUrl, encrypt),
        ),
      );
      await database.sql`insert into connections ${database.sql(rows)}`;
    }
  } finally {
    await api.close();
  }
}

async function connectionOf({ tenant }: SeededTenant, receiverUrl: string, encrypt: Encrypt) {
  const id = v7();
  const allowedOrigin = new URL(receiverUrl).origin;
  const credentials = await encrypt(
    { base_url: receiverUrl, auth_header: RECEIVER_AUTHORIZATION },
    { tenantId: tenant.id, connectionId: id, provider: 'generic_rest', allowedOrigin },
  );
  return {
    shard: tenant.shard,
    tenant_id: tenant.id,
    id,
    provider: 'generic_rest',
    connection_name: id,
    credentials,
    key_id: keyIdOf(credentials),
    allowed_origin: allowedOrigin,
    fields: '{}',
  };
}

/** Sends bursts of transitions, each of which fires one action, until it is told to stop. */
function startLoad({ jobs, sender }: Seeded) {
  let stopped = false;
  async function send(): Promise<number> {
    let sent = 0;
    while (!stopped) {
      const asked = {
        targets: jobs,
        senders: Math.min(burst, jobs.length),
        warmUpMs: 0,
        forMs: null,
        total: burst,
      };
      sent += (await sender.ask('send', asked)).done;
    }
    return sent;
  }
  const sending = send();
  return {
    /** @returns the transitions that were committed */
    stop(): Promise<number> {
      stopped = true;
      return sending;
    },
  };
}

/** The command itself, as an operator runs it. */
function rotation({ config }: Workbench): ChildProcess {
  const { encryptionKey = '' } = config.encryption;
  const env = { DATABASE_URL: config.database.url, ENCRYPTION_KEY: encryptionKey };
  const child = spawn(process.execPath, [PAWL, 'keys', 'rotate', '--data'], {
    env,
    stdio: ['ignore', 'pipe', 2],
  });
  // Whether anybody listens or not, it must not wait to be heard.
  child.stdout?.resume();
  return child;
}

/** Kills it when it says that it has moved `enough`. */
async function killedWhen(child: ChildProcess, enough: number): Promise<boolean> {
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const moved = [...text.matchAll(/(\d+) secrets re-encrypted/g)].map(([, count]) => Number(count));
    if (moved.some((count) => count > 0 && count >= Math.min(enough, connections - 1))) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'exit');
  return signal === 'SIGKILL';
}

async function countMoved({ database }: Workbench): Promise<number> {
  const [row] = await database.sql<{ moved: number }[]>`
    select count(*)::integer as moved from connections c
    join tenant_keys k on k.shard = c.shard and k.tenant_id = c.tenant_id and k.id::text = c.key_id
    where k.generation = 2`;
  return Number(row?.moved);
}

async function countFailed({ database }: Workbench): Promise<number> {
  const [row] = await database.sql<{ failed: number }[]>`
    select count(*)::integer as failed from action_runs where status in ('FAILED', 'SKIPPED', 'UNKNOWN')`;
  return Number(row?.failed);
}

function number(name: 'connections' | 'workers' | 'burst'): number {
  const value = Number(values[name]);
  if (value >= 1) return Math.floor(value);
  process.stderr.write(`--${name} is ${values[name]}; expected a number from 1\n\n${HELP}`);
  process.exit(2);
}
