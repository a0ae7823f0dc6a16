// Events that are due: found over all shards, leased so that one process fires each, removed by the commit of what
// they caused (commit-transitions.ts) or, when they mean nothing any more, here.
import type { JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';
import { beforeWhatFollows, transitionOfRun } from '../uuid-time.ts';

export interface DueTimer {
  shard: number;
  tenantId: string;
  jobId: string;
  id: string;
  sendId: string | null;
  entry: number;
  event: JsonObject;
}

/**
 * Takes due timers of one shard for `leaseMs`, in the order they are due, and those of one moment in the order they were set;
 * `timers_due` gives that order. Locks the rows it returns. They are updated by
 * arrays and not by a join, which a plan may make by reading the whole shard; "is true" keeps it from making one of `in`.
 */
export function leaseDueTimers(
  sql: Sql | ReservedSql,
  shard: number,
  { limit, leaseMs }: { limit: number; leaseMs: number },
): PendingQuery<(Row & DueTimer)[]> {
  return sql`
    with due as materialized (
      select shard, tenant_id, job_id, id from timers
      where shard = ${shard} and due_at <= now() and due_at < 'infinity' and (leased_until is null or leased_until < now())
      order by due_at limit ${limit} for update skip locked
    ), leased as (
      update timers t set leased_until = now() + ${leaseMs}::integer * interval '1 millisecond'
      where t.shard = ${shard} and t.tenant_id = any (array(select tenant_id from due))
        and t.job_id = any (array(select job_id from due)) and (t.id in (select id from due)) is true
      returning t.shard, t.tenant_id, t.job_id, t.id, t.send_id, t.entry, t.event, t.due_at)
    select shard, tenant_id, job_id, id, send_id, entry, event from leased order by due_at, id`;
}

/** Which of `shards` have something due: one index probe each, in one statement. */
export function shardsWithDueTimers(
  sql: Sql,
  shards: readonly number[],
): PendingQuery<(Row & { shard: number })[]> {
  return sql`
    /* every shard: due work */
    select s.shard from shards s
    where s.shard = any (${shards as number[]}::smallint[]) and exists (
      select from timers t where t.shard = s.shard and t.due_at <= now() and t.due_at < 'infinity'
        and (t.leased_until is null or t.leased_until < now()))`;
}

/** Whether it is set still; by primary key. */
export function findTimer(
  sql: ReservedSql,
  { shard, tenantId, jobId, id }: Pick<DueTimer, 'shard' | 'tenantId' | 'jobId' | 'id'>,
): PendingQuery<Row[]> {
  return sql`
    select from timers
    where shard = ${shard} and tenant_id = ${tenantId} and job_id = ${jobId} and id = ${id}`;
}

/** A timer of the same job that is due before this one, in the order of `leaseDueTimers`. Served by the primary key. */
export function findEarlierTimer(
  sql: ReservedSql,
  { shard, tenantId, jobId, id }: Pick<DueTimer, 'shard' | 'tenantId' | 'jobId' | 'id'>,
): PendingQuery<Row[]> {
  return sql`
    select from timers t
    join timers earlier on earlier.shard = ${shard} and earlier.tenant_id = ${tenantId} and earlier.job_id = ${jobId}
    where t.shard = ${shard} and t.tenant_id = ${tenantId} and t.job_id = ${jobId} and t.id = ${id}
      and earlier.send_id is not null and (earlier.due_at, earlier.id) < (t.due_at, t.id) limit 1`;
}

export function deleteTimer(
  sql: ReservedSql,
  { shard, tenantId, jobId, id }: Pick<DueTimer, 'shard' | 'tenantId' | 'jobId' | 'id'>,
): PendingQuery<Row[]> {
  return sql`
    delete from timers
    where shard = ${shard} and tenant_id = ${tenantId} and job_id = ${jobId} and id = ${id}`;
}

/**
 * Whether the outcome of `runId` is that of the latest run its invocation had. By the database's clock: ids of processes whose own
 * clocks differ are not in the order in which they moved the job; those of one commit are.
 */
export function isLatestInvocation(
  sql: ReservedSql,
  shard: number,
  { tenantId, jobId, runId }: { tenantId: string; jobId: string; runId: string },
): PendingQuery<(Row & { latest: boolean })[]> {
  const { first, last } = transitionOfRun(runId);
  return sql`
    select not exists (
      select from action_runs later
      where later.shard = ${shard} and later.tenant_id = ${tenantId} and later.job_id = ${jobId}
        and later.invoke_id = run.invoke_id and later.transition_id > ${beforeWhatFollows(runId)}
        and (later.created_at, later.transition_id) > (run.created_at, run.transition_id)) as latest
    from action_runs run
    where run.shard = ${shard} and run.tenant_id = ${tenantId} and run.id = ${runId}
      and run.transition_id between ${first} and ${last}`;
}
