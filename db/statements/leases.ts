// Work that one process does for all: whoever holds the lease, under a fence that only grows.
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';

/** Done once in a while. */
export type Chore = 'retention' | 'log_retention';
/** `metering`: all the time; its lease is kept beside its progress. */
export type Leased = Chore | 'metering';

export interface Lease {
  holder: string;
  /** Grows with each other holder. */
  fence: number;
}

/** @returns a row while `holder` has the lease; it is renewed (and written) when less than half of it is left. */
export function takeLease(
  sql: Sql,
  of: Leased,
  holder: string,
  leaseMs: number,
): PendingQuery<(Row & { fence: number })[]> {
  return sql`
    with taken as (
      update ${table(sql, of)} set
        holder = ${holder}, leased_until = now() + ${leaseMs}::integer * interval '1 millisecond',
        fence = fence + case when holder is distinct from ${holder}::uuid then 1 else 0 end
      where ${row(sql, of)} and (leased_until is null or leased_until < now()
        or (holder = ${holder} and leased_until < now() + ${leaseMs / 2}::integer * interval '1 millisecond'))
      returning fence)
    select fence::float8 as fence from taken
    union all
    select fence::float8 from ${table(sql, of)}
    where ${row(sql, of)} and holder = ${holder} and leased_until >= now() and not exists (select from taken)
    limit 1`;
}

export function giveUpLease(sql: Sql, of: Leased, { holder, fence }: Lease): PendingQuery<Row[]> {
  return sql`
    update ${table(sql, of)} set holder = null, leased_until = null
    where ${row(sql, of)} and holder = ${holder} and fence = ${fence}`;
}

/** @returns a row while nobody took it meanwhile; then nobody can until the transaction ends. */
export function keepLease(sql: ReservedSql, of: Leased, { holder, fence }: Lease): PendingQuery<Row[]> {
  return sql`
    select from ${table(sql, of)} where ${row(sql, of)} and holder = ${holder} and fence = ${fence} for update`;
}

export function isDue(sql: Sql, chore: Chore, everyMs: number): PendingQuery<(Row & { due: boolean })[]> {
  return sql`
    select done_at is null or done_at <= now() - ${everyMs}::integer * interval '1 millisecond' as due
    from housekeeping where work = ${chore}`;
}

/** Of whoever still holds the lease. */
export function markDone(sql: Sql, chore: Chore, { holder, fence }: Lease): PendingQuery<Row[]> {
  return sql`
    update housekeeping set done_at = now() where work = ${chore} and holder = ${holder} and fence = ${fence}`;
}

const table = (sql: Sql, of: Leased) => sql(of === 'metering' ? 'metering_progress' : 'housekeeping');
/** Metering has one row. */
const row = (sql: Sql, of: Leased) => (of === 'metering' ? sql`true` : sql`work = ${of}`);
