// Reads jobs of one shard by primary key, many at a time.
import type { Json } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import type { JobStatus } from './job-change.ts';

export interface JobRef {
  tenantId: string;
  jobId: string;
}

export interface JobRow {
  tenantId: string;
  id: string;
  workflowId: string;
  workflowVersionId: string;
  key: string | null;
  parentJobId: string | null;
  status: JobStatus;
  currentState: string;
  snapshot: Json;
  revision: number;
  createdAt: Date;
  updatedAt: Date;
  finishedAt: Date | null;
}

export function loadJobs(
  sql: ReservedSql,
  shard: number,
  refs: readonly JobRef[],
): PendingQuery<(Row & JobRow)[]> {
  return sql`
    select j.tenant_id, j.id, j.workflow_id, j.workflow_version_id, j.key, j.parent_job_id, j.status,
      j.current_state, j.snapshot, j.revision, j.created_at, j.updated_at, j.finished_at
    from unnest(${refs.map((r) => r.tenantId)}::uuid[], ${refs.map((r) => r.jobId)}::uuid[]) as ref(tenant_id, id)
    cross join lateral (
      select * from jobs where shard = ${shard} and tenant_id = ref.tenant_id and id = ref.id limit 1) j`;
}
