// What the embedded Postgres keeps between starts: its data, the superuser's password, the port. Of two first starts
// at once each makes its own and one of them wins; nothing half-made is ever found by the other, or after a crash.
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { failed, type Installation } from './embedded-installation.ts';

export const SUPERUSER = 'postgres';

/** Runs initdb into a directory beside the final one and renames it, so half-made data is never taken for data. */
export async function makeDataOnce(
  installation: Installation,
  durable: boolean,
  log: (line: string) => void,
): Promise<void> {
  const version = await readFile(join(installation.data, 'PG_VERSION'), 'utf8').catch(ignoreMissing);
  if (version?.trim() === '18') return;
  if (version !== undefined) {
    throw failed(installation, `cannot open data of Postgres ${version.trim()} in ${installation.data}`);
  }
  log(`making a Postgres 18 database in ${installation.data}`);
  const fresh = `${installation.data}.${randomBytes(4).toString('hex')}`;
  const child = spawn(
    join(installation.binaries, 'initdb'),
    [
      `--pgdata=${fresh}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${installation.password}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The builtin provider sorts and folds alike on every system; C for the rest keeps messages in English.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      // Until there are old ones to use again, each is filled with zeros while every commit waits: 16 MB took 60 ms.
      '--wal-segsize=4',
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ],
    {
      ...installation.runAs,
      cwd: installation.home,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { LC_ALL: 'C' },
    },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const status = await new Promise<number | string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  if (status !== 0) {
    await rm(fresh, { recursive: true, force: true });
    throw failed(installation, `could not be initialised (initdb: ${status})`, said);
  }
  await rename(fresh, installation.data).catch(async (error) => {
    await rm(fresh, { recursive: true, force: true });
    // Another process finished first, with the same password: its data is as good as ours.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}

/** The superuser's password, made once and never in part: linked into place, so that of two first starts one wins. */
export async function keptPassword(installation: Installation): Promise<string> {
  const path = installation.password;
  const kept = await readFile(path, 'utf8').catch(ignoreMissing);
  if (kept !== undefined) return kept.trim();
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  await file.writeFile(`${randomBytes(24).toString('base64url')}\n`);
  // initdb reads it as the user Postgres runs under.
  if (installation.runAs.uid !== undefined) await file.chown(installation.runAs.uid, installation.runAs.gid);
  await file.close();
  await link(draft, path).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return (await readFile(path, 'utf8')).trim();
}

// Below what Linux, macOS and Windows give to whoever asks for any port: theirs could be taken while Postgres is started again.
const FIRST_PORT = 20_000;
const LAST_PORT = 29_999;

/** The port of the last start if it is still free, else any free one. */
export async function keptPort(installation: Installation): Promise<number> {
  const kept = Number(await readFile(join(installation.home, 'port'), 'utf8').catch(ignoreMissing));
  if (Number.isInteger(kept) && kept > 0 && kept < 65_536 && (await isFree(kept))) return kept;
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (await isFree(port)) return port;
  }
  throw failed(installation, `finds no free port from ${FIRST_PORT} to ${LAST_PORT}`);
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

/** For reading what may not be there yet: undefined instead of ENOENT. */
function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
