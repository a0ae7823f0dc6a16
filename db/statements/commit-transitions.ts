// The commit of the product: everything a batch of transitions changes, in one statement on one shard.
// A job moves only from the revision its decision was made on; whatever belongs to a job that did not move is
// not written.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';
import { deliver, type NewDelivery } from './deliver.ts';
import { type InboundMark, marksOfChanges } from './inbound-marks.ts';

export type JobStatus = 'ACTIVE' | 'DONE' | 'ERROR' | 'CANCELLED';

/** All that one committed unit changes about one job. */
export interface JobChange {
  tenantId: string;
  jobId: string;
  /** Set for a job that starts here. */
  started: {
    workflowId: string;
    workflowVersionId: string;
    key: string | null;
    parentJobId: string | null;
  } | null;
  /** The revision the decision was made on: 0 for a job that starts here. */
  fromRevision: number;
  revision: number;
  status: JobStatus;
  currentState: string;
  snapshot: Json;
  /** The version that a job goes on in, when that is another than before. */
  movedToVersion: string | null;
  /** ISO time of the decision, by the database's clock. */
  at: string;
  /** The key that the job held and gives up, as it ends here. */
  keyFreed: { workflowId: string; key: string } | null;
  /** The timer row that this change answers; when it is gone the change is void. */
  timerId: string | null;
  log: { id: string; kind: string; seq: number | null; actor: string; data: JsonObject }[];
  runs: NewActionRun[];
  queued: { transitionId: string; workflowVersionId: string; connectionId: string }[];
  /** Of the rules that `deliveries` were made by: when others hold by now, the change is void. */
  rulesVersion: number;
  deliveries: NewDelivery[];
  timersSet: { id: string; sendId: string | null; entry: number; event: JsonObject; delayMs: number }[];
  /** Ids of delayed events; `'all'` when the job ends. */
  timersCancelled: readonly string[] | 'all';
  answer: { subjectId: string; key: string; requestHash: string; status: number; answer: Json } | null;
  /** The inbound event that caused it: without its claim nothing is changed, and with the change it is marked. */
  inbound: InboundMark | null;
}

export interface NewActionRun {
  id: string;
  transitionId: string;
  ordinal: number;
  workflowVersionId: string;
  pointer: string;
  actionType: 'WEBHOOK' | 'INTEGRATION';
  name: string | null;
  connectionId: string;
  invokeId: string | null;
  scope: JsonObject;
}

/**
 * @param marksLocked whether `lockMarked` was said before, in this transaction
 * @returns ids of the jobs that moved; a job that is missing lost its race
 */
