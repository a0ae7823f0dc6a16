// How many jobs of a workflow stand where, as far as they can be counted while somebody waits.
import type { Database } from '../db/client.ts';
import type { JobStatus } from '../db/statements/job-change.ts';
import { countJobsPerState, type JobCountRow } from '../db/statements/workflows.ts';
import type { Tenant } from '../db/tenants.ts';

export interface JobCounts {
  counts: { version: number; status: JobStatus; currentState: string; jobs: number }[];
  /** Of these there are older ones that were not counted. */
  moreOf: JobStatus[];
}

/** Jobs that are looked at, of each status: some ten milliseconds. The designer asks again and again. */
const LOOK = 20_000;

export async function countJobs(
  db: Database,
  { id: tenantId, shard }: Tenant,
  workflowId: string,
): Promise<JobCounts> {
  const rows = await db.once<JobCountRow[]>([tenantId], (sql) =>
    countJobsPerState(sql, shard, { tenantId, workflowId, look: LOOK }),
  );
  const counts = rows.flatMap(({ version, status, currentState, jobs }) =>
    version === null || currentState === null || jobs === null
      ? []
      : [{ version, status, currentState, jobs }],
  );
  return { counts, moreOf: [...new Set(rows.filter(({ more }) => more).map(({ status }) => status))] };
}
