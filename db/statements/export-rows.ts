// Pages of what is exported for audit and billing, as role `pawl_operator`: by key, so that memory stays flat however
// much there is, and what is written meanwhile neither repeats nor hides a row.
import type { JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { idAfter, idBefore } from '../uuid-time.ts';
import { oldest } from './oldest-transaction.ts';

export interface ExportRange {
  tenantId: string;
  /** Included. */
  from: Date;
  /** Not included. */
  to: Date;
}

/**
 * A page of rows, by columns: of each the texts of its values, a line each, empty for null. One row of sixteen texts is
 * several times cheaper to send and to read than rows.
 */
export interface LedgerPageRow {
  length: number;
  attemptId: string;
  /** ISO 8601 in UTC, to the millisecond. */
  at: string;
  kind: string;
  quantity: string;
  outcome: string;
  provider: string;
  /** Null, like the next four, for an inbound event. */
  connectionId: string;
  workflowId: string;
  jobId: string;
  actionRunId: string;
  attempt: string;
  /** Null for an attempt. */
  sourceId: string;
  statusCode: string;
  requestBytes: string;
  responseBytes: string;
  durationMs: string;
}

/** Rows of these transactions, of which none runs any more: see metering/ledger-reader.ts. */
export interface LedgerWindow extends ExportRange {
  since: number;
  /** Not included. */
  upto: number;
}

/**
 * Rows of transactions before it are all visible, and stay.
 * @param known see `oldestTransaction`
 */
export function exportHorizon(
  sql: ReservedSql,
  known: string | null,
): PendingQuery<(Row & { horizon: number })[]> {
  return sql`
    select (${oldest(sql, known)}::text::bigint + tx_offset)::float8 as horizon
    from metering_progress`;
}

/** How many rows of the range are newer than the window: of transactions that were not over when it was opened, or began later. */
export function countNewer(
  sql: ReservedSql,
  shard: number,
  { tenantId, from, to, upto }: Omit<LedgerWindow, 'since'>,
): PendingQuery<(Row & { rows: number })[]> {
  return sql`
    select count(*)::integer as rows from utility_ledger
    where shard = ${shard} and tenant_id = ${tenantId} and tx >= ${upto} and at >= ${from} and at < ${to}`;
}

/** Ids of the tenant's rows in the window. Run it in a transaction of its own, as it lets the planner read by bitmap. */
export async function boundsOfWindow(
  sql: ReservedSql,
  shard: number,
  { tenantId, since, upto }: Pick<LedgerWindow, 'tenantId' | 'since' | 'upto'>,
): Promise<{ first: string; last: string } | null> {
  await sql`set local enable_bitmapscan = on`;
  await sql`set local plan_cache_mode = 'force_custom_plan'`;
  const [ends] = await sql<{ first: string | null; last: string | null }[]>`
    with rows as materialized (
      select attempt_id from utility_ledger
      where shard = ${shard} and tenant_id = ${tenantId} and tx >= ${since} and tx < ${upto})
    select (select attempt_id from rows order by attempt_id limit 1) as first,
      (select attempt_id from rows order by attempt_id desc limit 1) as last`;
  return ends?.first && ends.last ? { first: ends.first, last: ends.last } : null;
}

/**
 * By primary key, which is nearly the order of time: attempts are named when they start and written when they end.
 * Where a range is given its ids bound the scan, with room for attempts that took long.
 */
export function exportLedger(
  sql: ReservedSql,
  shard: number,
  { tenantId, from, to, since, upto }: LedgerWindow,
  { after, last, limit }: { after: string | null; last: string | null; limit: number },
): PendingQuery<(Row & LedgerPageRow)[]> {
  const first = after ?? idBefore(new Date(from.getTime() - LONGEST_ATTEMPT_MS));
  const lines = (value: PendingQuery<Row[]>) => sql`string_agg(coalesce(${value}::text, ''), e'\\n')`;
  return sql`
    select count(*)::integer as length, ${lines(sql`attempt_id`)} as attempt_id,
      string_agg(to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), e'\\n') as at,
      ${lines(sql`kind`)} as kind, ${lines(sql`quantity`)} as quantity, ${lines(sql`outcome`)} as outcome,
      ${lines(sql`provider`)} as provider, ${lines(sql`connection_id`)} as connection_id,
      ${lines(sql`workflow_id`)} as workflow_id, ${lines(sql`job_id`)} as job_id,
      ${lines(sql`action_run_id`)} as action_run_id, ${lines(sql`attempt`)} as attempt,
      ${lines(sql`source_id`)} as source_id, ${lines(sql`status_code`)} as status_code,
      ${lines(sql`request_bytes`)} as request_bytes, ${lines(sql`response_bytes`)} as response_bytes,
      ${lines(sql`duration_ms`)} as duration_ms
    from (
      select * from utility_ledger
      where shard = ${shard} and tenant_id = ${tenantId} and attempt_id > ${first}
        and attempt_id <= ${last ?? idAfter(to)} and at >= ${from} and at < ${to} and tx >= ${since} and tx < ${upto}
      order by attempt_id limit ${limit}) page`;
}

/** An attempt whose worker died is recorded when another one finds it; after a week somebody has looked. */
const LONGEST_ATTEMPT_MS = 7 * 86_400_000;

export interface EventRow {
  subjectId: string;
  id: string;
  at: Date;
  kind: string;
  seq: number | null;
  actor: string;
  data: JsonObject;
  /** `at` as Postgres has it: a Date (and the driver, which makes one of every timestamp) holds milliseconds only. */
  exactAt: string;
}

export type EventPlace = Pick<EventRow, 'subjectId' | 'id' | 'exactAt'>;

/** By primary key: all that happened to one subject together, oldest first. The times choose the partitions. */
export function exportEvents(
  sql: ReservedSql,
  shard: number,
  { tenantId, from, to }: ExportRange,
  { after, limit }: { after: EventPlace | null; limit: number },
): PendingQuery<(Row & EventRow)[]> {
  return sql`
    select subject_id, id, at, kind, seq, actor, data, at::text as exact_at
    from event_log
    where shard = ${shard} and tenant_id = ${tenantId} and at >= ${from} and at < ${to}
      ${
        after === null
          ? sql``
          : sql`and (subject_id, id, at) > (${after.subjectId}, ${after.id}, ${after.exactAt}::text::timestamptz)`
      }
    order by subject_id, id, at limit ${limit}`;
}
