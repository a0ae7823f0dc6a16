// Writes down what came of a batch of steps: the queue row moves, the runs change, the attempt is metered and logged.
// State moves only where the fence still matches. The ledger row is written in any case, because the attempt went out.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';
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
  /** True when it was tried before, and may have been written. */
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
  /** The attempt it changes by: its request and response become the run's. */
  attemptId: string | null;
  error: Json;
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
 * old, reads more than these.
 * @returns the transitions whose fence matched
 */
export function recordOutcomes(
  sql: ReservedSql,
  shard: number,
  records: readonly OutcomeRecord[],
): PendingQuery<(Row & { id: string })[]> {
  const rows = flatten(records);
  // Looked for only then: it costs a probe of every partition of the log.
  const news = records.some(({ again }) => again)
    ? sql`and not exists (
        select from event_log e
        where e.shard = ${shard} and e.tenant_id = l.tenant_id and e.subject_id = l.job_id and e.id = l.id
          and e.data = l.data)`
    : sql``;
  return sql`
    with step as materialized (
      select *, case
        when move = 'keep' then null
        when delay_ms is null then 'infinity'
        else now() + delay_ms * interval '1 millisecond' end as due_at
      from jsonb_to_recordset(${rows.steps}::text::jsonb) as s(
        tenant_id uuid, id uuid, fence bigint, move text, next_ordinal smallint, connection_id uuid,
        delay_ms double precision)
    ), finished as (
      delete from dispatch_queue q using step s
      where s.move = 'finish' and q.shard = ${shard} and q.tenant_id = any (${rows.tenantIds}::uuid[])
        and q.id = any (${rows.transitionIds}::uuid[]) and q.tenant_id = s.tenant_id and q.id = s.id and q.fence = s.fence
      returning q.id
    ), moved as (
      update dispatch_queue q set
        next_ordinal = s.next_ordinal, connection_id = s.connection_id, attempt_id = null,
        worker_id = case when s.move = 'keep' then q.worker_id end,
        run_at = coalesce(s.due_at, q.run_at)
      from step s
      where s.move <> 'finish' and q.shard = ${shard} and q.tenant_id = any (${rows.tenantIds}::uuid[])
        and q.id = any (${rows.transitionIds}::uuid[]) and q.tenant_id = s.tenant_id and q.id = s.id and q.fence = s.fence
      returning q.id
    ), held as materialized (
      select id from finished union all select id from moved
    ), entry as materialized (
      select *, coalesce(transition_id in (select id from held), false) as held
      from jsonb_to_recordset(${rows.log}::text::jsonb) as e(
        tenant_id uuid, job_id uuid, transition_id uuid, id uuid, kind text, data jsonb)
    ), change as materialized (
      select *, case when finished then now() end as finished_at from jsonb_to_recordset(${rows.runs}::text::jsonb) as c(
        tenant_id uuid, transition_id uuid, id uuid, status text, attempts integer, attempt_id uuid, error jsonb,
        finished boolean)
    ), run as (
      update action_runs r set
        status = c.status, attempts = c.attempts, error = c.error,
        request = coalesce(l.data -> 'request', r.request), response = coalesce(l.data -> 'response', r.response),
        finished_at = c.finished_at
      from change c
      left join entry l on l.id = c.attempt_id
      where coalesce(c.transition_id in (select id from held), false)
        and r.shard = ${shard} and r.tenant_id = any (${rows.tenantIds}::uuid[]) and r.id = any (${rows.runIds}::uuid[])
        and r.transition_id between ${rows.transitions.first} and ${rows.transitions.last}
        and r.tenant_id = c.tenant_id and r.transition_id = c.transition_id and r.id = c.id
    ), metered as (
      insert into utility_ledger (shard, tenant_id, attempt_id, kind, quantity, outcome, provider, connection_id,
        workflow_id, job_id, action_run_id, attempt, status_code, request_bytes, response_bytes, duration_ms)
      select here.shard, tenant_id, id, 'WebhookEgress', 1, outcome, provider, connection_id, workflow_id, job_id,
        run_id, number, status_code, request_bytes, response_bytes, duration_ms
      from shards here cross join jsonb_to_recordset(${rows.attempts}::text::jsonb) as a(
        tenant_id uuid, id uuid, outcome text, provider text, connection_id uuid, workflow_id uuid, job_id uuid,
        run_id uuid, number integer, status_code smallint, request_bytes bigint, response_bytes bigint,
        duration_ms integer)
      where here.shard = ${shard}
      on conflict do nothing
    ), logged as (
      insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
      select here.shard, l.tenant_id, l.job_id, l.id, case when l.held then l.kind else 'attempt_late' end, 'worker', l.data
      from shards here cross join entry l
      where here.shard = ${shard} and (l.held or l.kind = 'attempt') ${news}
    ), told as (
      insert into timers (shard, tenant_id, job_id, id, entry, event, due_at)
      select here.shard, e.tenant_id, e.job_id, e.id, 0, e.event, now()
      from shards here cross join jsonb_to_recordset(${rows.events}::text::jsonb) as e(
        tenant_id uuid, job_id uuid, transition_id uuid, id uuid, event jsonb)
      where here.shard = ${shard} and coalesce(e.transition_id in (select id from held), false)
      on conflict do nothing
    ) ${deliver(sql, shard, rows.deliveries, sql`coalesce(n.gate in (select id from held), false)`)}
    select id from held`;
}

