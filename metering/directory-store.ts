// Exports as files in a directory: a name appears when its file is whole.
import { join } from 'node:path';
import { PawlError } from '../engine/errors.ts';
import { removeDrafts, writeWholeFile } from '../files/whole-file.ts';
import type { FileStore } from './destination.ts';

export function createDirectoryStore(directory: string): FileStore {
  return {
    async write(name, bytes) {
      const path = join(directory, name);
      try {
        await writeWholeFile(path, bytes);
        await removeDrafts(path);
      } catch (error) {
        const { message } = error as Error;
        throw new PawlError('Unavailable', 'export_failed', `The file cannot be written: ${message}`, {
          cause: error,
        });
      }
    },
  };
}
