// One look at many jobs: has anything about them changed since the last look?
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { transitionsSince } from '../uuid-time.ts';
import type { JobRef } from './load-jobs.ts';

export interface Sighting {
  tenantId: string;
  id: string;
  /** Differs when the job moved or the status of one of its newest runs did; means nothing else. */
  signature: string;
}

/** Older runs change only when a person says so, which shows at the next look at the job itself. */
export const WATCHED_RUNS = 200;

/** By primary key of jobs, backwards along `action_runs_in_order`, then by primary key of the queue: each looked up, never joined. */
export function sightJobs(
  sql: ReservedSql,
  shard: number,
  refs: readonly JobRef[],
): PendingQuery<(Row & Sighting)[]> {
  const { first, last } = transitionsSince(refs.map((r) => r.jobId));
  return sql`
    select j.tenant_id, j.id, concat_ws(':', j.revision, j.status, run.statuses) as signature
    from unnest(${refs.map((r) => r.tenantId)}::uuid[], ${refs.map((r) => r.jobId)}::uuid[]) as ref(tenant_id, id)
    join jobs j on j.shard = ${shard} and j.tenant_id = ref.tenant_id and j.id = ref.id
    cross join lateral (
      select md5(string_agg(concat(latest.id, latest.status, latest.attempts, latest.running), '')) as statuses from (
        select r.id, r.status, r.attempts, q.attempt_id is not null and q.next_ordinal = r.ordinal as running
        from (
          select id, transition_id, ordinal, status, attempts from action_runs
          where shard = ${shard} and tenant_id = j.tenant_id and job_id = j.id and transition_id between ${first} and ${last}
          order by transition_id desc, ordinal desc limit ${WATCHED_RUNS}) r
        left join lateral (
          select attempt_id, next_ordinal from dispatch_queue
          where shard = ${shard} and tenant_id = j.tenant_id and id = r.transition_id limit 1) q on true
        order by r.transition_id desc, r.ordinal desc) latest) run`;
}
