// Which live jobs hold a key.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export function findKeyHolder(
  sql: ReservedSql,
  shard: number,
  { tenantId, workflowId, key }: { tenantId: string; workflowId: string; key: string },
): PendingQuery<(Row & { jobId: string })[]> {
  return sql`
    select job_id from job_keys
    where shard = ${shard} and tenant_id = ${tenantId} and workflow_id = ${workflowId} and key = ${key}`;
}

/** Live jobs of any workflow that hold the key, two at most: enough to know that there is not just one. By `jobs_by_key`. */
export function findKeyHolders(
  sql: ReservedSql,
  shard: number,
  { tenantId, key }: { tenantId: string; key: string },
): PendingQuery<(Row & { jobId: string })[]> {
  return sql`
    select id as job_id from jobs
    where shard = ${shard} and tenant_id = ${tenantId} and key = ${key} and status = 'ACTIVE'
    order by id limit 2`;
}
