// Standing orders to export the ledger: kept by the API, carried out by whichever worker holds the lease.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { Database, PendingQuery, ReservedSql, Row, Sql } from '../client.ts';
import { jsonText } from '../json-text.ts';

export interface MeteringExportRow {
  id: string;
  name: string;
  destination: JsonObject;
  format: 'csv' | 'jsonl' | 'parquet' | 'cloudevents';
  intervalMinutes: number;
  enabled: boolean;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
  rowsExported: number;
  running: boolean;
  nextRunAt: Date;
  lastRunAt: Date | null;
  lastError: JsonObject | null;
}

type Of = { tenantId: string; id: string };

const ownColumns = (sql: ReservedSql): PendingQuery<Row[]> => sql`
  id, name, destination, format, interval_minutes, enabled, created_by, created_at, updated_at,
  rows_exported::float8 as rows_exported, next_run_at, last_run_at, last_error`;

const columns = (sql: ReservedSql) =>
  sql`${ownColumns(sql)}, coalesce(leased_until > now(), false) as running`;

export function insertExport(
  sql: ReservedSql,
  shard: number,
  made: Of &
    Pick<MeteringExportRow, 'name' | 'destination' | 'format' | 'intervalMinutes' | 'enabled' | 'createdBy'>,
): PendingQuery<(Row & MeteringExportRow)[]> {
  return sql`
    insert into metering_exports (shard, tenant_id, id, name, destination, format, interval_minutes, enabled, created_by)
    values (${shard}, ${made.tenantId}, ${made.id}, ${made.name}, ${jsonText(made.destination)}::text::jsonb,
      ${made.format}, ${made.intervalMinutes}, ${made.enabled}, ${made.createdBy})
    returning ${ownColumns(sql)}, false as running`;
}

/** Newest first. */
export function listExports(
  sql: ReservedSql,
  shard: number,
  { tenantId, before, limit }: { tenantId: string; before: string | null; limit: number },
): PendingQuery<(Row & MeteringExportRow)[]> {
  return sql`
    select ${columns(sql)} from metering_exports
    where shard = ${shard} and tenant_id = ${tenantId} and (${before}::uuid is null or id < ${before}::uuid)
    order by id desc limit ${limit + 1}`;
}

