// A PgBouncer in transaction mode before a Postgres: Debian's, where it is installed.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Pgbouncer {
  /** `host:port`, for `?pawl.pooler=`. */
  address: string;
  stop(): Promise<void>;
}

/** Its version; null where it is not installed. */
export function pgbouncerVersion(): string | null {
  try {
    return (
      execFileSync('pgbouncer', ['--version'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).split('\n')[0] ?? null
    );
  } catch {
    return null;
  }
}

/** @param serverUrl a login that may do everything: whoever comes is taken for it */
export async function startPgbouncer(serverUrl: string, { poolSize = 20 } = {}): Promise<Pgbouncer> {
  const server = new URL(serverUrl);
  const directory = await mkdtemp(join(tmpdir(), 'pawl-pgbouncer-'));
  const port = await freePort();
  const password = server.password && ` password=${decodeURIComponent(server.password)}`;
  const login = `user=${server.username}${password}`;
  const file = join(directory, 'pgbouncer.ini');
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: poolSize,
    max_client_conn: 2000,
    // Databases of tests come and go.
    server_idle_timeout: 2,
    // Of the driver; PgBouncer keeps the others that a client sends.
    ignore_startup_parameters: 'extra_float_digits',
    log_connections: 0,
    log_disconnections: 0,
  };
  await writeFile(
    file,
    [
      '[databases]',
      `* = host=${server.hostname} port=${server.port} ${login}`,
      '[pgbouncer]',
      ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
      '',
    ].join('\n'),
  );
  // It refuses to run as root, and must read the file as whoever it runs as.
  const asRoot = process.getuid?.() === 0;
  if (asRoot) {
    await chmod(directory, 0o755);
    await chmod(file, 0o644);
  }
  const child = spawn('pgbouncer', [...(asRoot ? ['-u', 'nobody'] : []), file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await isUp(child);
  return {
    address: `127.0.0.1:${port}`,
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function isUp(child: ChildProcess): Promise<void> {
  const said: string[] = [];
  const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      said.push(line);
      if (line.includes('process up')) resolve();
    });
    child.once('exit', () => reject(new Error(`pgbouncer ended:\n${said.join('\n')}`)));
    child.once('error', reject);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
