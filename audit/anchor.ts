// Where checkpoints are kept, outside of the database: a directory, a file for each tenant, a line for each checkpoint.
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';

export interface Anchor {
  /** For people: where it is. */
  readonly name: string;
  /** Resolves when it is kept for good. Writing one again changes nothing. */
  write(checkpoint: Checkpoint): Promise<void>;
  /** The newest of a tenant, oldest first. What is no checkpoint is one that nobody signed. */
  read(tenantId: string): Promise<Checkpoint[]>;
}

const OWNER_WRITES = 0o644;

export function createFileAnchor(directory: string): Anchor {
  const fileOf = (tenantId: string) => join(directory, `${tenantId}.jsonl`);
  return {
    name: directory,
    async write(checkpoint) {
      await mkdir(directory, { recursive: true });
      const file = await open(fileOf(checkpoint.tenantId), 'a', OWNER_WRITES);
      try {
        // One write of one line: two processes that append do not mix.
        await file.appendFile(`${writeCheckpoint(checkpoint)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    },
    async read(tenantId) {
      const text = await readFile(fileOf(tenantId), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
      const lines = text.split('\n').filter((line) => line !== '');
      return lines.map((line) => readCheckpoint(line) ?? unreadable(tenantId));
    },
  };
}

/** Stands for what cannot be read: no key signed it. */
export const unreadable = (tenantId: string): Checkpoint => ({
  tenantId,
  seals: 0n,
  entries: 0n,
  head: '',
  at: 'an unknown time',
  publicKey: '',
  signature: '',
});
