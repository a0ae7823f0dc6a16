// Tries an upgrade: an older version of Pawl and this one, side by side on one database, under load, replaced one by one and
// back again. By hand: `node ops/side-by-side.ts <git revision>` (needs git, and takes a minute or two).
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createApiKey } from '../api/auth/create-api-key.ts';
import { createClient } from '../cli/client.ts';
import { connect } from '../db/client.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { createTenant } from '../db/operator.ts';
import { checkInvariants } from '../invariants/check-invariants.ts';

const HERE = fileURLToPath(new URL('..', import.meta.url));
const JOBS = 8;
/** How long each mixture of versions works. */
const PHASE_MS = 5_000;
const SETTLING_MS = 60_000;

interface Running {
  url: string | undefined;
  stop(): Promise<void>;
}

const revision = process.argv[2];
if (revision === undefined) {
  console.error('Usage: node ops/side-by-side.ts <git revision of the older version>');
  process.exit(2);
}
const directory = await mkdtemp(join(tmpdir(), 'pawl-side-by-side-'));
const older = join(directory, 'older');
execFileSync('git', ['worktree', 'add', '--detach', older, revision], { cwd: HERE, stdio: 'inherit' });
await symlink(join(HERE, 'node_modules'), join(older, 'node_modules'));
const server = await startEmbeddedPostgres({ directory: join(directory, 'postgres'), log: () => {} });
const running = new Set<Running>();
try {
  process.exitCode = (await tryIt()) ? 0 : 1;
} finally {
  await Promise.allSettled([...running].map((one) => one.stop()));
  await server.stop();
  execFileSync('git', ['worktree', 'remove', '--force', older], { cwd: HERE });
  await rm(directory, { recursive: true, force: true });
}

