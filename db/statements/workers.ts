// Which workers are alive, and what becomes of the claims of those that are not.
import type { PendingQuery, Row, Sql } from '../client.ts';

export function registerWorker(
  sql: Sql,
  { id, name, version }: { id: string; name: string; version: string },
): PendingQuery<Row[]> {
  return sql`insert into workers (id, name, version) values (${id}, ${name}, ${version})`;
}

/** @returns no row when the worker was declared dead: what it holds is no longer its own. */
export function beat(sql: Sql, id: string): PendingQuery<(Row & { id: string })[]> {
  return sql`update workers set heartbeat_at = now() where id = ${id} and dead_at is null returning id`;
}

/** Marks workers that have been silent for `silentForMs`. @returns all that are marked, these and earlier ones */
export function declareDead(sql: Sql, silentForMs: number): PendingQuery<(Row & { id: string })[]> {
  return sql`
    update workers set dead_at = coalesce(dead_at, now())
    where dead_at is not null or heartbeat_at < now() - ${silentForMs}::integer * interval '1 millisecond'
    returning id`;
}

/**
 * Frees what dead workers hold, `attempt_id` kept: whoever claims such a row records it as UNKNOWN first.
 * Reads the whole queue; it runs when somebody died, not as a habit.
 * @returns the shards that have something to claim now
 */
export function freeRowsOf(
  sql: Sql,
  workerIds: readonly string[],
): PendingQuery<(Row & { shard: number })[]> {
  return sql`
    with freed as (
      update dispatch_queue set worker_id = null, fence = fence + 1
      where worker_id = any (${workerIds as string[]}::uuid[])
      returning shard)
    select distinct shard from freed`;
}

/**
 * Forgets workers that have been dead for a minute: a claim they began before they were declared dead has committed
 * by then (statements end after thirty seconds), and has been freed.
 */
export function forgetDead(sql: Sql): PendingQuery<Row[]> {
  return sql`delete from workers where dead_at < now() - interval '1 minute'`;
}

export function removeWorker(sql: Sql, id: string): PendingQuery<Row[]> {
  return sql`delete from workers where id = ${id}`;
}

/** Gives back what this worker holds and has not started; the rest is left to its record. */
export function handBack(
  sql: Sql,
  shard: number,
  workerId: string,
  rows: readonly { tenantId: string; transitionId: string; fence: number }[],
): PendingQuery<Row[]> {
  return sql`
    update dispatch_queue q set worker_id = null
    from unnest(${rows.map((r) => r.tenantId)}::uuid[], ${rows.map((r) => r.transitionId)}::uuid[],
      ${rows.map((r) => r.fence)}::bigint[]) as r(tenant_id, id, fence)
    where q.shard = ${shard} and q.tenant_id = r.tenant_id and q.id = r.id and q.fence = r.fence
      and q.worker_id = ${workerId} and q.attempt_id is null`;
}
