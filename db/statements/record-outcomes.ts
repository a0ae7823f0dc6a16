// Writes down what came of a batch of steps: the queue row moves, the runs change, the attempt is metered and logged.
// State moves only where the fence still matches. The ledger row is written in any case, because the attempt went out.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';
import { tenantsOf } from '../on-shards.ts';
import { spanOf } from '../uuid-time.ts';
import { deliver, type NewDelivery } from './deliver.ts';

export interface OutcomeRecord {
  shard: number;
  tenantId: string;
  jobId: string;
  transitionId: string;
  fence: number;
  queue: QueueMove;
  runs: RunChange[];
  /** What went over the wire; null when nothing did. */
  attempt: AttemptRecord | null;
  /** Entries of the log that hold only if the fence does. */
  log: { id: string; kind: string; data: JsonObject }[];
  /** What each `invoke` waited for: events that are due to the job at once. */
  outcomeEvents: { id: string; event: JsonObject }[];
  /** Who is told that an action failed. */
  deliveries?: NewDelivery[];
  /** True when it may have been written before, by this worker or another. */
  again?: boolean;
}

export type QueueMove =
  /** The list is over. */
  | { kind: 'finish' }
  /** The same worker goes on, at this action. */
  | { kind: 'keep'; nextOrdinal: number; connectionId: string }
  /** Anybody goes on after `delayMs`; null: when a person says so. */
  | { kind: 'release'; nextOrdinal: number; connectionId: string; delayMs: number | null };

export interface RunChange {
  id: string;
  status: 'QUEUED' | 'RETRYING' | 'SUCCEEDED' | 'FAILED' | 'SKIPPED' | 'UNKNOWN';
  attempts: number;
  /** The attempt it changes by: its request becomes the run's, and so does its response, unless the change has its own. */
  attemptId: string | null;
  error: Json;
  /** The answer as workflows read it, where that is more than the attempt has of it. */
  response?: JsonObject | null;
  finished: boolean;
}

export interface AttemptRecord {
  /** Also the id of its entry in the log. */
  id: string;
  runId: string;
  number: number;
  outcome: 'succeeded' | 'failed' | 'unknown';
  provider: string;
  connectionId: string;
  workflowId: string;
  statusCode: number | null;
  requestBytes: number;
  responseBytes: number;
  durationMs: number | null;
  /** For the log: request and response, credentials never. */
  log: JsonObject;
}

/**
 * Locks the queue rows, then the runs, by primary key; the arrays repeat what the joins say, so that no plan, however
 * old, reads more than these. Jobs are among them because without statistics their index looks cheaper than the key. What
 * most batches have none of is left out of their statement. Subscripts stand beside each array for the planner, which
 * expects a thousand of them and joins by hash; by ten rows, each would be compared with each.
 * @param whole nothing is left out: on Citus, where statements are called by their text (db/server-calls.ts)
 * @returns the transitions whose fence matched
 */
