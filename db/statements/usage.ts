// Sums over the ledger: what a tenant's attempts came to.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export const USAGE_DIMENSIONS = ['day', 'hour', 'connection', 'workflow', 'outcome', 'kind'] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

export interface UsageRow {
  /** Start of the day or hour, UTC; null where it is not grouped by. The same goes for the other dimensions. */
  day: Date | null;
  hour: Date | null;
  connection: string | null;
  workflow: string | null;
  outcome: string | null;
  kind: string | null;
  attempts: number;
  quantity: number;
  requestBytes: number;
  responseBytes: number;
}

export interface UsageQuery {
  tenantId: string;
  from: Date;
  /** Not included. */
  to: Date;
  by: readonly UsageDimension[];
  limit: number;
}

/**
 * Reads all the tenant's attempts of that time, found by `utility_ledger_by_time` or the primary key, whichever is
 * less. Run it in a transaction of its own, as it lets the planner use both.
 */
export async function sumUsage(
  sql: ReservedSql,
  shard: number,
  { tenantId, from, to, by, limit }: UsageQuery,
): Promise<UsageRow[]> {
  // A BRIN index is read by bitmap, which the session's settings (client.ts) rule out for the hot statements.
  await sql`set local enable_bitmapscan = on`;
  await sql`set local plan_cache_mode = 'force_custom_plan'`;
  const dimension = (name: UsageDimension, column: PendingQuery<Row[]>, type: PendingQuery<Row[]>) =>
    by.includes(name) ? column : sql`null::${type}`;
  const sums = sql`
    select
      ${dimension('day', sql`date_trunc('day', at, 'UTC')`, sql`timestamptz`)} as day,
      ${dimension('hour', sql`date_trunc('hour', at, 'UTC')`, sql`timestamptz`)} as hour,
      ${dimension('connection', sql`connection_id`, sql`uuid`)} as connection,
      ${dimension('workflow', sql`workflow_id`, sql`uuid`)} as workflow,
      ${dimension('outcome', sql`outcome`, sql`text`)} as outcome,
      ${dimension('kind', sql`kind`, sql`text`)} as kind,
      count(*)::double precision as attempts,
      coalesce(sum(quantity), 0)::double precision as quantity,
      coalesce(sum(request_bytes), 0)::double precision as request_bytes,
      coalesce(sum(response_bytes), 0)::double precision as response_bytes
    from utility_ledger
    where shard = ${shard} and tenant_id = ${tenantId} and at >= ${from} and at < ${to}`;
  // Nothing to group by is one group, even when there is nothing.
  if (by.length === 0) return sql<UsageRow[]>`${sums}`;
  return sql<UsageRow[]>`${sums} group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6 limit ${limit}`;
}
