// How much there is to do and for how long, over all tenants: what an operator watches. Read by a worker when it is asked
// for its metrics, and no oftener than every few seconds.
import type { PendingQuery, Row, Sql } from '../client.ts';
import { headsOfLanes } from './claim.ts';

export interface StoredWorkRow {
  due: number;
  scheduled: number;
  parked: number;
  claimed: number;
  oldestDueS: number;
  timersDue: number;
  timersScheduled: number;
  oldestTimerS: number;
  inbound: number;
  oldestInboundS: number;
  living: number;
  lastSignS: number | null;
  xminAge: number | null;
  oldestTransactionS: number | null;
}

/** Counting is bounded by this many rows of each table: a backlog must not be made worse by looking at it. */
const COUNTED_MAX = 50_000;

/**
 * One statement. The oldest of the queue are found by hopping along `dispatch_queue_ready` and the key of `inbound_queue`,
 * one probe for each lane; the oldest timer by `timers_due`, one probe for each shard. Locks nothing.
 * Ids of inbound events begin with the time they were received at.
 * @param leaseMs after this long without a heartbeat a worker does not count as living
 */
export function storedWork(
  sql: Sql,
  { shards, leaseMs }: { shards: readonly number[]; leaseMs: number },
): PendingQuery<(Row & StoredWorkRow)[]> {
  return sql`
    /* every shard: metrics */
    with shard as materialized (select unnest(${shards as number[]}::smallint[]) as id),
    queue as (
      select
        count(*) filter (where worker_id is null and run_at <= now()) as due,
        count(*) filter (where worker_id is null and run_at > now() and run_at < 'infinity') as scheduled,
        count(*) filter (where worker_id is null and run_at = 'infinity') as parked,
        count(*) filter (where worker_id is not null) as claimed
      from (select worker_id, run_at from dispatch_queue limit ${COUNTED_MAX}) counted
    ), oldest as (
      select min(head.run_at) as run_at from shard cross join lateral (
        ${headsOfLanes(sql, sql`shard.id`)}
        select run_at from head) head
      where head.run_at <= now()
    ), timer as (
      select count(*) filter (where due_at <= now()) as due, count(*) filter (where due_at > now()) as scheduled
      from (select due_at from timers limit ${COUNTED_MAX}) counted
    ), oldest_timer as (
      select min(first.due_at) as due_at from shard cross join lateral (
        select due_at from timers where shard = shard.id and due_at < 'infinity' order by due_at limit 1) first
      where first.due_at <= now()
    ), inbound as (
      select count(*) as waiting from (select from inbound_queue limit ${COUNTED_MAX}) counted
    ), oldest_inbound as (
      select min(head.id::text) as id from shard cross join lateral (
        with recursive head (tenant_id, source_id, id) as (
          (select tenant_id, source_id, id from inbound_queue where shard = shard.id
           order by tenant_id, source_id, id limit 1)
          union all
          select next.* from head cross join lateral (
            select q.tenant_id, q.source_id, q.id from inbound_queue q
            where q.shard = shard.id and (q.tenant_id, q.source_id) > (head.tenant_id, head.source_id)
            order by q.tenant_id, q.source_id, q.id limit 1) next)
        select id from head) head
    ), ${workers(sql, leaseMs)}, ${sessions(sql)}
    select queue.due::float8, queue.scheduled::float8, queue.parked::float8, queue.claimed::float8,
      coalesce(extract(epoch from now() - oldest.run_at), 0)::float8 as oldest_due_s,
      timer.due::float8 as timers_due, timer.scheduled::float8 as timers_scheduled,
      coalesce(extract(epoch from now() - oldest_timer.due_at), 0)::float8 as oldest_timer_s,
      inbound.waiting::float8 as inbound,
      ${sinceId(sql, sql`oldest_inbound.id`)} as oldest_inbound_s,
      worker.living::float8, worker.last_sign::float8 as last_sign_s,
      session.xmin_age::float8, session.transaction_age::float8 as oldest_transaction_s
    from queue, oldest, timer, oldest_timer, inbound, oldest_inbound, worker, session`;
}

/**
 * The same of Citus: each server counts and looks through all it has, as no hop goes from shard to shard there. Sessions are
 * those of the coordinator; they are asked for alone, as Citus would read what lies behind the view as whoever asks.
 */
export async function storedWorkOnServers(
  sql: Sql,
  { leaseMs }: { leaseMs: number },
): Promise<StoredWorkRow[]> {
  const [session] = await sql<Pick<StoredWorkRow, 'xminAge' | 'oldestTransactionS'>[]>`
    with ${sessions(sql)}
    select xmin_age::float8, transaction_age::float8 as oldest_transaction_s from session`;
  const counted = await sql<Omit<StoredWorkRow, 'xminAge' | 'oldestTransactionS'>[]>`
    /* every shard: metrics */
    with queue as (
      select
        count(*) filter (where worker_id is null and run_at <= now()) as due,
        count(*) filter (where worker_id is null and run_at > now() and run_at < 'infinity') as scheduled,
        count(*) filter (where worker_id is null and run_at = 'infinity') as parked,
        count(*) filter (where worker_id is not null) as claimed,
        min(run_at) filter (where worker_id is null and run_at <= now()) as oldest
      from dispatch_queue
    ), timer as (
      select count(*) filter (where due_at <= now()) as due, count(*) filter (where due_at > now()) as scheduled,
        min(due_at) filter (where due_at <= now()) as oldest
      from timers
    ), inbound as (
      select count(*) as waiting, min(id::text) as oldest from inbound_queue
    ), ${workers(sql, leaseMs)}
    select queue.due::float8, queue.scheduled::float8, queue.parked::float8, queue.claimed::float8,
      coalesce(extract(epoch from now() - queue.oldest), 0)::float8 as oldest_due_s,
      timer.due::float8 as timers_due, timer.scheduled::float8 as timers_scheduled,
      coalesce(extract(epoch from now() - timer.oldest), 0)::float8 as oldest_timer_s,
      inbound.waiting::float8 as inbound, ${sinceId(sql, sql`inbound.oldest`)} as oldest_inbound_s,
      worker.living::float8, worker.last_sign::float8 as last_sign_s
    from queue, timer, inbound, worker`;
  return counted.map((row) => ({ ...row, ...(session as NonNullable<typeof session>) }));
}

const workers = (sql: Sql, leaseMs: number): PendingQuery<Row[]> => sql`
    worker as (
      select count(*) filter (where dead_at is null
          and heartbeat_at > now() - ${leaseMs}::integer * interval '1 millisecond') as living,
        extract(epoch from now() - max(heartbeat_at)) as last_sign
      from workers
    )`;

const sessions = (sql: Sql): PendingQuery<Row[]> => sql`
    session as (
      -- Without this privilege the columns are null for sessions of others, which would look like good news.
      select max(greatest(age(backend_xmin), age(backend_xid))) as xmin_age,
        extract(epoch from now() - min(xact_start)) as transaction_age
      from pg_stat_activity
      where pg_has_role('pg_read_all_stats', 'usage') and datname = current_database()
    )`;

/** Seconds since the time that an id begins with. */
const sinceId = (sql: Sql, id: PendingQuery<Row[]>): PendingQuery<Row[]> => sql`
  coalesce(greatest(0, extract(epoch from now())
    - ('x' || lpad(left(replace(${id}, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0), 0)::float8`;
