// Which workers are alive, and what becomes of the claims of those that are not.
import type { PendingQuery, Row, Sql } from '../client.ts';

export function registerWorker(
  sql: Sql,
  { id, name, version, shards }: { id: string; name: string; version: string; shards: readonly number[] },
): PendingQuery<Row[]> {
  return sql`
    insert into workers (id, name, version, shards)
    values (${id}, ${name}, ${version}, ${shards as number[]}::smallint[])`;
}

export interface LivingWorker {
  id: string;
  shards: number[];
}

/** @returns all that live; no row when this one was declared dead: what it holds is no longer its own. */
export function beat(sql: Sql, id: string): PendingQuery<(Row & LivingWorker)[]> {
  return sql`
    with beaten as (update workers set heartbeat_at = now() where id = ${id} and dead_at is null returning id)
    select w.id, w.shards from workers w where w.dead_at is null and exists (select from beaten)`;
}

/** Leaves its part of every connection to the others; what it has under way it still ends. */
export function leaveShards(sql: Sql, id: string): PendingQuery<Row[]> {
  return sql`update workers set shards = '{}' where id = ${id}`;
}

/**
 * Marks workers that have been silent for `silentForMs`; the time in which Postgres itself was not there to hear them
 * does not count. @returns all that are marked, these and earlier ones
 */
export function declareDead(sql: Sql, silentForMs: number): PendingQuery<(Row & { id: string })[]> {
  return sql`
    with silent as (
      update workers set dead_at = now()
      where dead_at is null and heartbeat_at < now() - ${silentForMs}::integer * interval '1 millisecond'
        and pg_postmaster_start_time() < now() - ${silentForMs}::integer * interval '1 millisecond'
      returning id)
    select id from workers where dead_at is not null union select id from silent`;
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
    /* every shard: dead workers */
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

/** Leaves what it may hold to whoever declares workers dead: a claim of its own may commit even now. */
export function retireWorker(sql: Sql, id: string): PendingQuery<Row[]> {
  return sql`update workers set dead_at = now() where id = ${id} and dead_at is null`;
}

/** Nobody looks for what such a worker holds: only for one that holds nothing. */
export function removeWorker(sql: Sql, id: string): PendingQuery<Row[]> {
  return sql`delete from workers where id = ${id}`;
}

/**
 * Gives back lists that this worker claimed and walks no more; `attempt_id` is kept, so what was started becomes UNKNOWN.
 * They may be claimed again after `delayMs`.
 */
export function handBack(
  sql: Sql,
  shard: number,
  workerId: string,
  {
    rows,
    delayMs,
  }: { rows: readonly { tenantId: string; transitionId: string; fence: number }[]; delayMs: number },
): PendingQuery<Row[]> {
  return sql`
    update dispatch_queue q
    set worker_id = null, run_at = greatest(q.run_at, now() + ${delayMs}::integer * interval '1 millisecond')
    from unnest(${rows.map((r) => r.tenantId)}::uuid[], ${rows.map((r) => r.transitionId)}::uuid[],
      ${rows.map((r) => r.fence)}::bigint[]) as r(tenant_id, id, fence)
    where q.shard = ${shard} and q.tenant_id = r.tenant_id and q.id = r.id and q.fence = r.fence
      and q.worker_id = ${workerId}`;
}

/**
 * Gives back what this worker holds without knowing: a claim committed and its answer was lost. `known` is what it does
 * know. Reads the whole queue; it runs after a claim that failed, not as a habit.
 * @returns the shards that have something to claim now
 */
export function freeStrays(
  sql: Sql,
  workerId: string,
  known: readonly { transitionId: string; fence: number }[],
): PendingQuery<(Row & { shard: number })[]> {
  return sql`
    /* every shard: dead workers */
    with freed as (
      update dispatch_queue q set worker_id = null, fence = q.fence + 1
      where q.worker_id = ${workerId} and not exists (
        select from unnest(${known.map((k) => k.transitionId)}::uuid[], ${known.map((k) => k.fence)}::bigint[])
          as k(id, fence)
        where k.id = q.id and k.fence = q.fence)
      returning q.shard)
    select distinct shard from freed`;
}
