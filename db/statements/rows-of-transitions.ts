// The rows that go with jobs that moved: parts of the statement that commits transitions, each for a table of its own.
// They are written for the jobs in `done` only; a batch that has no rows for a table has no part for it.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';
import type { JobChange } from './job-change.ts';

export interface Changes {
  sql: ReservedSql;
  shard: number;
  changes: readonly JobChange[];
  /** Parts without rows are there too. */
  whole: boolean;
}

/** Further parts of a `with`, each beginning with a comma. */
export function rowsOfDone(of: Changes): PendingQuery<Row[]> {
  return of.sql`${log(of)} ${queueRuns(of)} ${queueLists(of)} ${removeTimers(of)} ${setTimers(of)} ${keys(of)} ${answer(of)}`;
}

function log({ sql, shard, changes, whole }: Changes) {
  const entries = changes.flatMap((of) => of.log.map((entry) => ({ ...entry, of })));
  if (entries.length === 0 && !whole) return sql``;
  return sql`, logged as (
      insert into event_log (shard, tenant_id, subject_id, id, at, kind, seq, actor, data)
      select here.shard, l.tenant_id, l.job_id, l.id, l.at, l.kind, l.seq, l.actor, l.data
      from shards here cross join rows from (
        unnest(${entries.map((e) => e.of.tenantId)}::uuid[], ${entries.map((e) => e.of.jobId)}::uuid[],
          ${entries.map((e) => e.id)}::uuid[], ${entries.map((e) => e.of.at)}::timestamptz[],
          ${entries.map((e) => e.kind)}::text[], ${entries.map((e) => e.seq)}::integer[],
          ${entries.map((e) => e.actor)}::text[]),
        jsonb_array_elements(${jsonText(entries.map((e) => e.data))}::text::jsonb))
        as l(tenant_id, job_id, id, at, kind, seq, actor, data)
      where here.shard = ${shard} and coalesce(l.job_id in (select id from done), false)
    )`;
}

function queueRuns({ sql, shard, changes, whole }: Changes) {
  const runs = changes.flatMap((of) => of.runs.map((run) => ({ ...run, of })));
  if (runs.length === 0 && !whole) return sql``;
  return sql`, run as (
      insert into action_runs (shard, tenant_id, id, job_id, transition_id, ordinal, workflow_version_id, pointer,
        action_type, name, connection_id, invoke_id, scope)
      select here.shard, r.tenant_id, r.id, r.job_id, r.transition_id, r.ordinal, r.workflow_version_id, r.pointer,
        r.action_type, r.name, r.connection_id, r.invoke_id, r.scope
      from shards here cross join rows from (
        unnest(${runs.map((r) => r.of.tenantId)}::uuid[], ${runs.map((r) => r.id)}::uuid[],
          ${runs.map((r) => r.of.jobId)}::uuid[], ${runs.map((r) => r.transitionId)}::uuid[],
          ${runs.map((r) => r.ordinal)}::smallint[], ${runs.map((r) => r.workflowVersionId)}::uuid[],
          ${runs.map((r) => r.pointer)}::text[], ${runs.map((r) => r.actionType)}::text[],
          ${runs.map((r) => r.name)}::text[], ${runs.map((r) => r.connectionId)}::uuid[],
          ${runs.map((r) => r.invokeId)}::text[]),
        jsonb_array_elements(${jsonText(runs.map((r) => r.scope))}::text::jsonb))
        as r(tenant_id, id, job_id, transition_id, ordinal, workflow_version_id, pointer, action_type, name,
          connection_id, invoke_id, scope)
      where here.shard = ${shard} and coalesce(r.job_id in (select id from done), false)
    )`;
}

function queueLists({ sql, shard, changes, whole }: Changes) {
  const lists = changes.flatMap((of) => of.queued.map((list) => ({ ...list, of })));
  if (lists.length === 0 && !whole) return sql``;
  return sql`, queued as (
      insert into dispatch_queue (shard, tenant_id, id, job_id, workflow_version_id, connection_id)
      select here.shard, q.tenant_id, q.transition_id, q.job_id, q.workflow_version_id, q.connection_id
      from shards here cross join unnest(${lists.map((l) => l.of.tenantId)}::uuid[],
        ${lists.map((l) => l.transitionId)}::uuid[], ${lists.map((l) => l.of.jobId)}::uuid[],
        ${lists.map((l) => l.workflowVersionId)}::uuid[], ${lists.map((l) => l.connectionId)}::uuid[])
        as q(tenant_id, transition_id, job_id, workflow_version_id, connection_id)
      where here.shard = ${shard} and coalesce(q.job_id in (select id from done), false)
    )`;
}

