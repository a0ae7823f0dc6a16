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

/** Served by `action_runs_in_order`: the runs of a job lie together. */
export function loadFacts(
  sql: ReservedSql,
  shard: number,
  refs: readonly JobRef[],
): PendingQuery<(Row & FactRow)[]> {
  const { first, last } = transitionsSince(refs.map((r) => r.jobId));
  return sql`
    select distinct on (r.job_id, r.name) r.job_id, r.name, r.attempts, r.response, r.error,
      case when q.attempt_id is not null and q.next_ordinal = r.ordinal then 'RUNNING' else r.status end as status
    from unnest(${refs.map((r) => r.tenantId)}::uuid[], ${refs.map((r) => r.jobId)}::uuid[]) as ref(tenant_id, id)
    cross join lateral (
      select * from action_runs
      where shard = ${shard} and tenant_id = ref.tenant_id and job_id = ref.id and name is not null
        and transition_id between ${first} and ${last}
      order by transition_id desc, ordinal desc offset 0) r
    left join lateral (
      select attempt_id, next_ordinal from dispatch_queue
      where shard = ${shard} and tenant_id = r.tenant_id and id = r.transition_id limit 1) q on true
    order by r.job_id, r.name, r.transition_id desc, r.ordinal desc`;
}

/** As `loadFacts` for one job, of the runs before one: those of earlier transitions, and earlier in the same list. */
export function loadFactsBefore(
  sql: ReservedSql,
  shard: number,
  { tenantId, jobId, transitionId, ordinal }: JobRef & { transitionId: string; ordinal: number },
): PendingQuery<(Row & FactRow)[]> {
  return sql`
    select distinct on (name) job_id, name, attempts, response, error, status
    from (
      select * from action_runs
      where shard = ${shard} and tenant_id = ${tenantId} and job_id = ${jobId} and name is not null
        and transition_id between ${transitionsSince([jobId]).first} and ${transitionId}
        and (transition_id, ordinal) < (${transitionId}::uuid, ${ordinal}::smallint)
      order by transition_id desc, ordinal desc offset 0) r
    order by name, transition_id desc, ordinal desc`;
}