export function commitTransitions(
  sql: ReservedSql,
  shard: number,
  changes: readonly JobChange[],
  marksLocked = false,
): PendingQuery<(Row & { id: string })[]> {
  const rows = flatten(changes);
  const { claimed, mayChange, marked } = marksOfChanges(
    sql,
    shard,
    changes.flatMap(({ inbound, jobId }) => (inbound === null ? [] : [{ ...inbound, jobId }])),
    marksLocked,
  );
  // Locks the jobs' rows (by primary key) until the commit; everything else is inserted, or deleted by job.
  // The arrays repeat what the join says, so that no plan, however old, reads more of the tables than these rows.
  return sql`
    with ${claimed}change as materialized (
      select * from jsonb_to_recordset(${rows.changes}::text::jsonb) as c(
        tenant_id uuid, id uuid, from_revision integer, revision integer, status text, current_state text,
        snapshot jsonb, workflow_version_id uuid, at timestamptz, timer_id uuid, inbound_id uuid, rules_version integer)
    ), moved as (
      update jobs j set
        revision = c.revision, status = c.status, current_state = c.current_state, snapshot = c.snapshot,
        workflow_version_id = coalesce(c.workflow_version_id, j.workflow_version_id),
        updated_at = c.at, finished_at = case when c.status <> 'ACTIVE' then c.at end
      from change c
      where j.shard = ${shard} and j.tenant_id = any (${rows.tenantIds}::uuid[]) and j.id = any (${rows.jobIds}::uuid[])
        and j.tenant_id = c.tenant_id and j.id = c.id and j.revision = c.from_revision and j.status = 'ACTIVE'
        and (c.timer_id is null or exists (
          select from timers t
          where t.shard = ${shard} and t.tenant_id = c.tenant_id and t.job_id = c.id and t.id = c.timer_id offset 0))
        and ${rulesHold(sql, shard, sql`c`)} ${mayChange(sql`c.inbound_id`)}
      returning j.id
    ), started as (
      insert into jobs as started_job (shard, tenant_id, id, workflow_id, workflow_version_id, key, parent_job_id, status,
        current_state, snapshot, revision, created_at, updated_at, finished_at)
      select here.shard, tenant_id, id, workflow_id, workflow_version_id, key, parent_job_id, status,
        current_state, snapshot, revision, at, at, case when status <> 'ACTIVE' then at end
      from shards here cross join jsonb_to_recordset(${rows.started}::text::jsonb) as s(
        tenant_id uuid, id uuid, workflow_id uuid, workflow_version_id uuid, key text, parent_job_id uuid,
        status text, current_state text, snapshot jsonb, revision integer, at timestamptz, inbound_id uuid,
        rules_version integer)
      where here.shard = ${shard} and ${rulesHold(sql, shard, sql`s`)} ${mayChange(sql`s.inbound_id`)}
      returning started_job.id
    ), held_key as (
      insert into job_keys (shard, tenant_id, workflow_id, key, job_id)
      select here.shard, tenant_id, workflow_id, key, id
      from shards here cross join jsonb_to_recordset(${rows.keys}::text::jsonb) as k(tenant_id uuid, workflow_id uuid, key text, id uuid)
      where here.shard = ${shard} and coalesce(id in (select id from started), false)
    ), done as materialized (
      select id from moved union all select id from started
    ), freed_key as (
      delete from job_keys k using jsonb_to_recordset(${rows.keysFreed}::text::jsonb) as f(
        tenant_id uuid, workflow_id uuid, key text, job_id uuid)
      where coalesce(f.job_id in (select id from moved), false)
        and k.shard = ${shard} and k.tenant_id = any (${rows.tenantIds}::uuid[]) and k.tenant_id = f.tenant_id
        and k.workflow_id = f.workflow_id and k.key = f.key
    ), logged as (
      insert into event_log (shard, tenant_id, subject_id, id, at, kind, seq, actor, data)
      select here.shard, l.tenant_id, l.job_id, l.id, l.at, l.kind, l.seq, l.actor, l.data
      from shards here cross join jsonb_to_recordset(${rows.log}::text::jsonb) as l(
        tenant_id uuid, job_id uuid, id uuid, at timestamptz, kind text, seq integer, actor text, data jsonb)
      where here.shard = ${shard} and coalesce(l.job_id in (select id from done), false)
    ), run as (
      insert into action_runs (shard, tenant_id, id, job_id, transition_id, ordinal, workflow_version_id, pointer,
        action_type, name, connection_id, invoke_id, scope)
      select here.shard, r.tenant_id, r.id, r.job_id, r.transition_id, r.ordinal, r.workflow_version_id, r.pointer,
        r.action_type, r.name, r.connection_id, r.invoke_id, r.scope
      from shards here cross join jsonb_to_recordset(${rows.runs}::text::jsonb) as r(
        tenant_id uuid, id uuid, job_id uuid, transition_id uuid, ordinal smallint, workflow_version_id uuid,
        pointer text, action_type text, name text, connection_id uuid, invoke_id text, scope jsonb)
      where here.shard = ${shard} and coalesce(r.job_id in (select id from done), false)
    ), queued as (
      insert into dispatch_queue (shard, tenant_id, id, job_id, workflow_version_id, connection_id)
      select here.shard, q.tenant_id, q.transition_id, q.job_id, q.workflow_version_id, q.connection_id
      from shards here cross join jsonb_to_recordset(${rows.queued}::text::jsonb) as q(
        tenant_id uuid, transition_id uuid, job_id uuid, workflow_version_id uuid, connection_id uuid)
      where here.shard = ${shard} and coalesce(q.job_id in (select id from done), false)
    ), timer_gone as (
      delete from timers t
      using jsonb_to_recordset(${rows.timersGone}::text::jsonb) as g(
        tenant_id uuid, job_id uuid, send_id text, timer_id uuid, everything boolean)
      where coalesce(g.job_id in (select id from done), false)
        and t.shard = ${shard} and t.tenant_id = any (${rows.tenantIds}::uuid[]) and t.job_id = any (${rows.jobIds}::uuid[])
        and t.tenant_id = g.tenant_id and t.job_id = g.job_id
        and (g.everything or t.send_id = g.send_id or t.id = g.timer_id)
    ), timer_set as (
      insert into timers (shard, tenant_id, job_id, id, send_id, entry, event, due_at)
      select here.shard, t.tenant_id, t.job_id, t.id, t.send_id, t.entry, t.event,
        t.at + t.delay_ms * interval '1 millisecond'
      from shards here cross join jsonb_to_recordset(${rows.timersSet}::text::jsonb) as t(
        tenant_id uuid, job_id uuid, id uuid, send_id text, entry integer, event jsonb, at timestamptz,
        delay_ms double precision)
      where here.shard = ${shard} and coalesce(t.job_id in (select id from done), false)
    ), answered as (
      insert into idempotency_keys (shard, tenant_id, subject_id, key, request_hash, status, answer)
      select here.shard, a.tenant_id, a.subject_id, a.key, decode(a.request_hash, 'hex'), a.status, a.answer
      from shards here cross join json_to_recordset(${rows.answers}::text::json) as a(
        tenant_id uuid, job_id uuid, subject_id uuid, key text, request_hash text, status integer, answer json)
      where here.shard = ${shard} and coalesce(a.job_id in (select id from done), false)
    )${deliver(sql, shard, rows.deliveries, sql`coalesce(n.gate in (select id from done), false)`)}${marked}
    select id from done`;
}

