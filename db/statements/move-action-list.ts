// A person moves a list of actions: retries, resends or skips one of them. The statements of one transaction, which
// takes its locks in the order the worker does: the queue row, then the runs.
import type { JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface ListRef {
  tenantId: string;
  jobId: string;
  transitionId: string;
}

export function findListOf(
  sql: ReservedSql,
  shard: number,
  { tenantId, runId }: { tenantId: string; runId: string },
): PendingQuery<(Row & { jobId: string; transitionId: string })[]> {
  return sql`
    select job_id, transition_id from action_runs
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${runId}`;
}

/**
 * Until the commit nobody else intervenes in this list. A list that is over has no row that could be locked first: who
 * found none would lock the runs, and the row that somebody brought back after them.
 */
export function lockList(sql: ReservedSql, { transitionId }: ListRef): PendingQuery<Row[]> {
  return sql`select pg_advisory_xact_lock(hashtextextended(${`list:${transitionId}`}, 0))`;
}

export interface QueueRow {
  nextOrdinal: number;
  /** A worker has it in memory. */
  claimed: boolean;
  /** An attempt has left, or is about to, and is not recorded yet. */
  attemptStarted: boolean;
}

/** Locks the list's row of the queue, by primary key; no row when the list is over. */
export function lockQueueRow(
  sql: ReservedSql,
  shard: number,
  { tenantId, transitionId }: ListRef,
): PendingQuery<(Row & QueueRow)[]> {
  return sql`
    select next_ordinal, worker_id is not null as claimed, attempt_id is not null as attempt_started
    from dispatch_queue
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${transitionId} for update`;
}

export interface ListedRun {
  id: string;
  ordinal: number;
  workflowVersionId: string;
  name: string | null;
  connectionId: string;
  invokeId: string | null;
  status: 'QUEUED' | 'RETRYING' | 'SUCCEEDED' | 'FAILED' | 'SKIPPED' | 'UNKNOWN';
  errorCode: string | null;
}

/** Locks all runs of the list, in order. Served by `action_runs_in_order`. */
export function lockRuns(
  sql: ReservedSql,
  shard: number,
  { tenantId, jobId, transitionId }: ListRef,
): PendingQuery<(Row & ListedRun)[]> {
  return sql`
    select id, ordinal, workflow_version_id, name, connection_id, invoke_id, status, error ->> 'code' as error_code
    from action_runs
    where shard = ${shard} and tenant_id = ${tenantId} and job_id = ${jobId} and transition_id = ${transitionId}
    order by ordinal for update`;
}

/** Back to QUEUED; attempts, request and response stay what they were. */
export function requeueRuns(
  sql: ReservedSql,
  shard: number,
  { tenantId, ids }: { tenantId: string; ids: readonly string[] },
): PendingQuery<Row[]> {
  return sql`
    update action_runs set status = 'QUEUED', error = null, finished_at = null
    where shard = ${shard} and tenant_id = ${tenantId} and id = any (${ids as string[]}::uuid[])`;
}

export function skipRun(
  sql: ReservedSql,
  shard: number,
  { tenantId, id, error }: { tenantId: string; id: string; error: JsonObject },
): PendingQuery<Row[]> {
  return sql`
    update action_runs set status = 'SKIPPED', error = ${JSON.stringify(error)}::text::jsonb, finished_at = now()
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

/**
 * Due now, at this action. Whoever holds the list in memory is told by the fence that it does so no more.
 * A list that is over comes back with a fence above all it ever had: claims add one each, the clock a million a second.
 */
export function queueListAt(
  sql: ReservedSql,
  shard: number,
  { tenantId, jobId, transitionId }: ListRef,
  run: Pick<ListedRun, 'ordinal' | 'connectionId' | 'workflowVersionId'>,
): PendingQuery<Row[]> {
  return sql`
    insert into dispatch_queue as q
      (shard, tenant_id, id, job_id, workflow_version_id, connection_id, run_at, next_ordinal, fence)
    values (${shard}, ${tenantId}, ${transitionId}, ${jobId}, ${run.workflowVersionId}, ${run.connectionId}, now(),
      ${run.ordinal}, (extract(epoch from statement_timestamp()) * 1000000)::bigint)
    on conflict (shard, tenant_id, id) do update set
      run_at = excluded.run_at, next_ordinal = excluded.next_ordinal, connection_id = excluded.connection_id,
      fence = q.fence + 1, worker_id = null`;
}

/** Takes the list from the worker that holds it, so that whoever claims it next reads its runs again. */
export function takeListBack(
  sql: ReservedSql,
  shard: number,
  { tenantId, transitionId }: ListRef,
): PendingQuery<Row[]> {
  return sql`
    update dispatch_queue set fence = fence + 1, worker_id = null
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${transitionId}`;
}

export function endList(
  sql: ReservedSql,
  shard: number,
  { tenantId, transitionId }: ListRef,
): PendingQuery<Row[]> {
  return sql`
    delete from dispatch_queue where shard = ${shard} and tenant_id = ${tenantId} and id = ${transitionId}`;
}

/** Tells the job what came of an action that one of its states waits for: an event that is due at once. */
export function tellJob(
  sql: ReservedSql,
  shard: number,
  { tenantId, jobId, id, event }: { tenantId: string; jobId: string; id: string; event: JsonObject },
): PendingQuery<Row[]> {
  return sql`
    insert into timers (shard, tenant_id, job_id, id, entry, event, due_at)
    values (${shard}, ${tenantId}, ${jobId}, ${id}, 0, ${JSON.stringify(event)}::text::jsonb, now())`;
}
