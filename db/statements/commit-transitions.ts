// The commit of the product: everything a batch of transitions changes, in one statement on one shard.
// A job moves only from the revision its decision was made on; whatever belongs to a job that did not move is
// not written.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';
import { deliver } from './deliver.ts';
import { marksOfChanges } from './inbound-marks.ts';
import type { JobChange } from './job-change.ts';
import { type Changes, rowsOfDone } from './rows-of-transitions.ts';

/**
 * Kinds of rows of which a batch has none are left out of its statement: most batches only move jobs, log that and queue
 * actions, and each part of a statement costs as much as some rows do.
 * @param distributed on Citus: `lockMarked` was said before, in this transaction; and nothing is left out, as statements are
 *   called by their text there (db/server-calls.ts)
 * @returns ids of the jobs that moved; a job that is missing lost its race
 */
export function commitTransitions(
  sql: ReservedSql,
  shard: number,
  changes: readonly JobChange[],
  distributed = false,
): PendingQuery<(Row & { id: string })[]> {
  const marks = changes.flatMap(({ inbound, jobId }) => (inbound === null ? [] : [{ ...inbound, jobId }]));
  const { claimed, mayChange, marked } = marksOfChanges(sql, shard, marks, distributed);
  const of = { sql, shard, changes, whole: distributed };
  const moved = moveJobs({ ...of, mayChange });
  const started = startJobs({ ...of, mayChange });
  const deliveries = changes.flatMap((c) => c.deliveries.map((delivery) => ({ ...delivery, gate: c.jobId })));
  return sql`
    with ${claimed} ${moved ?? sql``} ${moved && started ? sql`,` : sql``} ${started ?? sql``}, done as materialized (
      ${moved ? sql`select id from moved` : sql``} ${moved && started ? sql`union all` : sql``}
      ${started ? sql`select id from started` : sql``}
    ) ${rowsOfDone(of)}
    ${deliver(sql, shard, deliveries, sql`coalesce(n.gate in (select id from done), false)`)} ${marked}
    select id from done`;
}

interface Moves extends Changes {
  /** The condition on a change by an inbound event. */
  mayChange(inboundId: PendingQuery<Row[]>): PendingQuery<Row[]>;
}

/**
 * Locks the jobs' rows (by primary key) until the commit; everything else is inserted, or deleted by job.
 * The arrays repeat what the join says, so that no plan, however old, reads more of the tables than these rows. What else has to
 * hold is asked once for each change: as a condition of the join, a plan may ask it for each pair of a change and a job.
 */
function moveJobs({ sql, shard, changes, whole, mayChange }: Moves) {
  const moved = changes.filter(({ started }) => started === null);
  if (moved.length === 0 && !whole) return null;
  const tenantIds = moved.map((c) => c.tenantId);
  const jobIds = moved.map((c) => c.jobId);
  const timerIds = moved.map((c) => c.timerId);
  const timer = whole || timerIds.some((id) => id !== null) ? timerIsThere(sql, shard) : sql``;
  return sql`change as materialized (
      select c.*, ${rulesHold(sql, shard, sql`c`)} ${timer} ${mayChange(sql`c.inbound_id`)} as may_move
      from rows from (
        unnest(${tenantIds}::uuid[], ${jobIds}::uuid[], ${moved.map((c) => c.fromRevision)}::integer[],
          ${moved.map((c) => c.revision)}::integer[], ${moved.map((c) => c.status)}::text[],
          ${moved.map((c) => c.currentState)}::text[], ${moved.map((c) => c.movedToVersion)}::uuid[],
          ${moved.map((c) => c.at)}::timestamptz[], ${timerIds}::uuid[],
          ${moved.map((c) => c.inbound?.id ?? null)}::uuid[], ${moved.map((c) => c.rulesVersion)}::integer[]),
        jsonb_array_elements(${jsonText(moved.map((c) => c.snapshot))}::text::jsonb))
        as c(tenant_id, id, from_revision, revision, status, current_state, workflow_version_id, at, timer_id, inbound_id,
          rules_version, snapshot)
    ), moved as (
      update jobs j set
        revision = c.revision, status = c.status, current_state = c.current_state, snapshot = c.snapshot,
        workflow_version_id = coalesce(c.workflow_version_id, j.workflow_version_id),
        updated_at = c.at, finished_at = case when c.status <> 'ACTIVE' then c.at end
      from change c
      where j.shard = ${shard} and j.tenant_id = any (${[...new Set(tenantIds)]}::uuid[]) and j.id = any (${jobIds}::uuid[])
        and j.tenant_id = c.tenant_id and j.id = c.id and j.revision = c.from_revision and j.status = 'ACTIVE'
        and c.may_move
      returning j.id
    )`;
}

const timerIsThere = (sql: ReservedSql, shard: number) => sql`
  and (c.timer_id is null or exists (
    select from timers t
    where t.shard = ${shard} and t.tenant_id = c.tenant_id and t.job_id = c.id and t.id = c.timer_id offset 0))`;

/** One look into the table's key for each job, which finds nothing for tenants that never subscribed to anything. */
const rulesHold = (sql: ReservedSql, shard: number, change: PendingQuery<Row[]>) => sql`
  not exists (
    select from notification_rules r
    where r.shard = ${shard} and r.tenant_id = ${change}.tenant_id and r.version <> ${change}.rules_version
    offset 0)`;

function startJobs({ sql, shard, changes, whole, mayChange }: Moves) {
  const rows = changes.flatMap(({ started, ...c }) =>
    started === null
      ? []
      : [
          {
            tenant_id: c.tenantId,
            id: c.jobId,
            workflow_id: started.workflowId,
            workflow_version_id: started.workflowVersionId,
            key: started.key,
            parent_job_id: started.parentJobId,
            status: c.status,
            current_state: c.currentState,
            snapshot: c.snapshot,
            revision: c.revision,
            at: c.at,
            inbound_id: c.inbound?.id,
            rules_version: c.rulesVersion,
          },
        ],
  );
  if (rows.length === 0 && !whole) return null;
  return sql`started as (
      insert into jobs as started_job (shard, tenant_id, id, workflow_id, workflow_version_id, key, parent_job_id, status,
        current_state, snapshot, revision, created_at, updated_at, finished_at)
      select here.shard, tenant_id, id, workflow_id, workflow_version_id, key, parent_job_id, status,
        current_state, snapshot, revision, at, at, case when status <> 'ACTIVE' then at end
      from shards here cross join jsonb_to_recordset(${jsonText(rows)}::text::jsonb) as s(
        tenant_id uuid, id uuid, workflow_id uuid, workflow_version_id uuid, key text, parent_job_id uuid,
        status text, current_state text, snapshot jsonb, revision integer, at timestamptz, inbound_id uuid,
        rules_version integer)
      where here.shard = ${shard} and ${rulesHold(sql, shard, sql`s`)} ${mayChange(sql`s.inbound_id`)}
      returning started_job.id
    )`;
}
