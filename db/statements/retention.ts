// What is forgotten after its time: partitions of the log, and the runs of jobs that are over.
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';
import { idAfter } from '../uuid-time.ts';
import type { IdSpan } from './old-partitions.ts';

/** By the database's clock: that of a machine may have jumped a moment ago, and what is forgotten does not come back. */
export function keptSince(sql: Sql, keepDays: number): PendingQuery<(Row & { since: Date })[]> {
  return sql`select now() - make_interval(days => ${keepDays}::integer) as since`;
}

/** Months of the log that ended more than `keepDays` ago, oldest first. */
export function listOldPartitions(
  sql: Sql,
  keepDays: number,
): PendingQuery<(Row & { name: string; from: Date; to: Date })[]> {
  return sql`
    select name, first at time zone 'utc' as from, (first + interval '1 month') at time zone 'utc' as to
    from (
      select c.relname::text as name, to_timestamp(right(c.relname::text, 7), 'YYYY_MM')::date::timestamp as first
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'event_log'::regclass and c.relname ~ '^event_log_[0-9]{4}_[0-9]{2}$' offset 0) p
    where (first + interval '1 month') at time zone 'utc' < now() - make_interval(days => ${keepDays}::integer)
    order by name`;
}

/** Whether anything from before `to` is still to be sealed. As role `pawl_sealer`. */
export function holdsUnsealed(sql: Sql, to: Date): PendingQuery<(Row & { unsealed: boolean })[]> {
  return sql`
    /* every shard: retention */
    select exists (
      select e.shard from event_log_sealers s join event_log e on e.shard = s.shard and e.position > s.sealed_to
      where e.at < ${to}) as unsealed`;
}

/** @returns whether it could be dropped; nothing waits for it longer than a fraction of a second */
export function dropPartition(
  sql: ReservedSql,
  { name, keepDays, archive }: { name: string; keepDays: number; archive: string | null },
): PendingQuery<(Row & { dropped: boolean })[]> {
  return sql`
    select pawl_drop_event_log_partition(${name}, ${keepDays}::integer, ${archive}::text) as dropped`;
}

export interface ArchivedEntry {
  shard: number;
  tenantId: string;
  subjectId: string;
  id: string;
  atUs: string;
  kind: string;
  seq: number | null;
  actor: string;
  data: string;
  position: string;
}

export type EntryKey = Pick<ArchivedEntry, 'shard' | 'tenantId' | 'subjectId' | 'id'>;

/** By primary key; `data` and the time exactly as they were sealed. As role `pawl_sealer`. */
export function readPartition(
  sql: Sql,
  { from, to, after, limit }: { from: Date; to: Date; after: EntryKey | null; limit: number },
): PendingQuery<(Row & ArchivedEntry)[]> {
  return sql`
    /* every shard: retention */
    select shard, tenant_id, subject_id, id, ((extract(epoch from at) * 1000000)::bigint)::text as at_us, kind, seq, actor,
      data::text as data, position::text as position
    from event_log e where at >= ${from} and at < ${to}
      ${
        after === null
          ? sql``
          : sql`and (shard, tenant_id, subject_id, id) > (${after.shard}, ${after.tenantId}, ${after.subjectId}, ${after.id})`
      }
    order by shard, tenant_id, subject_id, id limit ${limit}`;
}

export interface OldRun {
  id: string;
  jobId: string;
  transitionId: string;
  ordinal: number;
  workflowVersionId: string;
  pointer: string;
  actionType: string;
  name: string | null;
  connectionId: string;
  messageId: string | null;
  status: string;
  attempts: number;
  scope: string;
  request: string | null;
  response: string | null;
  error: string | null;
  createdAt: Date;
  finishedAt: Date;
}

export interface OldRuns {
  tenantId: string;
  /** Of the ids of their transitions. */
  span: IdSpan;
  before: Date;
  after: string;
  limit: number;
}

/** Runs that are over since before `before`, and wanted by nobody: their job has ended, or they are deliveries. By primary key. */
export function readOldRuns(
  sql: ReservedSql,
  shard: number,
  { tenantId, span, before, after, limit }: OldRuns,
): PendingQuery<(Row & OldRun)[]> {
  return sql`
    select id, job_id, transition_id, ordinal, workflow_version_id, pointer, action_type, name, connection_id, message_id,
      status, attempts, scope::text as scope, request::text as request, response::text as response,
      error::text as error, created_at, finished_at
    from action_runs r
    where shard = ${shard} and tenant_id = ${tenantId} and id > ${after} and id < ${idAfter(before)}
      and transition_id >= ${span.first} and transition_id < ${span.next} and ${isOver(sql, shard, before)}
    order by id limit ${limit}`;
}

/** Whether one of the next `limit` runs must stay, and the id of the last of them; no row when there are none. */
export function lookAtRuns(
  sql: ReservedSql,
  shard: number,
  { tenantId, span, before, after, limit }: OldRuns,
): PendingQuery<(Row & { wanted: boolean; last: string })[]> {
  return sql`
    select id as last, bool_or(wanted) over () as wanted from (
      select id, (${isOver(sql, shard, before)}) is not true as wanted
      from action_runs r
      where shard = ${shard} and tenant_id = ${tenantId} and id > ${after}
        and transition_id >= ${span.first} and transition_id < ${span.next}
      order by id limit ${limit}) page
    order by id desc limit 1`;
}

/** Deletes those of `ids` for which that still holds; of a delivery, its row too. */
export function forgetRuns(
  sql: ReservedSql,
  shard: number,
  { tenantId, span, before, ids }: Omit<OldRuns, 'after' | 'limit'> & { ids: readonly string[] },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    with gone as (
      delete from action_runs r
      where shard = ${shard} and tenant_id = ${tenantId} and id = any (${ids as string[]}::uuid[])
        and transition_id >= ${span.first} and transition_id < ${span.next} and ${isOver(sql, shard, before)}
      returning id, message_id
    ), untold as (
      delete from deliveries d
      where d.shard = ${shard} and d.tenant_id = ${tenantId} and d.id = any (${ids as string[]}::uuid[])
        and d.id in (select id from gone where message_id is not null)
    )
    select id from gone`;
}

function isOver(sql: ReservedSql, shard: number, before: Date): PendingQuery<Row[]> {
  return sql`finished_at < ${before}
    and not exists (
      select from dispatch_queue q
      where q.shard = ${shard} and q.tenant_id = r.tenant_id and q.id = r.transition_id offset 0)
    and (message_id is not null or not exists (
      select from jobs j
      where j.shard = ${shard} and j.tenant_id = r.tenant_id and j.id = r.job_id and j.status = 'ACTIVE' offset 0))`;
}
