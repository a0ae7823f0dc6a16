// Builds the web application and the documentation unless web/dist is newer than all they are made of: `npm start` and
// the browser tests run this, so that a fresh clone needs no build step of its own.
import { execFile } from 'node:child_process';
import { access, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const WEB = fileURLToPath(new URL('.', import.meta.url));
const DOCS = fileURLToPath(new URL('../docs/', import.meta.url));
const PAGE = join(WEB, 'dist', 'index.html');
/** The designer's templates. */
const RECIPES = join(DOCS, 'recipes');
const DOCS_PAGE = join(WEB, 'dist', 'docs', 'index.html');

type Done = 'built' | 'current' | 'impossible';

/** @returns what was done; `impossible` where the development dependencies were left out */
export async function buildWhenStale(): Promise<Done> {
  const vite = whereViteIs();
  const done = await buildApplication(vite);
  if (vite === null) return done;
  // Building the application empties the folder that both are in.
  const isCurrent = done === 'current' && (await changedAt(DOCS_PAGE)) > (await newestIn(DOCS));
  if (isCurrent) return 'current';
  const { buildSite } = await import('../docs/site/build.ts');
  await buildSite();
  return 'built';
}

/** Whether there is one to be served, however old. */
export const isBuilt = async (): Promise<boolean> =>
  (await changedAt(PAGE)) > 0 && (await changedAt(DOCS_PAGE)) > 0;

async function buildApplication(vite: string | null): Promise<Done> {
  const made = await changedAt(PAGE);
  if (made > (await newestIn(WEB))) return 'current';
  if (vite === null) return made === 0 ? 'impossible' : 'current';
  // In a process of its own: with the NODE_ENV of tests, React would be built as it is for development.
  const env = { ...process.env, NODE_ENV: 'production' };
  const args = [vite, 'build', '--config', join(WEB, 'vite.config.ts'), '--logLevel', 'warn'];
  await promisify(execFile)(process.execPath, args, { env });
  return 'built';
}

function whereViteIs(): string | null {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve('vite/package.json'))), 'bin', 'vite.js');
  } catch {
    return null;
  }
}

async function newestIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sources = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !path.startsWith(join(WEB, 'dist')));
  const recipes = (await readdir(RECIPES)).map((file) => join(RECIPES, file));
  const others = [...recipes, join(WEB, '..', 'package-lock.json')];
  const times = await Promise.all([...sources, ...others].map(changedAt));
  return Math.max(...times);
}

async function changedAt(path: string): Promise<number> {
  return access(path).then(
    async () => (await stat(path)).mtimeMs,
    () => 0,
  );
}

if (import.meta.main) {
  const done = await buildWhenStale();
  if (done === 'built') console.log('The web application and the documentation were built.');
  if (done === 'impossible') {
    console.log(
      'The web application is not built, and what builds it is not installed: only the API is served.',
    );
  }
}