function setTimers({ sql, shard, changes, whole }: Changes) {
  const timers = changes.flatMap(({ timersSet, at, ...of }) =>
    timersSet.map(({ sendId, delayMs, ...timer }) => ({
      ...ofJob(of),
      ...timer,
      send_id: sendId,
      delay_ms: delayMs,
      at,
    })),
  );
  if (timers.length === 0 && !whole) return sql``;
  return sql`, timer_set as (
      insert into timers (shard, tenant_id, job_id, id, send_id, entry, event, due_at)
      select here.shard, t.tenant_id, t.job_id, t.id, t.send_id, t.entry, t.event,
        t.at + t.delay_ms * interval '1 millisecond'
      from shards here cross join jsonb_to_recordset(${jsonText(timers)}::text::jsonb) as t(
        tenant_id uuid, job_id uuid, id uuid, send_id text, entry integer, event jsonb, at timestamptz,
        delay_ms double precision)
      where here.shard = ${shard} and coalesce(t.job_id in (select id from done), false)
    )`;
}

function removeTimers({ sql, shard, changes, whole }: Changes) {
  const gone = changes.flatMap(({ timersCancelled, timerId, ...of }): object[] => {
    if (timersCancelled === 'all') return [{ ...ofJob(of), everything: true }];
    const answered = timerId === null ? [] : [{ ...ofJob(of), timer_id: timerId }];
    return [...timersCancelled.map((sendId) => ({ ...ofJob(of), send_id: sendId })), ...answered];
  });
  if (gone.length === 0 && !whole) return sql``;
  return sql`, timer_gone as (
      delete from timers t
      using jsonb_to_recordset(${jsonText(gone)}::text::jsonb) as g(
        tenant_id uuid, job_id uuid, send_id text, timer_id uuid, everything boolean)
      where coalesce(g.job_id in (select id from done), false)
        and t.shard = ${shard} and t.tenant_id = any (${unique(changes.map((c) => c.tenantId))}::uuid[])
        and t.job_id = any (${changes.map((c) => c.jobId)}::uuid[])
        and t.tenant_id = g.tenant_id and t.job_id = g.job_id
        and (g.everything or t.send_id = g.send_id or t.id = g.timer_id)
    )`;
}

/** Keys are freed before they are held, as a job that ends may leave its key to one that starts with it. */
function keys(of: Changes) {
  const freed = freeKeys(of);
  const free = freed ? of.sql`and (select count(*) from freed_key) >= 0` : of.sql``;
  return of.sql`${freed ?? of.sql``} ${holdKeys(of, free)}`;
}

function freeKeys({ sql, shard, changes, whole }: Changes) {
  const keys = changes.flatMap(({ keyFreed, ...of }) =>
    keyFreed === null ? [] : [{ ...ofJob(of), workflow_id: keyFreed.workflowId, key: keyFreed.key }],
  );
  if (keys.length === 0 && !whole) return null;
  return sql`, freed_key as (
      delete from job_keys k using jsonb_to_recordset(${jsonText(keys)}::text::jsonb) as f(
        tenant_id uuid, workflow_id uuid, key text, job_id uuid)
      where coalesce(f.job_id in (select id from done), false)
        and k.shard = ${shard} and k.tenant_id = any (${unique(keys.map((k) => k.tenant_id))}::uuid[])
        and k.workflow_id = any (${unique(keys.map((k) => k.workflow_id))}::uuid[])
        and k.key = any (${unique(keys.map((k) => k.key))}::text[])
        and k.tenant_id = f.tenant_id and k.workflow_id = f.workflow_id and k.key = f.key
      returning k.job_id
    )`;
}

/** @param free the condition that is asked once keys are free that this statement frees */
function holdKeys({ sql, shard, changes, whole }: Changes, free: PendingQuery<Row[]>) {
  const keys = changes.flatMap(({ started, status, ...of }) =>
    started === null || started.key === null || status !== 'ACTIVE'
      ? []
      : [{ ...ofJob(of), workflow_id: started.workflowId, key: started.key }],
  );
  if (keys.length === 0 && !whole) return sql``;
  return sql`, held_key as (
      insert into job_keys (shard, tenant_id, workflow_id, key, job_id)
      select here.shard, h.tenant_id, h.workflow_id, h.key, h.job_id
      from shards here cross join jsonb_to_recordset(${jsonText(keys)}::text::jsonb) as h(
        tenant_id uuid, workflow_id uuid, key text, job_id uuid)
      where here.shard = ${shard} and coalesce(h.job_id in (select id from done), false) ${free}
    )`;
}

function answer({ sql, shard, changes, whole }: Changes) {
  const answers = changes.flatMap(({ answer: given, ...of }) => {
    if (given === null) return [];
    const { subjectId, requestHash, ...rest } = given;
    return [{ ...ofJob(of), ...rest, subject_id: subjectId, request_hash: requestHash }];
  });
  if (answers.length === 0 && !whole) return sql``;
  return sql`, answered as (
      insert into idempotency_keys (shard, tenant_id, subject_id, key, request_hash, status, answer)
      select here.shard, a.tenant_id, a.subject_id, a.key, decode(a.request_hash, 'hex'), a.status, a.answer
      from shards here cross join json_to_recordset(${jsonText(answers)}::text::json) as a(
        tenant_id uuid, job_id uuid, subject_id uuid, key text, request_hash text, status integer, answer json)
      where here.shard = ${shard} and coalesce(a.job_id in (select id from done), false)
    )`;
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];

const ofJob = ({ tenantId, jobId }: Pick<JobChange, 'tenantId' | 'jobId'>) => ({
  tenant_id: tenantId,
  job_id: jobId,
});
