// Forgets the runs of jobs that are over, and deliveries, after their time; archived first if there is an archive. What a
// live job may still ask of its actions stays, however old.
import { forgetDeliveriesWithoutRun, type IdSpan } from '../db/statements/old-partitions.ts';
import { forgetRuns, lookAtRuns, type OldRun, readOldRuns } from '../db/statements/retention.ts';
import type { Tenant } from '../db/tenants.ts';
import { type Archive, fileNameOf } from './archive.ts';
import type { AgingTable, ForgetOptions } from './drop-id-partitions.ts';

/** In one transaction, and one file. */
const RUNS_AT_ONCE = 1_000;
/** To be looked at in one statement. */
const RUNS_AT_A_GLANCE = 20_000;
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

export const ACTION_RUNS: AgingTable = {
  name: 'action_runs',

  async holdsWanted({ db, before }, { id: tenantId, shard }, span) {
    for (let after = FIRST_ID; ; ) {
      const page = { tenantId, span, before, after, limit: RUNS_AT_A_GLANCE };
      const [seen] = await db.once<{ wanted: boolean; last: string }[]>([tenantId], (sql) =>
        lookAtRuns(sql, shard, page),
      );
      if (!seen) return false;
      if (seen.wanted) return true;
      after = seen.last;
    }
  },

  async archive(options, tenant, span) {
    for await (const runs of oldRuns(options, tenant, span)) await keep(options.archive, tenant.id, runs);
  },
};

/** Of the past, what could not go with its partition. @returns how many were forgotten */
export async function forgetOldRuns(options: ForgetOptions, tenant: Tenant, span: IdSpan): Promise<number> {
  const { db, archive, before, turn } = options;
  const { id: tenantId, shard } = tenant;
  let forgotten = 0;
  for await (const runs of oldRuns(options, tenant, span)) {
    if (archive) await keep(archive, tenantId, runs);
    const ids = runs.map(({ id }) => id);
    const gone = await db.once<{ id: string }[]>([tenantId], (sql) =>
      forgetRuns(sql, shard, { tenantId, span, before, ids }),
    );
    forgotten += gone.length;
  }
  // Those of partitions that were dropped.
  const untold = () =>
    db.once<{ id: string }[]>([tenantId], (sql) =>
      forgetDeliveriesWithoutRun(sql, shard, { tenantId, span }),
    );
  while ((await untold()).length > 0) await turn.goOn();
  return forgotten;
}

async function* oldRuns(
  { db, before, turn }: ForgetOptions,
  { id: tenantId, shard }: Tenant,
  span: IdSpan,
): AsyncGenerator<OldRun[]> {
  for (let after = FIRST_ID; ; ) {
    await turn.goOn();
    const page = { tenantId, span, before, after, limit: RUNS_AT_ONCE };
    const runs = await db.once<OldRun[]>([tenantId], (sql) => readOldRuns(sql, shard, page));
    const last = runs.at(-1);
    if (!last) return;
    yield runs;
    after = last.id;
  }
}

async function keep(archive: Archive, tenantId: string, runs: readonly OldRun[]): Promise<void> {
  const [first] = runs as [OldRun];
  const month = first.createdAt.toISOString().slice(0, 7);
  const name = fileNameOf(runs.map(({ id }) => id));
  await archive.write(`action_runs/${month}/${tenantId}-${name}`, COLUMNS, runs);
}
