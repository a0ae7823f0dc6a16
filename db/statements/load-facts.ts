// What guards and templates may ask of `actions.<name>`: the latest run of each name in each job.
// RUNNING is nowhere stored: a run is running while its queue row holds a started attempt.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { transitionsSince } from '../uuid-time.ts';
import type { JobRef } from './load-jobs.ts';

export interface FactRow {
  jobId: string;
  name: string;
  status: string;
  attempts: number;
  response: Json;
  error: JsonObject | null;
}

/** Whose fact: an action of a job. */
export interface FactRef extends JobRef {
  name: string;
}

/** Served by `action_runs_by_name`: one look for each name, however many runs the job has had. */
export function loadFacts(
  sql: ReservedSql,
  shard: number,
  refs: readonly FactRef[],
): PendingQuery<(Row & FactRow)[]> {
  const { first, last } = transitionsSince(refs.map((r) => r.jobId));
  return sql`
    select r.job_id, r.name, r.attempts, r.response, r.error,
      case when q.attempt_id is not null and q.next_ordinal = r.ordinal then 'RUNNING' else r.status end as status
    from unnest(${refs.map((r) => r.tenantId)}::uuid[], ${refs.map((r) => r.jobId)}::uuid[],
      ${refs.map((r) => r.name)}::text[]) as ref(tenant_id, id, name)
    cross join lateral (
      select * from action_runs
      where shard = ${shard} and tenant_id = ref.tenant_id and job_id = ref.id
        and transition_id between ${first} and ${last} and ${isLatest(sql)}) r
    left join lateral (
      select attempt_id, next_ordinal from dispatch_queue
      where shard = ${shard} and tenant_id = r.tenant_id and id = r.transition_id limit 1) q on true`;
}

/** As `loadFacts` for one job, of the runs before one: those of earlier transitions, and earlier in the same list. */
export function loadFactsBefore(
  sql: ReservedSql,
  shard: number,
  {
    tenantId,
    jobId,
    names,
    transitionId,
    ordinal,
  }: JobRef & { names: readonly string[]; transitionId: string; ordinal: number },
): PendingQuery<(Row & FactRow)[]> {
  return sql`
    select r.job_id, r.name, r.attempts, r.response, r.error, r.status
    from unnest(${names as string[]}::text[]) as ref(name)
    cross join lateral (
      select * from action_runs
      where shard = ${shard} and tenant_id = ${tenantId} and job_id = ${jobId}
        and transition_id between ${transitionsSince([jobId]).first} and ${transitionId}
        and (transition_id, ordinal) < (${transitionId}::uuid, ${ordinal}::smallint) and ${isLatest(sql)}) r`;
}

export interface NamedRunRow extends FactRow {
  createdAt: Date;
  finishedAt: Date | null;
}

/**
 * Every run of a named action of one job, up to a transition, in the order they were queued. Served by
 * `action_runs_in_order`.
 */
export function listNamedRuns(
  sql: ReservedSql,
  shard: number,
  { tenantId, jobId, transitionId }: JobRef & { transitionId: string },
): PendingQuery<(Row & NamedRunRow)[]> {
  return sql`
    select job_id, name, attempts, response, error, status, created_at, finished_at from action_runs
    where shard = ${shard} and tenant_id = ${tenantId} and job_id = ${jobId} and name is not null
      and transition_id between ${transitionsSince([jobId]).first} and ${transitionId}
    order by transition_id, ordinal`;
}

/**
 * The latest of its name. The name is a range and part of the order, so that no other index gives that order: along
 * `action_runs_in_order` a name that never was would be looked for through the whole history of the job.
 */
const isLatest = (sql: ReservedSql) => sql`
  name between ref.name and ref.name
  order by name desc, transition_id desc, ordinal desc limit 1`;
