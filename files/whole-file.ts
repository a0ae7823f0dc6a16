// Files for other programs: a name appears when its file is whole, and on the disk.
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const DRAFT = '.part';
/** Customers' data: for who writes it and the group, and nobody else of the machine. */
const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;

/**
 * Replaces what has the name. Somebody else may write the same name at the same moment: one of both files is there in the
 * end, and whole. Resolves when it is on the disk, not only on its way there.
 */
export async function writeWholeFile(path: string, bytes: Uint8Array): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
  const draft = `${path}.${randomUUID()}${DRAFT}`;
  try {
    await writeThrough(draft, bytes);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
  await syncNames(directory);
}

/** What was left of the same file by who was killed while writing it. For whoever alone writes it. */
export async function removeDrafts(path: string): Promise<void> {
  const directory = dirname(path);
  const drafts = (await readdir(directory)).filter(
    (name) => name.startsWith(`${basename(path)}.`) && name.endsWith(DRAFT),
  );
  await Promise.all(drafts.map((name) => rm(join(directory, name), { force: true })));
}

async function writeThrough(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w', FILE_MODE);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A name is not on the disk before its directory is. */
async function syncNames(directory: string): Promise<void> {
  const names = await open(directory, 'r');
  try {
    await names.sync();
  } finally {
    await names.close();
  }
}
