// Restate's server, which is no part of this repository: fetched into .pawl/ when a benchmark first wants it, because nothing
// else of Pawl needs its 200 MB.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A pair with the SDK in package.json: see the table of versions in the SDK's README. */
export const RESTATE_SERVER_VERSION = '1.7.12';

const HOME = fileURLToPath(new URL(`../.pawl/restate-server-${RESTATE_SERVER_VERSION}/`, import.meta.url));
const BINARY = `@restatedev/restate-server-${process.platform}-${process.arch}`;

/** Where the program is, once it has been fetched. */
export const RESTATE_SERVER = join(HOME, 'node_modules', BINARY, 'bin', 'restate-server');

/**
 * Fetches the server if it is not there yet.
 * @throws Error in words where there is none for this machine, or npm cannot fetch it
 */
export async function fetchRestateServer(log: (line: string) => void): Promise<void> {
  if (existsSync(RESTATE_SERVER)) return;
  log(`fetching @restatedev/restate-server ${RESTATE_SERVER_VERSION} into ${HOME}`);
  await mkdir(HOME, { recursive: true });
  const wanted = `@restatedev/restate-server@${RESTATE_SERVER_VERSION}`;
  // It needs no scripts; one that comes with it reports the installation to its makers.
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save'];
  await promisify(execFile)('npm', ['install', '--prefix', HOME, ...options, wanted]);
  if (!existsSync(RESTATE_SERVER)) throw new Error(`npm has no ${BINARY}`);
}
