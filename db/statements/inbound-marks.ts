// What became of an inbound event, written in the commit of its effect, or alone where it has none. An event belongs to
// whoever claimed it last: an older claim finds another number of attempts and writes nothing, neither mark nor effect.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';
import { tenantsOf } from '../on-shards.ts';
import { spanOf } from '../uuid-time.ts';

export interface InboundMark {
  tenantId: string;
  /** The event. */
  id: string;
  /** Of the claim. */
  attempt: number;
  status: 'PROCESSED' | 'FAILED';
  effects: Json;
  error: JsonObject | null;
}

/** Marks events that changed no job. @returns those that were still the caller's */
export function markInbound(
  sql: ReservedSql,
  shard: number,
  marks: readonly InboundMark[],
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    with mark as materialized (${markRows(sql, marks)}), marked as (
      ${updateMarked(sql, shard, marks, sql`e.status = 'PROCESSING' and e.attempts = m.attempt`)}
    ), unqueued as (${deleteMarked(sql, shard)})
    select id from marked`;
}

/** A mark that goes with the change of a job: written if that is, which in turn is only if the event is still the caller's. */
export type MarkOfChange = InboundMark & { jobId: string };

/**
 * The parts of `commitTransitions` for changes that inbound events caused: nothing at all where there are none.
 * - `claimed`: at its beginning; locks the events that are still the caller's, and names them in `claimed_event`.
 *   (`locked`: by `lockMarked`, earlier in the transaction.)
 * - `mayChange`: the condition on a change with its `inbound_id`.
 * - `marked`: at its end, when `done` knows the jobs that moved.
 */
export function marksOfChanges(
  sql: ReservedSql,
  shard: number,
  marks: readonly MarkOfChange[],
  locked: boolean,
) {
  if (marks.length === 0)
    return { claimed: sql``, mayChange: (_: PendingQuery<Row[]>) => sql``, marked: sql`` };
  return {
    claimed: sql`mark as materialized (${markRows(sql, marks)}), claimed_event as materialized (
      select e.id from mark m join inbound_events e
        on e.shard = ${shard} and e.tenant_id = m.tenant_id and e.id = m.id
      where e.status = 'PROCESSING' and e.attempts = m.attempt and ${among(sql, marks)}
      ${locked ? sql`` : sql`for update of e`}), `,
    mayChange: (inboundId: PendingQuery<Row[]>) =>
      sql`and (${inboundId} is null or ${inboundId} in (select id from claimed_event))`,
    marked: sql`, marked as (${updateMarked(sql, shard, marks, sql`coalesce(m.job_id in (select id from done), false)`)}
      ), unqueued as (${deleteMarked(sql, shard)})`,
  };
}

/** For Citus, which takes no lock in a part of a statement. */
export function lockMarked(
  sql: ReservedSql,
  shard: number,
  marks: readonly Pick<InboundMark, 'tenantId' | 'id'>[],
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    select e.id from inbound_events e where e.shard = ${shard} and ${among(sql, marks)}
    order by e.id for update`;
}

function markRows(
  sql: ReservedSql,
  marks: readonly (InboundMark & { jobId?: string })[],
): PendingQuery<Row[]> {
  const rows = marks.map(({ tenantId, jobId, ...mark }) => ({ ...mark, tenant_id: tenantId, job_id: jobId }));
  return sql`
    select * from jsonb_to_recordset(${jsonText(rows)}::text::jsonb) as m(
      tenant_id uuid, id uuid, attempt integer, status text, effects jsonb, error jsonb, job_id uuid)`;
}

function updateMarked(
  sql: ReservedSql,
  shard: number,
  marks: readonly InboundMark[],
  condition: PendingQuery<Row[]>,
): PendingQuery<Row[]> {
  return sql`
    update inbound_events e set status = m.status, effects = m.effects, error = m.error, processed_at = now()
    from mark m
    where e.shard = ${shard} and e.tenant_id = m.tenant_id and e.id = m.id and ${among(sql, marks)} and ${condition}
    returning e.tenant_id, e.source_id, e.id`;
}

/** Says again which events these are, so that no plan reads others, and other weeks are not looked into. */
function among(
  sql: ReservedSql,
  marks: readonly Pick<InboundMark, 'tenantId' | 'id'>[],
): PendingQuery<Row[]> {
  const ids = marks.map(({ id }) => id);
  const { first, last } = spanOf(ids);
  return sql`e.tenant_id = any (${tenantsOf(marks)}::uuid[])
    and e.id = any (${ids}::uuid[]) and e.id between ${first} and ${last}`;
}

/**
 * By arrays, as a plan may make the join by reading the whole shard; and by the join, as before Postgres 17 a plan may do the same
 * with arrays.
 */
function deleteMarked(sql: ReservedSql, shard: number): PendingQuery<Row[]> {
  return sql`
    delete from inbound_queue q using marked m
    where q.shard = ${shard} and q.tenant_id = m.tenant_id and q.source_id = m.source_id and q.id = m.id
      and q.tenant_id = any (array(select tenant_id from marked))
      and q.source_id = any (array(select source_id from marked)) and q.id = any (array(select id from marked))`;
}

/** @returns a row while the claim still holds */
export function stillClaimed(
  sql: ReservedSql,
  shard: number,
  { tenantId, id, attempt }: Pick<InboundMark, 'tenantId' | 'id' | 'attempt'>,
): PendingQuery<Row[]> {
  return sql`
    select from inbound_events
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} and status = 'PROCESSING'
      and attempts = ${attempt}`;
}
