// Forgets the runs of jobs that are over, and deliveries, after their time; archived first if there is an archive. What a
// live job may still ask of its actions stays, however old.
import type { Database } from '../db/client.ts';
import { forgetRuns, type OldRun, readOldRuns } from '../db/statements/retention.ts';
import { type Archive, fileNameOf } from './archive.ts';

export interface ForgetOptions {
  /** As role `pawl_worker`. */
  db: Database;
  archive: Archive | null;
  before: Date;
}

/** In one transaction, and one file. */
const RUNS_AT_ONCE = 1_000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

const COLUMNS = {
  id: 'STRING',
  jobId: 'STRING',
  transitionId: 'STRING',
  ordinal: 'INT32',
  workflowVersionId: 'STRING',
  pointer: 'STRING',
  actionType: 'STRING',
  name: 'STRING',
  connectionId: 'STRING',
  messageId: 'STRING',
  status: 'STRING',
  attempts: 'INT32',
  scope: 'JSON',
  request: 'JSON',
  response: 'JSON',
  error: 'JSON',
  createdAt: 'TIMESTAMP',
  finishedAt: 'TIMESTAMP',
} as const;

/** @returns how many were forgotten */
export async function forgetOldRuns(
  { db, archive, before }: ForgetOptions,
  shard: number,
  tenantId: string,
): Promise<number> {
  let forgotten = 0;
  for (let after = FIRST_ID; ; ) {
    const place = { tenantId, before, after, limit: RUNS_AT_ONCE };
    const runs: OldRun[] = await db.once<OldRun[]>([tenantId], (sql) => readOldRuns(sql, shard, place));
    const [first] = runs;
    if (!first) return forgotten;
    const month = first.createdAt.toISOString().slice(0, 7);
    const ids = runs.map(({ id }) => id);
    await archive?.write(`action_runs/${month}/${tenantId}-${fileNameOf(ids)}`, COLUMNS, runs);
    const gone = await db.once<{ id: string }[]>([tenantId], (sql) =>
      forgetRuns(sql, shard, { tenantId, before, ids }),
    );
    forgotten += gone.length;
    after = runs.at(-1)?.id ?? FIRST_ID;
  }
}
