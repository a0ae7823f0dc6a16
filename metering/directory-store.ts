// Exports as files in a directory: a name appears when its file is whole.
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PawlError } from '../engine/errors.ts';
import type { FileStore } from './destination.ts';

const DRAFT = '.part';
/** Customers' data: for who writes it and the group, and nobody else of the machine. */
const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;

export function createDirectoryStore(directory: string): FileStore {
  return {
    async write(name, bytes) {
      const path = join(directory, name);
      const draft = `${path}.${randomUUID()}${DRAFT}`;
      try {
        await mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
        await writeThrough(draft, bytes);
        await rename(draft, path);
        await removeDrafts(path);
      } catch (error) {
        await rm(draft, { force: true }).catch(() => {});
        const { message } = error as Error;
        throw new PawlError('Unavailable', 'export_failed', `The file cannot be written: ${message}`, {
          cause: error,
        });
      }
    },
  };
}

/** On the disk, not only on its way there, before the name says that it is. */
async function writeThrough(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w', FILE_MODE);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What was left of the same file by who was killed while writing it. */
async function removeDrafts(path: string): Promise<void> {
  const directory = dirname(path);
  const drafts = (await readdir(directory)).filter(
    (name) => name.startsWith(`${basename(path)}.`) && name.endsWith(DRAFT),
  );
  await Promise.all(drafts.map((name) => rm(join(directory, name), { force: true })));
}