export function findExport(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: Of,
): PendingQuery<(Row & MeteringExportRow)[]> {
  return sql`
    select ${columns(sql)} from metering_exports
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

/** Those that deliver through a connection. Reads those of the tenant. */
export function findConnectionExports(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: Of,
): PendingQuery<(Row & { id: string; name: string })[]> {
  return sql`
    select id, name from metering_exports
    where shard = ${shard} and tenant_id = ${tenantId} and destination ->> 'connection_id' = ${id} order by name`;
}

/** What is null stays. */
export function updateExport(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: Of,
  to: { name: string | null; intervalMinutes: number | null; enabled: boolean | null },
): PendingQuery<(Row & MeteringExportRow)[]> {
  return sql`
    with changed as (
    update metering_exports set
      name = coalesce(${to.name}::text, name), enabled = coalesce(${to.enabled}::boolean, enabled),
      interval_minutes = coalesce(${to.intervalMinutes}::integer, interval_minutes),
      next_run_at = least(next_run_at,
        now() + coalesce(${to.intervalMinutes}::integer, interval_minutes) * interval '1 minute'),
      updated_at = now()
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} returning *)
    select ${columns(sql)} from changed`;
}

export function runExportNow(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: Of,
): PendingQuery<(Row & MeteringExportRow)[]> {
  return sql`
    with changed as (
    update metering_exports set next_run_at = least(next_run_at, now())
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} returning *)
    select ${columns(sql)} from changed`;
}

export function deleteExport(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: Of,
): PendingQuery<(Row & { name: string })[]> {
  return sql`
    delete from metering_exports where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} returning name`;
}

/** One run: the lease on an export, and where it stands. */
export interface ExportRun {
  shard: number;
  tenantId: string;
  id: string;
  destination: JsonObject;
  format: MeteringExportRow['format'];
  fence: number;
  since: number;
  /** Null: no window is under way. */
  upto: number | null;
  afterId: string | null;
  part: number;
}

type Held = Pick<ExportRun, 'shard' | 'tenantId' | 'id' | 'fence'>;

const runColumns = (sql: Sql | ReservedSql) => sql`
  e.shard, e.tenant_id, e.id, e.destination, e.format, e.fence::float8 as fence, e.since::float8 as since,
  e.upto::float8 as upto, e.after_id, e.part`;

interface DueExport extends Pick<ExportRun, 'shard' | 'tenantId' | 'id'> {
  nextRunAt: Date;
}

/** The look of `takeDueExport`. */
export function lookForExports(sql: Sql, shards: readonly number[]): PendingQuery<(Row & DueExport)[]> {
  return sql`
    /* every shard: due work */
    select e.shard, e.tenant_id, e.id, e.next_run_at from metering_exports e
    where ${isDue(sql)} and e.shard = any (${shards as number[]}::smallint[])
    order by e.next_run_at limit ${DUE_LOOKED_AT}`;
}

/** Takes the export that has been due for longest, of any tenant. Locks the row it returns. */
export async function takeDueExport(
  db: Database,
  { shards, workerId, leaseMs }: { shards: readonly number[]; workerId: string; leaseMs: number },
): Promise<(Row & ExportRun)[]> {
  const { sql } = db;
  const due = await db.everyShard<(Row & DueExport)[]>((on) => lookForExports(on, shards));
  const oldestFirst = due.toSorted((a, b) => a.nextRunAt.getTime() - b.nextRunAt.getTime());
  for (const { shard, tenantId, id } of oldestFirst) {
    const taken = await sql<(Row & ExportRun)[]>`
      update metering_exports e set
        fence = e.fence + 1, worker_id = ${workerId},
        leased_until = now() + ${leaseMs}::integer * interval '1 millisecond'
      where e.shard = ${shard} and e.tenant_id = ${tenantId} and e.id = ${id} and ${isDue(sql)}
      returning ${runColumns(sql)}`;
    if (taken.length > 0) return taken;
  }
  return [];
}

/** Others take them at the same time; who finds none of these left looks again later. */
const DUE_LOOKED_AT = 10;

const isDue = (sql: Sql) =>
  sql`e.enabled and e.next_run_at <= now() and (e.leased_until is null or e.leased_until < now())`;

const held = (sql: ReservedSql, { shard, tenantId, id, fence }: Held) => sql`
  e.shard = ${shard} and e.tenant_id = ${tenantId} and e.id = ${id} and e.fence = ${fence} and e.enabled`;

/** Computed beside the update, which on Citus takes no time of day together with a column. */
const nextRun = (sql: ReservedSql, run: Held, minutes: PendingQuery<Row[]>): PendingQuery<Row[]> => sql`
  select now() + ${minutes} * interval '1 minute' as at from metering_exports d
  where d.shard = ${run.shard} and d.tenant_id = ${run.tenantId} and d.id = ${run.id}`;

/**
 * Writes down which rows the window has, before any of them leaves: whoever goes on after a crash delivers the same ones
 * under the same names. @returns nothing when the lease was lost
 */
export function beginWindow(sql: ReservedSql, run: Held, upto: number): PendingQuery<Row[]> {
  return sql`update metering_exports e set upto = ${upto} where ${held(sql, run)} returning e.id`;
}

/** A part was delivered. @returns nothing when the lease was lost */
export function advanceExport(
  sql: ReservedSql,
  run: Held,
  { afterId, rows, leaseMs }: { afterId: string; rows: number; leaseMs: number },
): PendingQuery<Row[]> {
  return sql`
    update metering_exports e set after_id = ${afterId}, part = e.part + 1, rows_exported = e.rows_exported + ${rows},
      leased_until = now() + ${leaseMs}::integer * interval '1 millisecond'
    where ${held(sql, run)} returning e.id`;
}

/** All of the window is delivered: the next one begins where it ended. */
export function endWindow(sql: ReservedSql, run: Held): PendingQuery<Row[]> {
  return sql`
    with due as materialized (${nextRun(sql, run, sql`d.interval_minutes`)})
    update metering_exports e set since = e.upto, upto = null, after_id = null, part = 0, leased_until = null, worker_id = null,
      failures = 0, last_error = null, last_run_at = now(),
      next_run_at = due.at
    from due where ${held(sql, run)} returning e.id`;
}

/** Tried again after a minute, two, four, … and at most an hour. Nothing is skipped: the window stays as it is. */
export function failExport(sql: ReservedSql, run: Held, error: Json): PendingQuery<Row[]> {
  return sql`
    with due as materialized (${nextRun(sql, run, sql`least(60, power(2, least(d.failures, 6)))`)})
    update metering_exports e set leased_until = null, worker_id = null, failures = e.failures + 1, last_run_at = now(),
      last_error = ${jsonText(error)}::text::jsonb,
      next_run_at = due.at
    from due where ${held(sql, run)} returning e.id`;
}

/** Whoever looks next goes on where it stands, after the others that are due by now. */
export function releaseExport(sql: ReservedSql, run: Held): PendingQuery<Row[]> {
  return sql`
    update metering_exports e set leased_until = null, worker_id = null, next_run_at = now()
    where ${held(sql, run)} returning e.id`;
}

/** Its connection has no room: the window stays as it is, and this is no failure. */
export function waitWithExport(
  sql: ReservedSql,
  run: Held,
  { waitMs, why }: { waitMs: number; why: Json },
): PendingQuery<Row[]> {
  return sql`
    update metering_exports e set leased_until = null, worker_id = null, last_error = ${jsonText(why)}::text::jsonb,
      next_run_at = now() + ${waitMs}::integer * interval '1 millisecond'
    where ${held(sql, run)} returning e.id`;
}

/** Frees what dead workers were exporting. @returns what may be taken now */
export function freeExportsOf(
  sql: Sql,
  workerIds: readonly string[],
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    /* every shard: dead workers */
    update metering_exports set leased_until = null, worker_id = null, fence = fence + 1
    where worker_id = any (${workerIds as string[]}::uuid[]) returning id`;
}
