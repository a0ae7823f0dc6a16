// Action runs as people look for them and at them. RUNNING is nowhere stored: a run is running while its queue row
// holds a started attempt.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { idAfter, idBefore, transitionsSince } from '../uuid-time.ts';

export const ACTION_RUN_STATUSES = [
  'QUEUED',
  'RUNNING',
  'RETRYING',
  'SUCCEEDED',
  'FAILED',
  'SKIPPED',
  'UNKNOWN',
] as const;
export type ActionRunStatus = (typeof ACTION_RUN_STATUSES)[number];

export interface ActionRunRow {
  id: string;
  jobId: string;
  transitionId: string;
  ordinal: number;
  workflowVersionId: string;
  pointer: string;
  actionType: 'WEBHOOK' | 'INTEGRATION';
  name: string | null;
  connectionId: string;
  invokeId: string | null;
  status: ActionRunStatus;
  attempts: number;
  error: JsonObject | null;
  /** When it is fired at the earliest, for the next one of a list that waits for its time. */
  nextAttemptAt: Date | null;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface FullActionRunRow extends ActionRunRow {
  request: Json;
  response: Json;
}

const isRunning = (sql: ReservedSql) => sql`(q.attempt_id is not null and q.next_ordinal = r.ordinal)`;

const columns = (sql: ReservedSql) => sql`
  r.id, r.job_id, r.transition_id, r.ordinal, r.workflow_version_id, r.pointer, r.action_type, r.name,
  r.connection_id, r.invoke_id, r.attempts, r.error, r.created_at, r.finished_at,
  case when ${isRunning(sql)} then 'RUNNING' else r.status end as status,
  case when q.next_ordinal = r.ordinal and q.attempt_id is null and isfinite(q.run_at) then q.run_at end
    as next_attempt_at`;

/** The row of the queue is looked up by its key, for each run that is shown: no plan may read the queue otherwise. */
const queueRow = (sql: ReservedSql, shard: number, tenantId: string) => sql`
  select attempt_id, next_ordinal, run_at from dispatch_queue
  where shard = ${shard} and tenant_id = ${tenantId} and id = r.transition_id limit 1`;

const withQueue = (sql: ReservedSql, shard: number, tenantId: string) => sql`
  action_runs r left join lateral (${queueRow(sql, shard, tenantId)}) q on true`;

export interface ActionRunFilter {
  tenantId: string;
  jobId: string | null;
  workflowId: string | null;
  status: ActionRunStatus | null;
  connectionId: string | null;
  name: string | null;
  createdAfter: Date | null;
  createdBefore: Date | null;
  /** Last id of the page before, or of what was looked at. */
  before: string | null;
  limit: number;
  /** How many runs are looked at for them, at most. */
  look: number;
}

/**
 * Newest first, without those of deliveries, among the next `look` runs: of one job by `action_runs_in_order`, failed ones by
 * `action_runs_failed`, else by the primary keys. The rest of the filter is applied to them.
 */
export function listActionRuns(
  sql: ReservedSql,
  shard: number,
  of: ActionRunFilter,
): PendingQuery<(Row & ActionRunRow)[]> {
  return sql`
    select ${columns(sql)} from (
      select * from ${lookedAt(sql, shard, of)} order by id desc limit ${of.look}) r
    left join lateral (${queueRow(sql, shard, of.tenantId)}) q on true
    where r.message_id is null
      ${
        of.workflowId === null
          ? sql``
          : sql`and r.workflow_version_id = any (array(
              select v.id from workflow_versions v
              where v.shard = ${shard} and v.tenant_id = ${of.tenantId} and v.workflow_id = ${of.workflowId}))`
      }
      ${of.status === null ? sql`` : hasStatus(sql, of.status)}
      ${of.connectionId === null ? sql`` : sql`and r.connection_id = ${of.connectionId}`}
      ${of.name === null ? sql`` : sql`and r.name = ${of.name}`}
      ${of.createdAfter === null ? sql`` : sql`and r.created_at >= ${of.createdAfter}`}
      ${of.createdBefore === null ? sql`` : sql`and r.created_at < ${of.createdBefore}`}
    order by r.id desc limit ${of.limit}`;
}

/** The last of the runs that `listActionRuns` looked at; no row when there was nothing further to look at. */
export function endOfLookAtActionRuns(
  sql: ReservedSql,
  shard: number,
  of: ActionRunFilter,
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    select id from ${lookedAt(sql, shard, of)} order by id desc offset ${of.look - 1} limit 1`;
}

/** The runs of one job are found before they are put into order: backwards along the primary key there may be millions between. */
function lookedAt(sql: ReservedSql, shard: number, of: ActionRunFilter): PendingQuery<Row[]> {
  const named = sql`action_runs where ${bounds(sql, shard, of)}`;
  return of.jobId === null ? named : sql`(select * from ${named} offset 0) of_job`;
}

/** A run is made right after its transition, so what bounds the one bounds the other, by which the partitions are. */
function bounds(sql: ReservedSql, shard: number, of: ActionRunFilter): PendingQuery<Row[]> {
  return sql`
    shard = ${shard} and tenant_id = ${of.tenantId}
      ${of.jobId === null ? sql`` : sql`and job_id = ${of.jobId}`}
      ${of.status === 'FAILED' ? sql`and error is not null and message_id is null` : sql``}
      ${of.before === null ? sql`` : sql`and id < ${of.before} and transition_id <= ${of.before}`}
      ${of.createdAfter === null ? sql`` : sql`and id > ${idBefore(of.createdAfter)}`}
      ${of.createdBefore === null ? sql`` : sql`and id < ${idAfter(of.createdBefore)} and transition_id < ${idAfter(of.createdBefore)}`}`;
}

const hasStatus = (sql: ReservedSql, status: ActionRunStatus) =>
  status === 'RUNNING'
    ? sql`and ${isRunning(sql)}`
    : sql`and r.status = ${status} and ${isRunning(sql)} is not true`;

export function findActionRun(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & FullActionRunRow)[]> {
  return sql`
    select ${columns(sql)}, r.request, r.response from ${withQueue(sql, shard, tenantId)}
    where r.shard = ${shard} and r.tenant_id = ${tenantId} and r.id = ${id}`;
}

/** The newest runs of a job, newest transition first, each list in order. Served by `action_runs_in_order`. */
export function listLatestRuns(
  sql: ReservedSql,
  shard: number,
  { tenantId, jobId, limit }: { tenantId: string; jobId: string; limit: number },
): PendingQuery<(Row & ActionRunRow)[]> {
  const { first, last } = transitionsSince([jobId]);
  return sql`
    select ${columns(sql)} from ${withQueue(sql, shard, tenantId)}
    where r.shard = ${shard} and r.tenant_id = ${tenantId} and r.job_id = ${jobId} and r.message_id is null
      and r.transition_id between ${first} and ${last}
    order by r.transition_id desc, r.ordinal desc limit ${limit}`;
}

export interface AttemptRow {
  id: string;
  at: Date;
  kind: 'attempt' | 'attempt_late';
  data: JsonObject;
}

/** Every attempt of a run, oldest first. Reads the job's entries from `since` on, by primary key of the log. */
export function listAttempts(
  sql: ReservedSql,
  shard: number,
  { tenantId, jobId, runId, since }: { tenantId: string; jobId: string; runId: string; since: Date },
): PendingQuery<(Row & AttemptRow)[]> {
  return sql`
    select id, at, kind, data from event_log
    where shard = ${shard} and tenant_id = ${tenantId} and subject_id = ${jobId} and at >= ${since}
      and kind in ('attempt', 'attempt_late') and data ->> 'action_run_id' = ${runId}
    order by id`;
}