export function recordOutcomes(
  sql: ReservedSql,
  shard: number,
  records: readonly OutcomeRecord[],
  whole = false,
): PendingQuery<(Row & { id: string })[]> {
  const tenantIds = tenantsOf(records);
  const jobIds = [...new Set(records.map((r) => r.jobId))];
  const transitionIds = records.map((r) => r.transitionId);
  const transitions = spanOf(transitionIds);
  const places = records.map((r) => placeOf(r.queue));
  const runs = records.flatMap((r) => r.runs.map((run) => ({ ...run, of: r })));
  const attempts = records.flatMap((r) => (r.attempt ? [{ ...r.attempt, of: r }] : []));
  const again = records.some((r) => r.again);
  const of = { sql, shard, records, again, whole };
  const deliveries = records.flatMap((r) =>
    (r.deliveries ?? []).map((delivery) => ({ ...delivery, gate: r.transitionId })),
  );
  return sql`
    with step as materialized (
      select *, move = 'finish' as is_last, case
        when move = 'keep' then null
        when delay_ms is null then 'infinity'
        else now() + delay_ms * interval '1 millisecond' end as due_at
      from rows from (
        unnest(${records.map((r) => r.tenantId)}::uuid[], ${transitionIds}::uuid[],
          ${records.map((r) => r.fence)}::bigint[], ${records.map((r) => r.queue.kind)}::text[],
          ${places.map((p) => p.nextOrdinal)}::smallint[], ${places.map((p) => p.connectionId)}::uuid[],
          ${places.map((p) => p.delayMs)}::double precision[]),
        generate_subscripts(${transitionIds}::uuid[], 1))
        as s(tenant_id, id, fence, move, next_ordinal, connection_id, delay_ms, nth)
    ), finished as (
      delete from dispatch_queue q using step s
      where s.is_last and q.shard = ${shard} and q.tenant_id = any (${tenantIds}::uuid[])
        and q.id = any (${transitionIds}::uuid[]) and q.tenant_id = s.tenant_id and q.id = s.id and q.fence = s.fence
      returning q.id
    ), moved as (
      update dispatch_queue q set
        next_ordinal = s.next_ordinal, connection_id = s.connection_id, attempt_id = null,
        worker_id = case when s.move = 'keep' then q.worker_id end,
        run_at = coalesce(s.due_at, q.run_at)
      from step s
      where not s.is_last and q.shard = ${shard} and q.tenant_id = any (${tenantIds}::uuid[])
        and q.id = any (${transitionIds}::uuid[]) and q.tenant_id = s.tenant_id and q.id = s.id and q.fence = s.fence
      returning q.id
    ), held as materialized (
      select id from finished union all select id from moved
    ), attempt as materialized (
      select *, coalesce(transition_id in (select id from held), false) as held
      from rows from (
        unnest(${attempts.map((a) => a.of.tenantId)}::uuid[], ${attempts.map((a) => a.of.jobId)}::uuid[],
          ${attempts.map((a) => a.of.transitionId)}::uuid[], ${attempts.map((a) => a.id)}::uuid[],
          ${attempts.map((a) => a.runId)}::uuid[], ${attempts.map((a) => a.number)}::integer[],
          ${attempts.map((a) => a.outcome)}::text[], ${attempts.map((a) => a.provider)}::text[],
          ${attempts.map((a) => a.connectionId)}::uuid[], ${attempts.map((a) => a.workflowId)}::uuid[],
          ${attempts.map((a) => a.statusCode)}::smallint[], ${attempts.map((a) => a.requestBytes)}::bigint[],
          ${attempts.map((a) => a.responseBytes)}::bigint[], ${attempts.map((a) => a.durationMs)}::integer[]),
        jsonb_array_elements(${jsonText(attempts.map((a) => a.log))}::text::jsonb),
        generate_subscripts(${attempts.map((a) => a.id)}::uuid[], 1))
        as a(tenant_id, job_id, transition_id, id, run_id, number, outcome, provider, connection_id, workflow_id,
          status_code, request_bytes, response_bytes, duration_ms, data, nth)
    ), change as materialized (
      select *, case when finished then now() end as finished_at,
        coalesce(transition_id in (select id from held), false) as held
      from rows from (
        unnest(${runs.map((r) => r.of.tenantId)}::uuid[], ${runs.map((r) => r.of.transitionId)}::uuid[],
          ${runs.map((r) => r.id)}::uuid[], ${runs.map((r) => r.status)}::text[],
          ${runs.map((r) => r.attempts)}::integer[], ${runs.map((r) => r.attemptId)}::uuid[],
          ${runs.map((r) => String(r.finished))}::boolean[]),
        jsonb_array_elements(${jsonText(runs.map(({ error, response }) => (error === null && !response ? null : { error, response })))}::text::jsonb),
        generate_subscripts(${runs.map((r) => r.id)}::uuid[], 1))
        as c(tenant_id, transition_id, id, status, attempts, attempt_id, finished, also, nth)
    ), run as (
      update action_runs r set
        status = c.status, attempts = c.attempts, error = nullif(c.also -> 'error', 'null'),
        finished_at = c.finished_at, request = coalesce(a.data -> 'request', r.request),
        response = coalesce(nullif(c.also -> 'response', 'null'), a.data -> 'response', r.response)
      from change c left join attempt a on a.id = c.attempt_id
      where c.held and r.shard = ${shard} and r.tenant_id = any (${tenantIds}::uuid[])
        and r.id = any (${runs.map((r) => r.id)}::uuid[]) and r.job_id = any (${jobIds}::uuid[])
        and r.transition_id between ${transitions.first} and ${transitions.last}
        and r.tenant_id = c.tenant_id and r.transition_id = c.transition_id and r.id = c.id
    ), metered as (
      insert into utility_ledger (shard, tenant_id, attempt_id, kind, quantity, outcome, provider, connection_id,
        workflow_id, job_id, action_run_id, attempt, status_code, request_bytes, response_bytes, duration_ms)
      select here.shard, tenant_id, id, 'WebhookEgress', 1, outcome, provider, connection_id, workflow_id, job_id,
        run_id, number, status_code, request_bytes, response_bytes, duration_ms
      from shards here cross join attempt where here.shard = ${shard}
      ${again ? sql`on conflict do nothing` : sql``}
    ), logged as (
      insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
      select here.shard, a.tenant_id, a.job_id, a.id, case when a.held then 'attempt' else 'attempt_late' end, 'worker', a.data
      from shards here cross join attempt a
      where here.shard = ${shard} ${again ? isNews(sql, shard, sql`a`) : sql``}
    ) ${logSilently(of)} ${tell(of)}
    ${deliver(sql, shard, deliveries, sql`coalesce(n.gate in (select id from held), false)`)}
    select id from held`;
}

