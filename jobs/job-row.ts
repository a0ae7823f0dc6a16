// Between a job as it is worked on and its row.
import type { JobRow } from '../db/statements/load-jobs.ts';
import { isJsonObject, type Json, type JsonObject } from '../engine/json.ts';
import type { WorkingJob } from './working-job.ts';

/** As it is stored once its change is committed. */
export function rowOf(job: WorkingJob): JobRow {
  const at = new Date(job.change.at);
  return {
    tenantId: job.tenant.id,
    id: job.id,
    workflowId: job.version.workflowId,
    workflowVersionId: job.version.id,
    key: job.key,
    parentJobId: job.parentJobId,
    status: job.status,
    currentState: job.currentState,
    snapshot: job.snapshot,
    revision: job.revision,
    createdAt: new Date(job.createdAt),
    updatedAt: at,
    finishedAt: job.status === 'ACTIVE' ? null : at,
  };
}

/** What it gave out when it ended. */
export function outputOf({ snapshot }: Pick<JobRow, 'snapshot'>): Json {
  return (snapshot as JsonObject).output ?? null;
}

/** Its context, inside the persisted snapshot. */
export function contextOf({ snapshot }: Pick<JobRow, 'snapshot'>): JsonObject {
  const { context } = snapshot as JsonObject;
  return isJsonObject(context) ? context : {};
}
