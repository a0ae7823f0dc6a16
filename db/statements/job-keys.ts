// Which live job holds a key.
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
