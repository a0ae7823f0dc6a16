import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openClient } from './driver.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';
import { readPostmaster } from './embedded-postmaster.ts';

const cleanups: ((hasFailed: boolean) => Promise<unknown>)[] = [];
afterEach(async ({ task }) => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup(task.result?.state === 'fail');
});

/** One that was made, and stopped: most tests begin with a copy of it, which costs a tenth of making one. */
let made: string;
beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'pawl-embedded-'));
  await (await startEmbeddedPostgres({ directory: made, durable: false, log: () => {} })).stop();
});
afterAll(() => rm(made, { recursive: true, force: true }));

async function setup(from: 'a copy' | 'nothing' = 'a copy') {
  const directory = await mkdtemp(join(tmpdir(), 'pawl-embedded-'));
  const lines: string[] = [];
  cleanups.push(async (hasFailed) => {
    if (hasFailed) {
      const log = await readFile(join(directory, 'postgres.log'), 'utf8').catch(String);
      process.stderr.write(`${lines.join('\n')}\n${log}\n`);
    }
    await rm(directory, { recursive: true, force: true });
  });
  if (from === 'a copy') await promisify(execFile)('cp', ['-a', `${made}/.`, directory]);
  const start = async (options: { keepRunning?: boolean } = {}): Promise<EmbeddedPostgres> => {
    const handle = await startEmbeddedPostgres({
      ...options,
      directory,
      durable: false,
      log: (line) => lines.push(line),
    });
    cleanups.push(() => handle.stop());
    return handle;
  };
  return { directory, data: join(directory, 'data'), lines, start };
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end();
  }
}

