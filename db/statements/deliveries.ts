// Deliveries as people look for them, at them, and send them again. What became of one is said once, by its action run.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { idAfter, idBefore } from '../uuid-time.ts';
import type { ActionRunStatus } from './action-runs.ts';
import type { TransitionRow } from './worker-deliveries.ts';

export interface DeliveryRow {
  id: string;
  subscriptionId: string;
  occurrenceId: string;
  kind: string;
  jobId: string;
  workflowId: string;
  connectionId: string | null;
  endpointId: string | null;
  status: ActionRunStatus;
  attempts: number;
  error: JsonObject | null;
  /** The receiver's own id of what it made. */
  sinkMessageId: string | null;
  nextAttemptAt: Date | null;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface FullDeliveryRow extends DeliveryRow {
  request: Json;
  response: Json;
}

const columns = (sql: ReservedSql) => sql`
  d.id, d.subscription_id, d.occurrence_id, d.kind, d.job_id, d.workflow_id, d.connection_id, d.endpoint_id,
  d.created_at, r.attempts, r.error, r.response ->> 'message_id' as sink_message_id, r.finished_at,
  case when q.attempt_id is not null then 'RUNNING' else r.status end as status,
  case when q.attempt_id is null and isfinite(q.run_at) then q.run_at end as next_attempt_at`;

/** A delivery, its run, the list of that run and its row of the queue have one id. Each is looked up by it: no plan may join them otherwise. */
const withRun = (sql: ReservedSql, shard: number, tenantId: string, from = sql`deliveries`) => sql`
  ${from} d
  cross join lateral (
    select status, attempts, error, request, response, finished_at from action_runs
    where shard = ${shard} and tenant_id = ${tenantId} and id = d.id and transition_id = d.id limit 1) r
  left join lateral (
    select id, attempt_id, worker_id, run_at from dispatch_queue
    where shard = ${shard} and tenant_id = ${tenantId} and id = d.id limit 1) q on true`;

export interface DeliveryFilter {
  tenantId: string;
  ids: readonly string[] | null;
  subscriptionId: string | null;
  jobId: string | null;
  workflowId: string | null;
  connectionId: string | null;
  endpointId: string | null;
  statuses: readonly ActionRunStatus[] | null;
  createdAfter: Date | null;
  createdBefore: Date | null;
  /** When given, only those to these connections. */
  onConnections: readonly string[] | null;
}

export const ALL_DELIVERIES: Omit<DeliveryFilter, 'tenantId'> = {
  ids: null,
  subscriptionId: null,
  jobId: null,
  workflowId: null,
  connectionId: null,
  endpointId: null,
  statuses: null,
  createdAfter: null,
  createdBefore: null,
  onConnections: null,
};

const matching = (sql: ReservedSql, shard: number, of: DeliveryFilter) => sql`
  d.shard = ${shard} and d.tenant_id = ${of.tenantId}
    ${of.ids === null ? sql`` : sql`and d.id = any (${of.ids as string[]}::uuid[])`}
    ${of.subscriptionId === null ? sql`` : sql`and d.subscription_id = ${of.subscriptionId}`}
    ${of.jobId === null ? sql`` : sql`and d.job_id = ${of.jobId}`}
    ${of.workflowId === null ? sql`` : sql`and d.workflow_id = ${of.workflowId}`}
    ${of.connectionId === null ? sql`` : sql`and d.connection_id = ${of.connectionId}`}
    ${of.endpointId === null ? sql`` : sql`and d.endpoint_id = ${of.endpointId}`}
    ${
      of.statuses === null
        ? sql``
        : sql`and case when q.attempt_id is not null then 'RUNNING' else r.status end = any (${of.statuses as string[]}::text[])`
    }
    ${of.createdAfter === null ? sql`` : sql`and d.created_at >= ${of.createdAfter} and d.id > ${idBefore(of.createdAfter)}`}
    ${of.createdBefore === null ? sql`` : sql`and d.created_at < ${of.createdBefore} and d.id < ${idAfter(of.createdBefore)}`}
    ${of.onConnections === null ? sql`` : sql`and d.connection_id = any (${of.onConnections as string[]}::uuid[])`}`;

export interface DeliveryLook extends DeliveryFilter {
  /** Last id of the page before, or of what was looked at. */
  before: string | null;
  limit: number;
  /** How many deliveries are looked at for them, at most. */
  look: number;
}

/**
 * Newest first, among the next `look` deliveries: of one job by `deliveries_by_job`, else by the primary key. The rest of the
 * filter is applied to them; only for what fits by then a run is looked up.
 */
export function listDeliveries(
  sql: ReservedSql,
  shard: number,
  of: DeliveryLook,
): PendingQuery<(Row & DeliveryRow)[]> {
  const next = sql`(select * from deliveries where ${together(sql, shard, of)} order by id desc limit ${of.look})`;
  return sql`
    select ${columns(sql)} from ${withRun(sql, shard, of.tenantId, next)}
    where ${matching(sql, shard, of)}
    order by d.id desc limit ${of.limit}`;
}

/** The last of the deliveries that `listDeliveries` looked at; no row when there was nothing further to look at. */
export function endOfLookAtDeliveries(
  sql: ReservedSql,
  shard: number,
  of: DeliveryLook,
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    select id from deliveries where ${together(sql, shard, of)} order by id desc offset ${of.look - 1} limit 1`;
}

const together = (sql: ReservedSql, shard: number, of: DeliveryLook) => sql`
  shard = ${shard} and tenant_id = ${of.tenantId}
    ${of.jobId === null ? sql`` : sql`and job_id = ${of.jobId}`}
    ${of.createdAfter === null ? sql`` : sql`and id > ${idBefore(of.createdAfter)}`}
    ${of.createdBefore === null ? sql`` : sql`and id < ${idAfter(of.createdBefore)}`}
    ${of.before === null ? sql`` : sql`and id < ${of.before}`}`;

export function findDelivery(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & FullDeliveryRow)[]> {
  return sql`
    select ${columns(sql)}, r.request, r.response from ${withRun(sql, shard, tenantId)}
    where d.shard = ${shard} and d.tenant_id = ${tenantId} and d.id = ${id}`;
}

const mayBeSentAgain = (sql: ReservedSql) => sql`(
  (q.id is null and r.status in ('SUCCEEDED', 'FAILED', 'SKIPPED'))
  or (q.run_at = 'infinity' and q.worker_id is null and q.attempt_id is null and r.status = 'UNKNOWN'))`;

/** What `replayDeliveries` may send again: it is over, or waits for a person. Oldest first. */
export function chooseDeliveries(
  sql: ReservedSql,
  shard: number,
  of: DeliveryFilter,
  { after, limit }: { after: string | null; limit: number },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    select d.id from ${withRun(sql, shard, of.tenantId)}
    where ${matching(sql, shard, of)} and ${mayBeSentAgain(sql)}
      ${after === null ? sql`` : sql`and d.id > ${after}`}
    order by d.id limit ${limit}`;
}

/** Locks their runs, in order, so that two who replay the same follow one another. */
export function lockDeliveries(
  sql: ReservedSql,
  shard: number,
  { tenantId, ids }: { tenantId: string; ids: readonly string[] },
): PendingQuery<Row[]> {
  return sql`
    select from action_runs
    where shard = ${shard} and tenant_id = ${tenantId} and id = any (${ids as string[]}::uuid[])
    order by id for update`;
}

/**
 * Sends again those of `ids`, locked before, that may still be. Each keeps its id, so a receiver that had it knows it.
 * As for a list that a person brings back, the fence is above all it ever had (move-action-list.ts).
 */
export function replayDeliveries(
  sql: ReservedSql,
  shard: number,
  { tenantId, ids }: { tenantId: string; ids: readonly string[] },
): PendingQuery<(Row & { id: string; jobId: string })[]> {
  return sql`
    with chosen as materialized (
      select d.id from ${withRun(sql, shard, tenantId)}
      where d.shard = ${shard} and d.tenant_id = ${tenantId} and d.id = any (${ids as string[]}::uuid[])
        and ${mayBeSentAgain(sql)}
    ), requeued as (
      update action_runs r set status = 'QUEUED', error = null, finished_at = null
      from chosen c
      where r.shard = ${shard} and r.tenant_id = ${tenantId} and r.id = any (${ids as string[]}::uuid[]) and r.id = c.id
        and r.transition_id = c.id
      returning r.id, r.job_id, r.workflow_version_id, r.connection_id
    ), queued as (
      insert into dispatch_queue as q (shard, tenant_id, id, job_id, workflow_version_id, connection_id, run_at, fence)
      select here.shard, ${tenantId}, id, job_id, workflow_version_id, connection_id, now(),
        (extract(epoch from statement_timestamp()) * 1000000)::bigint
      from shards here cross join requeued where here.shard = ${shard}
      on conflict (shard, tenant_id, id) do update set run_at = excluded.run_at, fence = q.fence + 1
    )
    select id, job_id from requeued`;
}

/** The transition that brought a job where it stands, and its event. */
export function findLatestTransition(
  sql: ReservedSql,
  shard: number,
  { tenantId, jobId }: { tenantId: string; jobId: string },
): PendingQuery<(Row & TransitionRow & { event: JsonObject })[]> {
  return sql`
    select id, seq, data ->> 'from' as from, data ->> 'to' as to, at, data -> 'event' as event from event_log
    where shard = ${shard} and tenant_id = ${tenantId} and subject_id = ${jobId} and kind = 'transition'
    order by id desc limit 1`;
}
