// Looks for what must never be, whatever died in between. Each query names rows that break a promise; none is the good
// answer. Reads whole tenants, as role `pawl_operator`: for the demo, for fault tests and after an incident.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface Broken {
  /** The row that breaks it: an action run, an attempt, a job, a transition. */
  id: string;
  /** What about it. */
  what: string;
}

type Query = (sql: ReservedSql, shard: number, tenantId: string) => PendingQuery<(Row & Broken)[]>;

/** A run is over, or its list is in the queue and will come to it. */
export const runsNobodyWillTake: Query = (sql, shard, tenantId) => sql`
  select r.id, concat(r.status, ', its list ',
    case when q.id is null then 'is not in the queue' else 'has passed it' end) as what
  from action_runs r
  left join dispatch_queue q on q.shard = ${shard} and q.tenant_id = ${tenantId} and q.id = r.transition_id
  where r.shard = ${shard} and r.tenant_id = ${tenantId}
    and r.status in ('QUEUED', 'RETRYING', 'UNKNOWN') and (q.id is null or q.next_ordinal > r.ordinal)
  union all
  select id, concat(status, ' without an end') from action_runs
  where shard = ${shard} and tenant_id = ${tenantId}
    and status in ('SUCCEEDED', 'FAILED', 'SKIPPED') and finished_at is null`;

/** A list in the queue has an action to go on with. */
export const listsWithoutWork: Query = (sql, shard, tenantId) => sql`
  select q.id, concat('goes on at ', q.next_ordinal, ', which is ', coalesce(r.status, 'nothing')) as what
  from dispatch_queue q
  left join action_runs r on r.shard = ${shard} and r.tenant_id = ${tenantId} and r.job_id = q.job_id
    and r.transition_id = q.id and r.ordinal = q.next_ordinal
  where q.shard = ${shard} and q.tenant_id = ${tenantId}
    and (r.id is null or r.status in ('SUCCEEDED', 'FAILED', 'SKIPPED'))`;

/**
 * In a list, nothing has begun behind something that is not over. (A person who retries a failed action of a list that
 * went on without it makes an exception, which is not told apart here.)
 */
export const runsOutOfOrder: Query = (sql, shard, tenantId) => sql`
  select later.id, concat(later.status, ' behind one that is ', earlier.status) as what
  from action_runs earlier
  join action_runs later on later.shard = ${shard} and later.tenant_id = ${tenantId}
    and later.job_id = earlier.job_id and later.transition_id = earlier.transition_id
    and later.ordinal > earlier.ordinal
  where earlier.shard = ${shard} and earlier.tenant_id = ${tenantId}
    and earlier.status in ('QUEUED', 'RETRYING', 'UNKNOWN') and later.status not in ('QUEUED', 'SKIPPED')`;

/** Every attempt in the ledger is in the log and the other way round, and no run counts more than the ledger has. */
export const attemptsNotMetered: Query = (sql, shard, tenantId) => sql`
  with logged as (
    select distinct (data ->> 'attempt_id')::uuid as id from event_log
    where shard = ${shard} and tenant_id = ${tenantId} and kind in ('attempt', 'attempt_late')
  ), metered as (
    select attempt_id as id from utility_ledger
    where shard = ${shard} and tenant_id = ${tenantId} and kind = 'WebhookEgress'
  ), counted as (
    select action_run_id as id, count(*) as attempts from utility_ledger
    where shard = ${shard} and tenant_id = ${tenantId} group by action_run_id
  )
  select id, 'in the log, not in the ledger' as what from logged where id not in (select id from metered)
  union all
  select id, 'in the ledger, not in the log' from metered where id not in (select id from logged)
  union all
  select r.id, concat('counts ', r.attempts, ' attempts, the ledger ', coalesce(c.attempts, 0))
  from action_runs r left join counted c using (id)
  where r.shard = ${shard} and r.tenant_id = ${tenantId} and r.attempts > coalesce(c.attempts, 0)`;

/** Whoever holds a list is alive, or somebody will free it. */
export const orphanLeases: Query = (sql, shard, tenantId) => sql`
  select q.id, concat('held by worker ', q.worker_id, ', which is not registered') as what
  from dispatch_queue q
  where q.shard = ${shard} and q.tenant_id = ${tenantId} and q.worker_id is not null
    and not exists (select from workers w where w.id = q.worker_id)`;

