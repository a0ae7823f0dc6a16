// A Postgres with its tools (pg_dump, pg_basebackup and the rest), as distributions install them: the embedded one brings
// none. For tests of what an operator does with them.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const INSTALLED = '/usr/lib/postgresql';
const OLDEST_VERSION = 15;
const NEEDED = [
  ...['initdb', 'postgres', 'pg_isready', 'createdb', 'dropdb', 'psql', 'vacuumdb'],
  ...['pg_dump', 'pg_restore', 'pg_basebackup'],
];

export interface Tools {
  /** Runs one of them, as whoever the servers run as. */
  run(tool: string, ...args: string[]): Promise<void>;
  /** Runs lines of a shell that finds them, up to the first that fails. */
  shell(lines: string): Promise<void>;
  /** A new folder that they may write to. */
  folder(): Promise<string>;
  /** Serves `data`; makes it first if `fresh`, with a database of a login that is no superuser. `url` is that login's, `rootUrl` a superuser's. */
  serve(
    data: string,
    options: { fresh: boolean },
  ): Promise<{ url: string; rootUrl: string; port: number; stop(): Promise<void> }>;
  cleanUp(): Promise<void>;
}

/** Null where no Postgres that Pawl works with is installed with its tools. */
export async function findTools(): Promise<Tools | null> {
  const versions = (await readdir(INSTALLED).catch(() => []))
    .map(Number)
    .filter((one) => one >= OLDEST_VERSION)
    .sort((a, b) => b - a);
  for (const version of versions) {
    const binaries = join(INSTALLED, String(version), 'bin');
    const names: string[] = await readdir(binaries).catch(() => []);
    // Of one version there may be the client only.
    if (NEEDED.every((name) => names.includes(name))) return toolsIn(binaries);
  }
  return null;
}

function toolsIn(binaries: string): Tools {
  // Postgres refuses to run as root.
  const runAs = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  const folders: string[] = [];
  const stops: (() => Promise<void>)[] = [];

  async function run(tool: string, ...args: string[]): Promise<void> {
    await promisify(execFile)(join(binaries, tool), args, { ...runAs, cwd: '/', env: { LC_ALL: 'C' } });
  }

  async function shell(lines: string): Promise<void> {
    const env = { LC_ALL: 'C', PATH: `${binaries}:/usr/bin:/bin` };
    await promisify(execFile)('/bin/sh', ['-euc', lines], { ...runAs, cwd: '/', env });
  }

  async function folder(): Promise<string> {
    const made = await mkdtemp(join(tmpdir(), 'pawl-pg-'));
    folders.push(made);
    if (runAs.uid !== undefined) await chown(made, runAs.uid, runAs.gid);
    await chmod(made, 0o700);
    return made;
  }

  return {
    run,
    shell,
    folder,
    async serve(data, { fresh }) {
      if (fresh) await run('initdb', '-D', data, '-U', 'postgres', '-E', 'UTF8', '--auth=trust', '--no-sync');
      const port = await freePort();
      const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' };
      const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      const server = spawn(join(binaries, 'postgres'), ['-D', data, '-p', `${port}`, ...options], {
        ...runAs,
        cwd: '/',
        stdio: 'ignore',
      });
      const gone = once(server, 'exit');
      const stop = async () => {
        server.kill('SIGINT');
        await gone;
      };
      stops.push(stop);
      const at = ['-h', '127.0.0.1', '-p', `${port}`];
      const asRoot = [...at, '-U', 'postgres'];
      while (
        !(await run('pg_isready', ...at).then(
          () => true,
          () => false,
        ))
      ) {
        if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}`);
      }
      if (fresh) {
        await run('psql', ...asRoot, '-c', 'create role pawl login createrole');
        await run('createdb', ...asRoot, '-O', 'pawl', 'pawl');
      }
      const url = (login: string) => `postgres://${login}@127.0.0.1:${port}/pawl`;
      return { url: url('pawl'), rootUrl: url('postgres'), port, stop };
    },
    async cleanUp() {
      await Promise.all(stops.map((stop) => stop()));
      await Promise.all(folders.map((made) => rm(made, { recursive: true, force: true })));
    },
  };
}

const idOf = (which: '-u' | '-g'): number =>
  Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8' }));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