interface Place {
  nextOrdinal: number | null;
  connectionId: string | null;
  delayMs: number | null;
}

/** Where a list goes on, and when; all null when it is over. */
function placeOf(queue: QueueMove): Place {
  if (queue.kind === 'finish') return { nextOrdinal: null, connectionId: null, delayMs: null };
  const { nextOrdinal, connectionId } = queue;
  return { nextOrdinal, connectionId, delayMs: queue.kind === 'release' ? queue.delayMs : null };
}

/** Looked for only when a batch is tried again: it costs a probe of every partition of the log. */
const isNews = (sql: ReservedSql, shard: number, entry: PendingQuery<Row[]>) => sql`
  and not exists (
    select from event_log e
    where e.shard = ${shard} and e.tenant_id = ${entry}.tenant_id and e.subject_id = ${entry}.job_id
      and e.id = ${entry}.id and e.data = ${entry}.data
    offset 0)`;

interface Recorded {
  sql: ReservedSql;
  shard: number;
  records: readonly OutcomeRecord[];
  again: boolean;
  whole: boolean;
}

/** What happened without anything being sent. */
function logSilently({ sql, shard, records, again, whole }: Recorded) {
  const entries = records.flatMap((r) => r.log.map((entry) => ({ ...ofJob(r), ...entry })));
  if (entries.length === 0 && !whole) return sql``;
  return sql`, logged_silently as (
      insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
      select here.shard, l.tenant_id, l.job_id, l.id, l.kind, 'worker', l.data
      from shards here cross join jsonb_to_recordset(${jsonText(entries)}::text::jsonb) as l(
        tenant_id uuid, job_id uuid, transition_id uuid, id uuid, kind text, data jsonb)
      where here.shard = ${shard} and coalesce(l.transition_id in (select id from held), false)
        ${again ? isNews(sql, shard, sql`l`) : sql``}
    )`;
}

/** To the job, by timers that are due at once. */
function tell({ sql, shard, records, again, whole }: Recorded) {
  const events = records.flatMap((r) => r.outcomeEvents.map((event) => ({ ...ofJob(r), ...event })));
  if (events.length === 0 && !whole) return sql``;
  return sql`, told as (
      insert into timers (shard, tenant_id, job_id, id, entry, event, due_at)
      select here.shard, e.tenant_id, e.job_id, e.id, 0, e.event, now()
      from shards here cross join jsonb_to_recordset(${jsonText(events)}::text::jsonb) as e(
        tenant_id uuid, job_id uuid, transition_id uuid, id uuid, event jsonb)
      where here.shard = ${shard} and coalesce(e.transition_id in (select id from held), false)
        ${again ? isUntold(sql, shard, records) : sql``}
      on conflict do nothing
    )`;
}

/** What a run came to is told by the statement that ends it. By the next try the job may have heard it, and its timer is gone. */
function isUntold(sql: ReservedSql, shard: number, records: readonly OutcomeRecord[]): PendingQuery<Row[]> {
  const { first, last } = spanOf(records.map((r) => r.transitionId));
  return sql`
    and not exists (
      select from action_runs r
      where r.shard = ${shard} and r.tenant_id = e.tenant_id and r.id = (e.event ->> 'run_id')::uuid
        and r.transition_id = e.transition_id and r.transition_id between ${first} and ${last}
        and r.finished_at is not null
      offset 0)`;
}

const ofJob = ({ tenantId, transitionId, jobId }: OutcomeRecord) => ({
  tenant_id: tenantId,
  transition_id: transitionId,
  job_id: jobId,
});
