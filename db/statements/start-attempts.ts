// Commits that attempts are about to leave. After this, and only after this, may their bytes go out: a worker that
// dies in between leaves a started attempt behind, which becomes UNKNOWN.
import type { PendingQuery, Row, Sql } from '../client.ts';
import { tenantsOf } from '../on-shards.ts';

export interface Start {
  shard: number;
  tenantId: string;
  transitionId: string;
  fence: number;
  attemptId: string;
}

/** @returns the attempts that may go; one that is missing was taken from this worker. */
export function startAttempts(
  sql: Sql,
  shard: number,
  workerId: string,
  starts: readonly Start[],
): PendingQuery<(Row & { attemptId: string })[]> {
  const ids = starts.map((s) => s.transitionId);
  // Of the subscripts a thousand rows are expected, so that the two are joined by hash: by ten, each would be compared with each.
  return sql`
    update dispatch_queue q set attempt_id = s.attempt_id
    from rows from (
      unnest(${starts.map((s) => s.tenantId)}::uuid[], ${ids}::uuid[], ${starts.map((s) => s.fence)}::bigint[],
        ${starts.map((s) => s.attemptId)}::uuid[]),
      generate_subscripts(${ids}::uuid[], 1))
      as s(tenant_id, id, fence, attempt_id, nth)
    where q.shard = ${shard} and q.tenant_id = any (${tenantsOf(starts)}::uuid[])
      and q.id = any (${ids}::uuid[]) and q.tenant_id = s.tenant_id and q.id = s.id
      and q.fence = s.fence and q.worker_id = ${workerId}
    returning q.attempt_id`;
}
