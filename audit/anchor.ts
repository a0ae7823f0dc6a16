// Where checkpoints are kept, outside of the database: a directory, a file for each tenant, a line for each checkpoint.
import { type FileHandle, mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';

export interface Anchor {
  /** For people: where it is. */
  readonly name: string;
  /** Resolves when it is kept for good. Writing one again changes nothing. */
  write(checkpoint: Checkpoint): Promise<void>;
  /** The newest of a tenant, oldest first. What is no checkpoint is one that nobody signed. */
  read(tenantId: string): Promise<Checkpoint[]>;
  /** Ids of those that something is kept of, as far as their names tell. */
  tenants(): Promise<string[]>;
}

const OWNER_WRITES = 0o644;
const FILE_NAME = /^([0-9a-f-]{36})\.jsonl$/;
const LINE_FEED = 0x0a;

export function createFileAnchor(directory: string): Anchor {
  const fileOf = (tenantId: string) => join(directory, `${tenantId}.jsonl`);
  return {
    name: directory,
    async write(checkpoint) {
      await mkdir(directory, { recursive: true });
      const file = await open(fileOf(checkpoint.tenantId), 'a+', OWNER_WRITES);
      try {
        // One write of one line: two processes that append do not mix. A line that a full disk cut off keeps to itself.
        const before = (await endsInTheMiddle(file)) ? '\n' : '';
        await file.appendFile(`${before}${writeCheckpoint(checkpoint)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    },
    async read(tenantId) {
      const text = await readFile(fileOf(tenantId), 'utf8').catch(noneYet(''));
      // What a full disk or a power cut broke off in the middle was never said to be kept.
      const lines = text.split('\n').filter((line) => line.endsWith('}'));
      return lines.map((line) => readCheckpoint(line) ?? unreadable(tenantId));
    },
    async tenants() {
      const names = await readdir(directory).catch(noneYet<string[]>([]));
      return names.flatMap((name) => FILE_NAME.exec(name)?.[1] ?? []);
    },
  };
}

const noneYet =
  <T>(nothing: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT') return nothing;
    throw error;
  };

async function endsInTheMiddle(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== LINE_FEED;
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