/** One look into the table's key for each job, which finds nothing for tenants that never subscribed to anything. */
const rulesHold = (sql: ReservedSql, shard: number, change: PendingQuery<Row[]>) => sql`
  not exists (
    select from notification_rules r
    where r.shard = ${shard} and r.tenant_id = ${change}.tenant_id and r.version <> ${change}.rules_version
    offset 0)`;

/** One JSON text per table: a nested document would be taken apart by Postgres at several times the cost. */
function flatten(changes: readonly JobChange[]) {
  const moved: object[] = [];
  const started: object[] = [];
  const keys: object[] = [];
  const keysFreed: object[] = [];
  const log: object[] = [];
  const runs: object[] = [];
  const queued: object[] = [];
  const timersGone: object[] = [];
  const timersSet: object[] = [];
  const answers: object[] = [];
  for (const c of changes) {
    const of = { tenant_id: c.tenantId, job_id: c.jobId };
    const row = {
      tenant_id: c.tenantId,
      id: c.jobId,
      revision: c.revision,
      status: c.status,
      current_state: c.currentState,
      snapshot: c.snapshot,
      at: c.at,
      inbound_id: c.inbound?.id,
      rules_version: c.rulesVersion,
    };
    if (c.started === null) {
      moved.push({
        ...row,
        workflow_version_id: c.movedToVersion,
        from_revision: c.fromRevision,
        timer_id: c.timerId,
      });
      if (c.keyFreed !== null)
        keysFreed.push({ ...of, workflow_id: c.keyFreed.workflowId, key: c.keyFreed.key });
    } else {
      const { workflowId, workflowVersionId, key, parentJobId } = c.started;
      started.push({
        ...row,
        workflow_id: workflowId,
        workflow_version_id: workflowVersionId,
        key,
        parent_job_id: parentJobId,
      });
      if (key !== null && c.status === 'ACTIVE') {
        keys.push({ tenant_id: c.tenantId, workflow_id: workflowId, key, id: c.jobId });
      }
    }
    for (const entry of c.log) log.push({ ...of, ...entry, at: c.at });
    for (const run of c.runs) {
      runs.push({
        ...of,
        id: run.id,
        transition_id: run.transitionId,
        ordinal: run.ordinal,
        workflow_version_id: run.workflowVersionId,
        pointer: run.pointer,
        action_type: run.actionType,
        name: run.name,
        connection_id: run.connectionId,
        invoke_id: run.invokeId,
        scope: run.scope,
      });
    }
    for (const q of c.queued) {
      queued.push({
        ...of,
        transition_id: q.transitionId,
        workflow_version_id: q.workflowVersionId,
        connection_id: q.connectionId,
      });
    }
    if (c.timersCancelled === 'all') timersGone.push({ ...of, everything: true });
    else {
      for (const sendId of c.timersCancelled) timersGone.push({ ...of, send_id: sendId });
      if (c.timerId !== null) timersGone.push({ ...of, timer_id: c.timerId });
    }
    for (const t of c.timersSet) {
      timersSet.push({
        ...of,
        id: t.id,
        send_id: t.sendId,
        entry: t.entry,
        event: t.event,
        at: c.at,
        delay_ms: t.delayMs,
      });
    }
    if (c.answer !== null) {
      const { subjectId, key, requestHash, status, answer } = c.answer;
      answers.push({ ...of, subject_id: subjectId, key, request_hash: requestHash, status, answer });
    }
  }
  return {
    tenantIds: [...new Set(changes.map((c) => c.tenantId))],
    jobIds: changes.map((c) => c.jobId),
    changes: jsonText(moved),
    started: jsonText(started),
    keys: jsonText(keys),
    keysFreed: jsonText(keysFreed),
    log: jsonText(log),
    runs: jsonText(runs),
    queued: jsonText(queued),
    timersGone: jsonText(timersGone),
    timersSet: jsonText(timersSet),
    answers: jsonText(answers),
    deliveries: changes.flatMap((c) => c.deliveries.map((delivery) => ({ ...delivery, gate: c.jobId }))),
  };
}