async function tryIt(): Promise<boolean> {
  const arrivals: { key: string }[] = [];
  const receiver = createServer((request, response) => {
    arrivals.push({ key: String(request.headers['idempotency-key']) });
    request.resume().on('end', () => response.end('{}'));
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;

  // The older version makes the database and works alone; then the newer migrates under its feet.
  const [oldApi, oldWorker] = [await start(older, 'api'), await start(older, 'worker')];
  const operator = connect({
    url: server.url,
    role: 'pawl_operator',
    poolMax: 1,
    applicationName: 'side by side',
  });
  const tenant = await createTenant(operator, { name: 'Alder', slug: 'alder' });
  const { key } = await createApiKey(operator, tenant, { name: 'load', roles: ['Owner'] });
  const jobs = await prepare(String(oldApi.url), key, receiverUrl);
  let urls = [String(oldApi.url)];
  let sent = 0;
  const refused: string[] = [];
  const over = new AbortController();
  const load = jobs.map(async (id) => {
    while (!over.signal.aborted) {
      // The version that answered may be the one that is being replaced: then any other takes it, under the same key.
      const idempotencyKey = `${id}-${sent++}`;
      for (let tries = 0; ; tries++) {
        const url = urls[tries % urls.length] as string;
        const response = await post(url, key, id, idempotencyKey).catch(() => null);
        if (response?.ok) break;
        if (response && response.status < 500) {
          refused.push(`${response.status} ${await response.text()}`);
          break;
        }
        await pause(20);
      }
    }
  });

  async function phase(name: string, change: () => Promise<void>): Promise<void> {
    const before = { sent, arrived: arrivals.length };
    await change();
    await pause(PHASE_MS);
    console.log(`${name}: ${sent - before.sent} events, ${arrivals.length - before.arrived} webhooks`);
  }

  await phase('older alone', async () => {});
  let newApi: Running | undefined;
  let newWorker: Running | undefined;
  await phase('both', async () => {
    [newApi, newWorker] = [await start(HERE, 'api'), await start(HERE, 'worker')];
    urls = [...urls, String(newApi.url)];
  });
  await phase('newer API, older worker', async () => {
    urls = [String(newApi?.url)];
    await Promise.all([oldApi.stop(), newWorker?.stop()]);
  });
  let backApi: Running | undefined;
  await phase('older API, newer worker', async () => {
    [backApi, newWorker] = [await start(older, 'api'), await start(HERE, 'worker')];
    urls = [String(backApi.url)];
    await Promise.all([newApi?.stop(), oldWorker.stop()]);
  });
  await phase('newer alone', async () => {
    newApi = await start(HERE, 'api');
    urls = [String(newApi.url)];
    await backApi?.stop();
  });
  over.abort();
  await Promise.all(load);

  const settled = await isSettled();
  const violations = await checkInvariants({ db: operator, tenants: [tenant], arrivals });
  const [row] = await operator.sql`
    select count(*)::integer as runs from action_runs where status = 'SUCCEEDED'`;
  await operator.close();
  receiver.close();
  const delivered = new Set(arrivals.map((arrival) => arrival.key)).size;
  console.log(
    JSON.stringify({
      events: sent,
      delivered,
      succeeded: row?.runs,
      settled,
      refused: refused.length,
      violations,
    }),
  );
  if (refused.length > 0) console.log(refused.slice(0, 5).join('\n'));
  return (
    settled &&
    refused.length === 0 &&
    violations.length === 0 &&
    delivered === row?.runs &&
    delivered === sent
  );

  async function isSettled(): Promise<boolean> {
    const until = Date.now() + SETTLING_MS;
    while (Date.now() < until) {
      const [queued] = await operator.sql`select count(*)::integer as n from dispatch_queue`;
      if (queued?.n === 0) return true;
      await pause(100);
    }
    return false;
  }
}

function post(url: string, key: string, jobId: string, idempotencyKey: string): Promise<Response> {
  return fetch(`${url}/api/v1/jobs/${jobId}/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
    },
    body: JSON.stringify({ type: 'GO' }),
  });
}

/** Jobs of a machine that goes round and calls the receiver at every turn. */
async function prepare(url: string, apiKey: string, receiverUrl: string): Promise<string[]> {
  const client = createClient({ url, apiKey });
  const connection = await client.request('POST', '/tenant/connections', {
    provider: 'generic_rest',
    connection_name: 'receiver',
    credentials: { base_url: receiverUrl, auth_header: 'Bearer side-by-side' },
  });
  const actions = { action_type: 'WEBHOOK', params: { connection_id: connection.id, path: '/turn' } };
  const turn = (target: string) => ({ on: { GO: { target, actions } } });
  const definition = { initial: 'a', states: { a: turn('b'), b: turn('a') } };
  await client.request('POST', '/workflows', { name: 'round', definition });
  await client.request('POST', '/workflows/round/publish', { version: 1 });
  const made = Array.from({ length: JOBS }, () => client.request('POST', '/jobs', { workflow: 'round' }));
  return (await Promise.all(made)).map(({ job }) => job.id);
}

/** One process of the version in `folder`, which says in its log when it works. */
async function start(folder: string, role: 'api' | 'worker'): Promise<Running> {
  const child: ChildProcess = spawn(process.execPath, ['cli/pawl.ts', 'start', '--role', role], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      DATABASE_URL: server.url,
      ENCRYPTION_KEY: 'a1'.repeat(32),
      PORT: '0',
      EGRESS_ALLOW_HTTP: 'true',
      EGRESS_ALLOWED_PORTS: 'any',
      EGRESS_ALLOWED_CIDRS: '127.0.0.0/8',
    },
  });
  const gone = once(child, 'exit');
  const one: Running = {
    url: undefined,
    async stop() {
      running.delete(one);
      child.kill('SIGTERM');
      await gone;
    },
  };
  running.add(one);
  const started = Promise.withResolvers<void>();
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const said = JSON.parse(line);
    if (said.level === 'error' || said.level === 'fatal') console.error(line);
    one.url ??= said.url;
    if (said.msg === 'the API listens' || said.msg === 'the worker works') started.resolve();
  });
  void gone.then(() => started.reject(new Error(`the ${role} of ${folder} ended`)));
  started.promise.catch(() => {});
  await started.promise;
  return one;
}
