import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createDatabase, type TestDatabase } from './postgres.testkit.ts';

const PAWL = fileURLToPath(new URL('../cli/pawl.ts', import.meta.url));

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

interface Line {
  process: string;
  pid: number;
  msg: string;
  url?: string;
}

interface Started {
  process: ChildProcess;
  /** The next line of the log that says so. */
  says(message: string): Promise<Line>;
  exit: Promise<unknown[]>;
  kill(signal: NodeJS.Signals): void;
}

function start(...args: string[]): Started {
  return startWith({}, ...args);
}

function startWith(variables: Record<string, string>, ...args: string[]): Started {
  const common = {
    DATABASE_URL: database.url,
    ENCRYPTION_KEY: 'a1'.repeat(32),
    PORT: '0',
    LOG_LEVEL: 'info',
  };
  const child = spawn(process.execPath, [PAWL, 'start', ...args], {
    env: { ...common, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text));
    for (const look of waiting) look();
  });
  return {
    process: child,
    says: (message) =>
      new Promise((resolve) => {
        const look = () => {
          const at = lines.findIndex(({ msg }) => msg === message);
          if (at === -1) return;
          waiting.delete(look);
          resolve(lines.splice(at, 1)[0] as Line);
        };
        waiting.add(look);
        look();
      }),
    exit: once(child, 'exit'),
    kill: (signal) => void child.kill(signal),
  };
}

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function isGone(pid: number): Promise<void> {
  while (isThere(pid)) await new Promise(setImmediate);
}

test('a worker that dies is started again, and the API never notices', async () => {
  const pawl = start();
  const [api, worker] = await Promise.all([pawl.says('the API listens'), pawl.says('the worker works')]);
  await pawl.says('API and worker are running');
  process.kill(worker.pid, 'SIGKILL');
  await pawl.says('a process ended by itself and is started again');
  const again = await pawl.says('the worker works');
  expect(again.pid).not.toBe(worker.pid);
  expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
  pawl.kill('SIGTERM');
  expect(await pawl.exit).toEqual([0, null]);
  expect([api.pid, again.pid].filter(isThere)).toEqual([]);
});

test('processes whose parent was killed end by themselves', async () => {
  const pawl = start();
  const [api, worker] = await Promise.all([pawl.says('the API listens'), pawl.says('the worker works')]);
  await pawl.says('API and worker are running');
  pawl.kill('SIGKILL');
  await pawl.exit;
  await Promise.all([isGone(api.pid), isGone(worker.pid)]);
});

test.each([
  ['api', 'the API listens'],
  ['worker', 'the worker works'],
])('--role %s runs alone, in one process, and stops at a signal', async (role, message) => {
  const pawl = start('--role', role);
  expect((await pawl.says(message)).pid).toBe(pawl.process.pid);
  pawl.kill('SIGINT');
  expect(await pawl.exit).toEqual([0, null]);
});

test('a process that waits for another one’s migration says so, and stops at the first signal', async () => {
  const other = postgres(database.url, { max: 1 });
  const locked = await other.reserve();
  // The migration's own (db/migrate.ts).
  await locked`select pg_advisory_lock(7295145)`;
  const pawl = start('--role', 'worker');
  await pawl.says('another process migrates the database; this one waits until that is done');
  pawl.kill('SIGTERM');
  expect(await pawl.exit).toEqual([0, null]);
  locked.release();
  await other.end();
});

test('API processes of one machine share a port, and one that dies is replaced while the others answer', async () => {
  const pawl = startWith({ METRICS_API_PORT: '0' }, '--role', 'api', '--processes', '2');
  const first = await pawl.says('the API listens');
  const second = await pawl.says('the API listens');
  expect(second.url).toBe(first.url);
  // A connection of its own for each request: kept alive, it would stay with one process.
  const ask = () => fetch(`${first.url}/healthz`, { headers: { connection: 'close' } });
  for (let i = 0; i < 2; i++) expect((await ask()).status).toBe(200);
  for (const { url } of [await pawl.says('metrics are shown'), await pawl.says('metrics are shown')]) {
    const page = await (await fetch(`${url}/metrics`)).text();
    expect(page).toMatch(/pawl_http_request_seconds_count\{[^}]*\} 1/);
  }
  process.kill(second.pid, 'SIGKILL');
  await pawl.says('a process ended by itself and is started again');
  expect((await ask()).status).toBe(200);
  const again = await pawl.says('the API listens');
  expect(again.url).toBe(first.url);
  pawl.kill('SIGTERM');
  expect(await pawl.exit).toEqual([0, null]);
  expect([first.pid, again.pid].filter(isThere)).toEqual([]);
  await expect(ask()).rejects.toThrow();
});