/** Waits for a condition that another process brings about; the test's own time limit ends a wait in vain. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await pause(20);
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('keeps data, address and password between starts', async () => {
  const { start } = await setup();
  const first = await start();
  await query(first.url, 'create table kept as select 42 as answer');
  await first.stop();

  const second = await start();
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('is a Postgres 18 in UTF-8 that listens on the loopback address only and asks for a password', async () => {
  const { start } = await setup('nothing');
  const { url, localUrl } = await start();
  const settings = await query(
    url,
    `select name, setting from pg_settings where name in
       ('listen_addresses', 'unix_socket_directories', 'server_encoding', 'synchronous_commit', 'jit', 'wal_level')
     order by name`,
  );
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    jit: 'off',
    listen_addresses: '127.0.0.1',
    server_encoding: 'UTF8',
    synchronous_commit: 'on',
    unix_socket_directories: new URL(localUrl).searchParams.get('host'),
    wal_level: 'replica',
  });
  expect(await query(url, `select current_setting('server_version_num')::int / 10000 as major`)).toEqual([
    { major: 18 },
  ]);
  await expect(query(url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toMatchObject({
    code: '28P01',
  });
});

test('is reached through its socket in the file system too', async () => {
  const { start } = await setup();
  const { localUrl } = await start();
  const sql = openClient(localUrl, { max: 1 });
  expect(await sql`select inet_server_addr() as address`).toEqual([{ address: null }]);
  await sql.end();
});

test('starts again after its postmaster was killed, with everything that was committed', async () => {
  const { data, start, lines } = await setup();
  const first = await start();
  await query(first.url, 'create table kept as select 42 as answer');
  const { pid } = (await readPostmaster(data)) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await until(() => lines.some((line) => line.includes('ended by itself (SIGKILL)')));

  const second = await start();
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('comes back by itself at the same address when it was killed, until it is stopped', async () => {
  const { data, start } = await setup();
  const handle = await start({ keepRunning: true });
  await query(handle.url, 'create table kept as select 42 as answer');
  for (let times = 0; times < 2; times++) {
    const { pid } = (await readPostmaster(data)) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await until(async () => {
      const again = await readPostmaster(data);
      return again !== undefined && again.pid !== pid && again.status === 'ready';
    });
    expect(await query(handle.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  }
  await handle.stop();
  expect(await readPostmaster(data)).toBeUndefined();
});

test('keeps its lock file whoever asks who serves it, as it shuts down without one', async () => {
  const { data } = await setup();
  const ofStranger = `${process.pid}\n`;
  await writeFile(join(data, 'postmaster.pid'), ofStranger);
  expect(await readPostmaster(data)).toBeUndefined();
  expect(await readFile(join(data, 'postmaster.pid'), 'utf8')).toBe(ofStranger);
});

test('starts although the number in a left-behind lock file belongs to a stranger now', async () => {
  const { data, start } = await setup();
  const first = await start();
  const lockFile = await readFile(join(data, 'postmaster.pid'), 'utf8');
  await first.stop();
  await writeFile(join(data, 'postmaster.pid'), lockFile.replace(/^\d+/, `${process.pid}`));

  const second = await start();
  expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('is shared by a second start, whose stop leaves it running', async () => {
  const { start } = await setup();
  const owner = await start();
  const guest = await start();
  expect(guest.url).toBe(owner.url);
  await guest.stop();
  expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('is made once when two processes start it for the first time together', async () => {
  const { directory, start } = await setup('nothing');
  const [one, two] = await Promise.all([start(), start()]);
  expect(one.url).toBe(two.url);
  expect((await readdir(directory)).filter((name) => /^(data|password)\./.test(name))).toEqual([]);
});

test('refuses a directory whose running Postgres does not take the password', async () => {
  const { directory, start } = await setup();
  await start();
  await writeFile(join(directory, 'password'), 'something-else\n');
  await expect(start()).rejects.toMatchObject({ kind: 'Unavailable', code: 'embedded_postgres_running' });
});

test('says which file holds the password that its data does not take, and leaves nothing running', async () => {
  const { directory, data, start } = await setup();
  await (await start()).stop();
  await writeFile(join(directory, 'password'), 'something-else\n');
  await expect(start()).rejects.toMatchObject({
    code: 'embedded_postgres_failed',
    message: expect.stringContaining(join(directory, 'password')),
  });
  expect(await readPostmaster(data)).toBeUndefined();
});

test('says what Postgres said when it cannot start', async () => {
  const { data, start } = await setup();
  await (await start()).stop();
  await writeFile(join(data, 'postgresql.conf'), 'max_connections = many\n');
  await expect(start()).rejects.toMatchObject({
    kind: 'Unavailable',
    code: 'embedded_postgres_failed',
    message: expect.stringContaining('max_connections'),
  });
});

test('takes another port when the old one is in use', async () => {
  const { start } = await setup();
  const first = await start();
  await first.stop();
  const squatter = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
  await once(squatter, 'listening');
  cleanups.push(() => new Promise((resolve) => squatter.close(resolve)));

  const second = await start();
  expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
});

test('keeps the password out of the log and readable by its owner only', async () => {
  const { directory, start, lines } = await setup('nothing');
  const { url } = await start();
  const { password } = new URL(url);
  expect(lines.join('\n')).not.toContain(password);
  expect(await readFile(join(directory, 'postgres.log'), 'utf8')).not.toContain(password);
  expect((await stat(join(directory, 'password'))).mode & 0o777).toBe(0o600);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
});

/** Another process that starts the Postgres of `directory`, prints "ready", and stops it only on SIGTERM. */
async function ownerProcess(directory: string) {
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./embedded.ts', import.meta.url).href)};
    const handle = await startEmbeddedPostgres({ directory: ${JSON.stringify(directory)}, durable: false, log() {} });
    process.on('SIGINT', () => console.log('interrupted'));
    process.on('SIGTERM', () => handle.stop().then(() => process.exit(0)));
    setInterval(() => {}, 1000);
    console.log('ready');`;
  // A process group of its own, as a shell gives one to each command line, so that the test can press its Ctrl-C.
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(async () => child.exitCode === null && child.signalCode === null && child.kill('SIGKILL'));
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  await until(() => said.includes('ready'));
  return { child, pid: child.pid as number, said };
}

test('outlives Ctrl-C until its owner stops it', async () => {
  const { directory, data } = await setup();
  const owner = await ownerProcess(directory);
  const { pid } = (await readPostmaster(data)) as { pid: number };
  process.kill(-owner.pid, 'SIGINT');
  await until(() => owner.said.includes('interrupted'));
  expect(await readPostmaster(data)).toMatchObject({ pid, status: 'ready' });

  owner.child.kill('SIGTERM');
  const [code] = await once(owner.child, 'exit');
  expect(code).toBe(0);
  expect(isAlive(pid)).toBe(false);
});

test('is shut down when its owner is killed without warning', async () => {
  const { directory, data } = await setup();
  const owner = await ownerProcess(directory);
  const { pid } = (await readPostmaster(data)) as { pid: number };
  owner.child.kill('SIGKILL');
  await until(() => !isAlive(pid));
  expect(await readFile(join(directory, 'postgres.log'), 'utf8')).toContain('received fast shutdown request');
});

test.runIf(process.getuid?.() === 0)(
  'lives where its user can enter when root keeps Pawl in a closed directory',
  async () => {
    const { directory } = await setup('nothing'); // made by mkdtemp, mode 0700
    const lines: string[] = [];
    const open = () =>
      startEmbeddedPostgres({
        directory: join(directory, 'pawl', 'postgres'),
        durable: false,
        log: (line) => lines.push(line),
      });
    const first = await open();
    cleanups.push(() => first.stop());
    const home = /is kept in (\S+)/.exec(lines.join('\n'))?.[1] as string;
    cleanups.push(() => rm(home, { recursive: true }));
    await first.stop();
    const second = await open();
    cleanups.push(() => second.stop());
    expect(second.url).toBe(first.url);
  },
);
