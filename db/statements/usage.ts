// Sums over the ledger: what a tenant's attempts came to. Whole hours, days and months are read from the rollups, what is
// not settled yet and parts of an hour from the rows.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { NIL_ID } from './settle-usage.ts';

export const USAGE_DIMENSIONS = [
  'month',
  'day',
  'hour',
  'connection',
  'workflow',
  'outcome',
  'kind',
] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

export interface UsageRow {
  /** Start of the month, day or hour, UTC; null where it is not grouped by. The same goes for the other dimensions. */
  month: Date | null;
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

type Granularity = 'hour' | 'day' | 'month';
/** A stretch of time that rollups of one granularity cover exactly. */
interface Stretch {
  granularity: Granularity;
  from: Date;
  to: Date;
}

/**
 * One answer is one snapshot: a row is in the rollups or among those read, never in both. Run it in a transaction of its
 * own, as it lets the planner read by bitmap.
 * @param now nothing is later, so the hour that runs counts as whole
 * @param distributed whether the shards lie on several servers: each says beside its rollups how far they are
 */
export async function sumUsage(
  sql: ReservedSql,
  shard: number,
  { tenantId, from, to, by, limit }: UsageQuery,
  { now, distributed }: { now: Date; distributed: boolean },
): Promise<UsageRow[]> {
  const progress = distributed
    ? sql`(select settled, closed_until from metering_settled where shard = ${shard}) p`
    : sql`metering_progress p`;
  // A BRIN index is read by bitmap, which the session's settings (client.ts) rule out for the hot statements.
  await sql`set local enable_bitmapscan = on`;
  await sql`set local plan_cache_mode = 'force_custom_plan'`;
  const [reached] = await sql<{ settled: number }[]>`select settled::float8 as settled from ${progress}`;
  const end = to > now ? hourAfter(to) : to;
  const stretches = coverOf(from, end, by);
  // Before and after the stretches: parts of an hour. With none, all of it is one.
  const first = stretches[0]?.from ?? from;
  const last = stretches.at(-1)?.to ?? from;
  const list = <T>(pick: (stretch: Stretch) => T): T[] => stretches.map(pick);
  const dimension = (name: UsageDimension, column: PendingQuery<Row[]>, type: PendingQuery<Row[]>) =>
    by.includes(name) ? column : sql`null::${type}`;
  const raw = sql`kind, coalesce(connection_id, ${NIL_ID}) as connection_id,
    coalesce(workflow_id, ${NIL_ID}) as workflow_id, outcome, 1 as attempts, quantity, request_bytes, response_bytes`;
  const sums = sql`
    with part as (
      select r.starts_at as at, r.kind, r.connection_id, r.workflow_id, r.outcome, r.attempts, r.quantity,
        r.request_bytes, r.response_bytes
      from unnest(${list((s) => s.granularity)}::text[], ${list((s) => s.from.toISOString())}::timestamptz[],
        ${list((s) => s.to.toISOString())}::timestamptz[]) as s(granularity, first, last)
      join usage_rollups r on r.shard = ${shard} and r.tenant_id = ${tenantId} and r.granularity = s.granularity
        and r.starts_at >= s.first and r.starts_at < s.last
      union all
      select l.* from (
        select greatest(l.at, p.closed_until) as at, ${raw}
        from utility_ledger l, ${progress}
        where l.shard = ${shard} and l.tenant_id = ${tenantId} and l.tx >= p.settled
          and l.tx >= ${reached?.settled ?? 0}) l
      where l.at >= ${first} and l.at < ${last}
      union all
      select at, ${raw} from utility_ledger
      where shard = ${shard} and tenant_id = ${tenantId} and at >= ${from} and at < ${first}
      union all
      select at, ${raw} from utility_ledger
      where shard = ${shard} and tenant_id = ${tenantId} and at >= ${last} and at < ${end}
    )
    select
      ${dimension('month', sql`date_trunc('month', at, 'UTC')`, sql`timestamptz`)} as month,
      ${dimension('day', sql`date_trunc('day', at, 'UTC')`, sql`timestamptz`)} as day,
      ${dimension('hour', sql`date_trunc('hour', at, 'UTC')`, sql`timestamptz`)} as hour,
      ${dimension('connection', sql`nullif(connection_id, ${NIL_ID})`, sql`uuid`)} as connection,
      ${dimension('workflow', sql`nullif(workflow_id, ${NIL_ID})`, sql`uuid`)} as workflow,
      ${dimension('outcome', sql`outcome`, sql`text`)} as outcome,
      ${dimension('kind', sql`kind`, sql`text`)} as kind,
      coalesce(sum(attempts), 0)::double precision as attempts,
      coalesce(sum(quantity), 0)::double precision as quantity,
      coalesce(sum(request_bytes), 0)::double precision as request_bytes,
      coalesce(sum(response_bytes), 0)::double precision as response_bytes
    from part`;
  // Nothing to group by is one group, even when there is nothing.
  if (by.length === 0) return sql<UsageRow[]>`${sums}`;
  return sql<UsageRow[]>`${sums} group by 1, 2, 3, 4, 5, 6, 7 order by 1, 2, 3, 4, 5, 6, 7 limit ${limit}`;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The largest rollups that fit and that can be grouped as asked. */
function coverOf(from: Date, to: Date, by: readonly UsageDimension[]): Stretch[] {
  const coarsest = by.includes('hour') ? 1 : by.includes('day') ? 2 : 3;
  const granularities = (['hour', 'day', 'month'] as const).slice(0, coarsest);
  return split(hourAfter(from), new Date(Math.floor(to.getTime() / HOUR_MS) * HOUR_MS), granularities);
}

/** @param granularities ascending; both ends are whole in the first */
function split(from: Date, to: Date, [granularity, ...coarser]: readonly Granularity[]): Stretch[] {
  if (granularity === undefined || from >= to) return [];
  const [next] = coarser;
  const first = next && startOf(next, from, 'after');
  const last = next && startOf(next, to, 'before');
  if (!first || !last || first >= last) return [{ granularity, from, to }];
  const ends = [
    { granularity, from, to: first },
    ...split(first, last, coarser),
    { granularity, from: last, to },
  ];
  return ends.filter((stretch) => stretch.from < stretch.to);
}

/** The last start of such a period that is not after `at`, or the first that is not before it. */
function startOf(granularity: Granularity, at: Date, side: 'before' | 'after'): Date {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  const isMonth = granularity === 'month';
  const before = new Date(Date.UTC(year, month, isMonth ? 1 : day));
  if (side === 'before' || before.getTime() === at.getTime()) return before;
  return isMonth ? new Date(Date.UTC(year, month + 1, 1)) : new Date(before.getTime() + DAY_MS);
}

const hourAfter = (at: Date): Date => new Date(Math.ceil(at.getTime() / HOUR_MS) * HOUR_MS);