function flatten(records: readonly OutcomeRecord[]) {
  const steps: object[] = [];
  const runs: object[] = [];
  const attempts: object[] = [];
  const log: object[] = [];
  const events: object[] = [];
  for (const r of records) {
    const of = { tenant_id: r.tenantId, transition_id: r.transitionId };
    const ofJob = { ...of, job_id: r.jobId };
    const step = { tenant_id: r.tenantId, id: r.transitionId, fence: r.fence, move: r.queue.kind };
    if (r.queue.kind === 'finish') steps.push(step);
    else {
      const { nextOrdinal, connectionId } = r.queue;
      const delayMs = r.queue.kind === 'release' ? r.queue.delayMs : null;
      steps.push({ ...step, next_ordinal: nextOrdinal, connection_id: connectionId, delay_ms: delayMs });
    }
    for (const { id, status, attempts: number, attemptId, error, finished } of r.runs) {
      runs.push({ ...of, id, status, attempts: number, attempt_id: attemptId, error, finished });
    }
    for (const entry of r.log) log.push({ ...ofJob, ...entry });
    for (const event of r.outcomeEvents) events.push({ ...ofJob, ...event });
    if (r.attempt) {
      const a = r.attempt;
      log.push({ ...ofJob, id: a.id, kind: 'attempt', data: a.log });
      attempts.push({
        tenant_id: r.tenantId,
        job_id: r.jobId,
        id: a.id,
        run_id: a.runId,
        number: a.number,
        outcome: a.outcome,
        provider: a.provider,
        connection_id: a.connectionId,
        workflow_id: a.workflowId,
        status_code: a.statusCode,
        request_bytes: a.requestBytes,
        response_bytes: a.responseBytes,
        duration_ms: a.durationMs,
      });
    }
  }
  return {
    tenantIds: [...new Set(records.map((r) => r.tenantId))],
    transitionIds: records.map((r) => r.transitionId),
    transitions: spanOf(records.map((r) => r.transitionId)),
    runIds: records.flatMap((r) => r.runs.map(({ id }) => id)),
    steps: jsonText(steps),
    runs: jsonText(runs),
    attempts: jsonText(attempts),
    log: jsonText(log),
    events: jsonText(events),
    deliveries: records.flatMap((r) =>
      (r.deliveries ?? []).map((delivery) => ({ ...delivery, gate: r.transitionId })),
    ),
  };
}
