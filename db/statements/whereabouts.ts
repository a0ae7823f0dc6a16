// Where tenants are, and the lock that holds one there until a transaction ends.
import type { PendingQuery, ReservedSql, Row } from 'postgres';
import type { TenantRow } from '../whereabouts.ts';

export function readWhereabouts(
  sql: ReservedSql,
  tenantIds: readonly string[],
): PendingQuery<(Row & TenantRow)[]> {
  return sql`
    select id, shard, name, slug, moving from tenants where id = any (${tenantIds as string[]}::uuid[])`;
}

/**
 * Whoever works on a tenant that moves shares the lock, whoever moves it excludes them. What follows is a statement of its
 * own, as one that waits for the lock sees the rows of before.
 */
export function holdTenant(
  sql: ReservedSql,
  tenantId: string,
  mode: 'share' | 'exclude',
): PendingQuery<Row[]> {
  const lock = sql`hashtextextended(${`tenant:${tenantId}`}, 0)`;
  return mode === 'share'
    ? sql`select pg_advisory_xact_lock_shared(${lock})`
    : sql`select pg_advisory_xact_lock(${lock})`;
}
