// Periods of metering: which are closed, and what a tenant used in each.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { checksum } from './settle-usage.ts';

export type Granularity = 'hour' | 'day' | 'month';

export interface PeriodRow {
  startsAt: Date;
  endsAt: Date;
  closedAt: Date | null;
  attempts: number;
  quantity: number;
  requestBytes: number;
  responseBytes: number;
  /** As it was when the period was closed; null while it is open. */
  checksum: string | null;
  /** What the rollups come to now; equal to `checksum` for ever, or somebody changed them. */
  currentChecksum: string;
}

/** Those with usage that is settled, newest first. */
export function listPeriods(
  sql: ReservedSql,
  shard: number,
  of: { tenantId: string; granularity: Granularity; before: string | null; limit: number },
): PendingQuery<(Row & PeriodRow)[]> {
  return sql`
    select r.starts_at, (r.starts_at at time zone 'UTC' + ${`1 ${of.granularity}`}::interval) at time zone 'UTC' as ends_at,
      c.closed_at, r.attempts, r.quantity, r.request_bytes, r.response_bytes, c.checksum, r.current_checksum
    from (
      select r.starts_at, sum(r.attempts)::float8 as attempts, sum(r.quantity)::float8 as quantity,
        sum(r.request_bytes)::float8 as request_bytes, sum(r.response_bytes)::float8 as response_bytes,
        ${checksum(sql)} as current_checksum
      from usage_rollups r
      where r.shard = ${shard} and r.tenant_id = ${of.tenantId} and r.granularity = ${of.granularity}
        and (${of.before}::timestamptz is null or r.starts_at < ${of.before}::timestamptz)
      group by r.starts_at order by r.starts_at desc limit ${of.limit + 1}) r
    left join closed_periods c on c.shard = ${shard} and c.tenant_id = ${of.tenantId}
      and c.granularity = ${of.granularity} and c.starts_at = r.starts_at
    order by r.starts_at desc`;
}

/** Hours before it are closed; null: none is yet. */
export function closedUntil(sql: ReservedSql): PendingQuery<(Row & { closedUntil: Date | null })[]> {
  return sql`select nullif(closed_until, '-infinity') as closed_until from metering_progress`;
}