/** The key of a job is held while it is live, and free afterwards. */
export const keysOfNobody: Query = (sql, shard, tenantId) => sql`
  select j.id, 'is live and does not hold its key' as what
  from jobs j
  left join job_keys k on k.shard = ${shard} and k.tenant_id = ${tenantId} and k.workflow_id = j.workflow_id
    and k.key = j.key and k.job_id = j.id
  where j.shard = ${shard} and j.tenant_id = ${tenantId} and j.key is not null and j.status = 'ACTIVE'
    and k.job_id is null
  union all
  select k.job_id, 'holds a key and is not live'
  from job_keys k
  left join jobs j on j.shard = ${shard} and j.tenant_id = ${tenantId} and j.id = k.job_id
  where k.shard = ${shard} and k.tenant_id = ${tenantId} and (j.id is null or j.status <> 'ACTIVE')`;

/** What was due has a run that says what became of it, and the other way round. */
export const deliveriesWithoutRun: Query = (sql, shard, tenantId) => sql`
  select d.id, 'is due and has no run' as what
  from deliveries d
  left join action_runs r on r.shard = ${shard} and r.tenant_id = ${tenantId} and r.id = d.id
  where d.shard = ${shard} and d.tenant_id = ${tenantId} and r.message_id is null
  union all
  select r.id, 'is the run of no delivery'
  from action_runs r
  left join deliveries d on d.shard = ${shard} and d.tenant_id = ${tenantId} and d.id = r.id
  where r.shard = ${shard} and r.tenant_id = ${tenantId} and r.message_id is not null and d.id is null`;

/** One page of jobs as they stand, by id. */
export interface JobStanding {
  id: string;
  status: string;
  currentState: string;
  snapshot: Json;
  revision: number;
  workflowVersionId: string;
  key: string | null;
  parentJobId: string | null;
  createdAt: Date;
}

export function listStandings(
  sql: ReservedSql,
  shard: number,
  { tenantId, after, limit }: { tenantId: string; after: string | null; limit: number },
): PendingQuery<(Row & JobStanding)[]> {
  return sql`
    select id, status, current_state, snapshot, revision, workflow_version_id, key, parent_job_id, created_at
    from jobs
    where shard = ${shard} and tenant_id = ${tenantId} ${after === null ? sql`` : sql`and id > ${after}`}
    order by id limit ${limit}`;
}

/** What moved these jobs, in the order it did. */
export interface Move {
  jobId: string;
  kind: string;
  seq: number;
  at: Date;
  data: JsonObject;
}

export function listMovesOf(
  sql: ReservedSql,
  shard: number,
  { tenantId, jobIds }: { tenantId: string; jobIds: readonly string[] },
): PendingQuery<(Row & Move)[]> {
  return sql`
    select subject_id as job_id, kind, seq, at, data from event_log
    where shard = ${shard} and tenant_id = ${tenantId} and subject_id = any (${jobIds as string[]}::uuid[])
      and seq is not null
    order by subject_id, seq`;
}

/** How a run stands, for comparison with what its receiver saw. */
export interface RunStanding {
  id: string;
  transitionId: string;
  ordinal: number;
  status: string;
  /** Attempts metered, and one that was started and is not recorded yet. */
  started: number;
}

export function listRunStandings(
  sql: ReservedSql,
  shard: number,
  tenantId: string,
): PendingQuery<(Row & RunStanding)[]> {
  return sql`
    select r.id, r.transition_id, r.ordinal, r.status,
      (select count(*) from utility_ledger l
       where l.shard = ${shard} and l.tenant_id = ${tenantId} and l.action_run_id = r.id)::integer
      + (select count(*) from dispatch_queue q
         where q.shard = ${shard} and q.tenant_id = ${tenantId} and q.id = r.transition_id
           and q.next_ordinal = r.ordinal and q.attempt_id is not null)::integer as started
    from action_runs r where r.shard = ${shard} and r.tenant_id = ${tenantId}`;
}
