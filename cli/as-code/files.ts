// The files a command names: one, those of a folder and the folders in it, or standard input.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { SourceFile } from '../../as-code/documents.ts';
import { UsageError } from '../command.ts';

const DOCUMENTS = /\.(?:ya?ml|json)$/;
const STANDARD_INPUT = '-';

/**
 * Folders are read in the order of their names; hidden files and what is no .yaml, .yml or .json is passed over.
 * @throws UsageError for what is not there
 */
export async function readSourceFiles(paths: readonly string[]): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const path of paths) {
    if (path === STANDARD_INPUT) {
      files.push({ path: 'standard input', text: await text(process.stdin) });
      continue;
    }
    const found = await stat(path).catch(() => null);
    if (found === null) throw new UsageError(`There is no file or folder ${path}.`);
    for (const one of found.isDirectory() ? await filesIn(path) : [path]) {
      files.push({ path: one, text: await readFile(one, 'utf8') });
    }
  }
  return files;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const named = entries
    .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const found = await Promise.all(
    named.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesIn(path);
      return DOCUMENTS.test(entry.name) ? [path] : [];
    }),
  );
  return found.flat();
}
