// Takes away the months of the log that are older than the policy keeps: archived first if there is an archive, and only
// once everything in them is sealed, so that the chain goes on behind them.
import type { Database } from '../db/client.ts';
import {
  type ArchivedEntry,
  dropPartition,
  type EntryKey,
  holdsUnsealed,
  listOldPartitions,
  readPartition,
} from '../db/statements/retention.ts';
import type { Archive } from './archive.ts';
import type { Turn } from './turn.ts';

export interface DropOptions {
  /** As role `pawl_sealer`. */
  db: Database;
  keepDays: number;
  archive: Archive | null;
  turn: Turn;
}

/** Rows of one file; a few megabytes of memory. */
const ENTRIES_A_FILE = 10_000;

const COLUMNS = {
  shard: 'INT32',
  tenantId: 'STRING',
  subjectId: 'STRING',
  id: 'STRING',
  atUs: 'INT64',
  kind: 'STRING',
  seq: 'INT32',
  actor: 'STRING',
  data: 'JSON',
  position: 'INT64',
} as const;

/** @returns names of those that are gone. One that is in use is left for the next time. */
export async function dropOldPartitions(options: DropOptions): Promise<string[]> {
  const { db, keepDays, archive, turn } = options;
  const dropped: string[] = [];
  for (const { name, from, to } of await listOldPartitions(db.sql, keepDays)) {
    const [state] = await holdsUnsealed(db.sql, to);
    if (state?.unsealed) break;
    if (archive) await archivePartition({ db, archive, turn }, { name, from, to });
    const gone = await db.forTenants([], async (sql) => {
      await turn.goOnWithin(sql);
      const [done] = await dropPartition(sql, { name, keepDays, archive: archive?.directory ?? null });
      return done?.dropped ?? false;
    });
    if (gone) dropped.push(name);
  }
  return dropped;
}

async function archivePartition(
  { db, archive, turn }: { db: Database; archive: Archive; turn: Turn },
  { name, from, to }: { name: string; from: Date; to: Date },
): Promise<void> {
  let after: EntryKey | null = null;
  for (let nth = 1; ; nth++) {
    await turn.goOn();
    const page: { from: Date; to: Date; after: EntryKey | null; limit: number } = {
      from,
      to,
      after,
      limit: ENTRIES_A_FILE,
    };
    const rows: ArchivedEntry[] = await readPartition(db.sql, page);
    if (rows.length > 0) {
      const month = name.replace('event_log_', '').replace('_', '-');
      await archive.write(`event_log/${month}/${String(nth).padStart(6, '0')}`, COLUMNS, rows);
    }
    after = rows.at(-1) ?? null;
    if (rows.length < ENTRIES_A_FILE || after === null) return;
  }
}
