// Jobs as people look for them and at them: lists, timers, and the log of what happened.
import type { JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { idAfter, idBefore } from '../uuid-time.ts';
import type { JobStatus } from './job-change.ts';
import type { JobRow } from './load-jobs.ts';

export type JobListRow = Omit<JobRow, 'snapshot'>;

export interface JobFilter {
  tenantId: string;
  workflowId: string | null;
  parentJobId: string | null;
  status: JobStatus | null;
  state: string | null;
  key: string | null;
  createdAfter: Date | null;
  createdBefore: Date | null;
  /** Last id of the page before, or of what was looked at. */
  before: string | null;
  limit: number;
  /** How many jobs are looked at for them, at most. */
  look: number;
}

/**
 * Newest first, among the next `look` jobs that one index has together: `jobs_by_key`, `jobs_by_parent`, `jobs_not_done`,
 * `jobs_by_workflow` or the primary key, the first of these that the filter names. The rest of the filter is applied to them.
 */
export function listJobs(sql: ReservedSql, shard: number, of: JobFilter): PendingQuery<(Row & JobListRow)[]> {
  return sql`
    select tenant_id, id, workflow_id, workflow_version_id, key, parent_job_id, status, current_state, revision,
      created_at, updated_at, finished_at
    from (select * from jobs where ${together(sql, shard, of)} order by id desc limit ${of.look}) looked_at
    where true
      ${of.workflowId === null ? sql`` : sql`and workflow_id = ${of.workflowId}`}
      ${of.parentJobId === null ? sql`` : sql`and parent_job_id = ${of.parentJobId}`}
      ${of.status === null ? sql`` : sql`and status = ${of.status}`}
      ${of.state === null ? sql`` : sql`and current_state = ${of.state}`}
      ${of.createdAfter === null ? sql`` : sql`and created_at >= ${of.createdAfter}`}
      ${of.createdBefore === null ? sql`` : sql`and created_at < ${of.createdBefore}`}
    order by id desc limit ${of.limit}`;
}

/** The last of the jobs that `listJobs` looked at; no row when there was nothing further to look at. */
export function endOfLookAtJobs(
  sql: ReservedSql,
  shard: number,
  of: JobFilter,
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    select id from jobs where ${together(sql, shard, of)} order by id desc offset ${of.look - 1} limit 1`;
}

/** The statuses that `jobs_not_done` has, as literals: a parameter would not tell the planner that the index applies. */
const notDone = (sql: ReservedSql) => ({
  ACTIVE: sql`'ACTIVE'`,
  ERROR: sql`'ERROR'`,
  CANCELLED: sql`'CANCELLED'`,
});

function together(sql: ReservedSql, shard: number, of: JobFilter): PendingQuery<Row[]> {
  const { key, parentJobId, status, workflowId, before, createdAfter, createdBefore } = of;
  const named =
    key !== null
      ? sql`and key = ${key}`
      : parentJobId !== null
        ? sql`and parent_job_id = ${parentJobId}`
        : status !== null && status !== 'DONE'
          ? sql`and status = ${notDone(sql)[status]}`
          : workflowId !== null
            ? sql`and workflow_id = ${workflowId}`
            : sql``;
  return sql`
    shard = ${shard} and tenant_id = ${of.tenantId} ${named}
      ${before === null ? sql`` : sql`and id < ${before}`}
      ${createdAfter === null ? sql`` : sql`and id > ${idBefore(createdAfter)}`}
      ${createdBefore === null ? sql`` : sql`and id < ${idAfter(createdBefore)}`}`;
}

export interface JobOfVersionRow {
  id: string;
  key: string | null;
  currentState: string;
}

/** Active jobs of one version, oldest first. Served by `jobs_not_done`, which the tenant's other active jobs are in too. */
export function listJobsOfVersion(
  sql: ReservedSql,
  shard: number,
  of: { tenantId: string; workflowId: string; versionId: string; after: string | null; limit: number },
): PendingQuery<(Row & JobOfVersionRow)[]> {
  return sql`
    select id, key, current_state from (
      select * from jobs
      where shard = ${shard} and tenant_id = ${of.tenantId} and status = 'ACTIVE'
        ${of.after === null ? sql`` : sql`and id > ${of.after}`}
      order by id offset 0) active
    where workflow_id = ${of.workflowId} and workflow_version_id = ${of.versionId}
    order by id limit ${of.limit}`;
}

/** What waits for a moment: `after` timers (`sendId` is set) and outcomes on their way to the job. */
export interface PendingTimer {
  id: string;
  sendId: string | null;
  event: JsonObject;
  dueAt: Date;
}

/** In the order they are due. Served by the primary key of timers. */
export function listTimers(
  sql: ReservedSql,
  shard: number,
  { tenantId, jobId }: { tenantId: string; jobId: string },
): PendingQuery<(Row & PendingTimer)[]> {
  return sql`
    select id, send_id, event, due_at from timers
    where shard = ${shard} and tenant_id = ${tenantId} and job_id = ${jobId}
    order by due_at, id`;
}

export interface LogRow {
  id: string;
  at: Date;
  kind: string;
  /** The job's revision after it, for what moved the job. */
  seq: number | null;
  actor: string;
  data: JsonObject;
}

/** Oldest first. Served by the primary key of each partition that ends after `since`. */
export function listLog(
  sql: ReservedSql,
  shard: number,
  {
    tenantId,
    subjectId,
    since,
    after,
    limit,
  }: { tenantId: string; subjectId: string; since: Date; after: string | null; limit: number },
): PendingQuery<(Row & LogRow)[]> {
  return sql`
    select id, at, kind, seq, actor, data from event_log
    where shard = ${shard} and tenant_id = ${tenantId} and subject_id = ${subjectId} and at >= ${since}
      ${after === null ? sql`` : sql`and id > ${after}`}
    order by id limit ${limit}`;
}

/**
 * What moved a job after revision `afterSeq`, in order. `since` is when that revision came about; the clock that timed
 * the next one may be behind.
 */
export function listMoves(
  sql: ReservedSql,
  shard: number,
  {
    tenantId,
    jobId,
    since,
    afterSeq,
    limit,
  }: { tenantId: string; jobId: string; since: Date; afterSeq: number; limit: number },
): PendingQuery<(Row & LogRow & { seq: number })[]> {
  return sql`
    select id, at, kind, seq, actor, data from event_log
    where shard = ${shard} and tenant_id = ${tenantId} and subject_id = ${jobId}
      and at >= ${since}::timestamptz - interval '1 minute' and id > ${idBefore(since)} and seq > ${afterSeq}
    order by seq limit ${limit}`;
}

/** The revision that an entry of the log stands for; no row when it is no entry of this job, or moved nothing. */
export function findMove(
  sql: ReservedSql,
  shard: number,
  { tenantId, jobId, id, since }: { tenantId: string; jobId: string; id: string; since: Date },
): PendingQuery<(Row & { seq: number; at: Date })[]> {
  return sql`
    select seq, at from event_log
    where shard = ${shard} and tenant_id = ${tenantId} and subject_id = ${jobId} and id = ${id} and at >= ${since}
      and seq is not null`;
}
