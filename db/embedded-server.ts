// One run of the embedded `postgres`: its settings, its own session, its end, and the guard that ends it when we cannot.
import { type ChildProcess, spawn } from 'node:child_process';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, type Installation } from './embedded-installation.ts';

// After this long a fast shutdown is stuck (a full disk, a hung mount): an immediate one loses nothing, it only recovers longer.
const STOP_DEADLINE_MS = 60_000;

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  max_connections: '200',
  shared_buffers: '256MB',
  synchronous_commit: 'on', // a committed transition is never lost; said here because the product promises it
  jit: 'off', // our statements are short; compiling them costs more than it saves
  max_wal_size: '2GB', // fewer forced checkpoints under load than the default 1GB
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const;

// synchronous_commit stays on: with fsync off it costs one write(), and a commit still survives a killed Postgres.
const NOT_DURABLE = { fsync: 'off', full_page_writes: 'off' } as const;

/** A longer path of a socket would stop Postgres from starting. */
const SOCKET_PATH_MAX_BYTES = 103;

/** Where its socket is, beside the data, which nobody else may enter; null where the path is too long for one. */
export function socketDirectory({ home }: Installation): string | null {
  return Buffer.byteLength(join(home, '.s.PGSQL.65535')) <= SOCKET_PATH_MAX_BYTES ? home : null;
}

export interface Server {
  pid: number;
  alive(): boolean;
  whenItEndsUnasked(tell: (how: string) => void): void;
  stop(): Promise<void>;
}

/** The postmaster in a session of its own, so that Ctrl-C in the terminal reaches us and not it. */
export async function spawnPostgres(
  installation: Installation,
  port: number,
  durable: boolean,
): Promise<Server> {
  await rename(installation.log, `${installation.log}.1`).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
  });
  const logFile = await open(installation.log, 'a', 0o600);
  const sockets = { unix_socket_directories: socketDirectory(installation) ?? '' };
  const settings = { ...SETTINGS, ...sockets, ...(durable ? {} : NOT_DURABLE) };
  const child = spawn(
    join(installation.binaries, 'postgres'),
    [
      '-D',
      installation.data,
      '-p',
      `${port}`,
      ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`]),
    ],
    {
      ...installation.runAs,
      cwd: installation.home,
      detached: true,
      stdio: ['ignore', logFile.fd, logFile.fd],
      // Not our environment: it holds the encryption key, and PG* variables would change the server's mind.
      env: { LC_ALL: 'C' },
    },
  );
  child.on('error', () => {}); // Failing to start is awaited below; a signal that finds nobody is an end we hear of anyway.
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit status ${code}`));
  });
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    .catch((cause) => {
      throw failed(installation, `could not be run: ${cause.message}`);
    })
    .finally(() => logFile.close());
  const pid = child.pid as number; // set: `spawn` was emitted
  const guard = spawnGuard(pid, installation.data);
  child.unref();
  let asked = false;
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    asked = true;
    child.ref();
    const immediate = setTimeout(() => child.kill('SIGQUIT'), STOP_DEADLINE_MS);
    child.kill('SIGINT');
    await ended;
    clearTimeout(immediate);
  };
  void ended.then(() => guard.kill('SIGKILL'));
  return {
    pid,
    alive: () => child.exitCode === null && child.signalCode === null,
    whenItEndsUnasked: (tell) => void ended.then((how) => asked || tell(how)),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/**
 * A shell that blocks on a pipe only we hold open. The kernel closes it when we die, however we die; then it asks
 * the postmaster, if it is still the same one, for a fast shutdown. A few kilobytes instead of a Postgres left behind.
 */
function spawnGuard(pid: number, data: string): ChildProcess {
  const script =
    'read -r _; read -r now < "$2/postmaster.pid" && [ "$now" = "$1" ] && kill -INT "$1"; exit 0';
  const guard = spawn('/bin/sh', ['-c', script, 'pawl-postgres-guard', `${pid}`, data], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  guard.on('error', () => {}); // Without a shell there is no guard, and Postgres is shared by the next start instead.
  guard.stdin.on('error', () => {});
  (guard.stdin as unknown as { unref(): void }).unref(); // a net.Socket, which the types call Writable
  guard.unref();
  return guard;
}
