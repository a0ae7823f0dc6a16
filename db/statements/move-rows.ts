// Copies and deletes a tenant's rows when it moves to another shard, as role `pawl_mover`. Where both shards are in one
// Postgres. Nothing here decides when: see processes/move-tenant.ts.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import type { MovedTable } from '../moved-tables.ts';

export interface Way {
  tenantId: string;
  from: number;
  to: number;
}

type Fragment = PendingQuery<Row[]>;

/** Names come from the catalogue. */
const names = (sql: ReservedSql, columns: readonly string[], of = ''): Fragment =>
  sql.unsafe(columns.map((column) => `${of}"${column}"`).join(', '));

const keyNames = (sql: ReservedSql, { key }: MovedTable, of = ''): Fragment =>
  names(
    sql,
    key.map(({ column }) => column),
    of,
  );

const conflictKey = (sql: ReservedSql, table: MovedTable): Fragment =>
  table.key.length === 0 ? sql`(shard, tenant_id)` : sql`(shard, tenant_id, ${keyNames(sql, table)})`;

/** What reads a page in the order of the key: which rows come behind the key `after`, and how the last of a page is found. */
function paging(sql: ReservedSql, table: MovedTable, after: readonly string[] | null) {
  const key = keyNames(sql, table);
  const place = (after ?? []).map(
    (value, i) => sql`${value}::text::${sql.unsafe(table.key[i]?.type ?? 'text')}`,
  );
  const of = (write: (column: string) => string): Fragment =>
    sql.unsafe(table.key.map(({ column }) => write(`"${column}"`)).join(', '));
  return {
    key,
    behind:
      place.length === 0
        ? sql``
        : sql`and (${key}) > (${place.reduce((list, value) => sql`${list}, ${value}`)})`,
    keyAsText: of((column) => `${column}::text`),
    newestFirst: of((column) => `${column} desc`),
  };
}

/**
 * Copies the next rows in the order of the key, after the row with the key `after`; leaves those that are there.
 * @returns the key of the last one, as text; null: there are no more
 */
export async function copyPage(
  sql: ReservedSql,
  table: MovedTable,
  { tenantId, from, to }: Way,
  { after, where, limit }: { after: readonly string[] | null; where: Fragment; limit: number },
): Promise<string[] | null> {
  const { key, behind, keyAsText, newestFirst } = paging(sql, table, after);
  const [page] = await sql<{ last: string[] | null }[]>`
    with page as materialized (
      select * from ${sql(table.name)} where shard = ${from} and tenant_id = ${tenantId} and ${where} ${behind}
      order by ${key} limit ${limit}
    ), copied as (
      insert into ${sql(table.name)} (shard, ${names(sql, table.columns)})
      select ${to}::smallint, ${names(sql, table.columns)} from page
      on conflict ${conflictKey(sql, table)} do nothing)
    select (select array[${keyAsText}] from page order by ${newestFirst} limit 1) as last`;
  return page?.last ?? null;
}

const copied = (
  sql: ReservedSql,
  table: MovedTable,
  { tenantId, from, to }: Way,
  where: Fragment,
): Fragment => sql`
  insert into ${sql(table.name)} (shard, ${names(sql, table.columns)})
  select ${to}::smallint, ${names(sql, table.columns, 't.')} from ${sql(table.name)} t
  where t.shard = ${from} and t.tenant_id = ${tenantId} and ${where}`;

/** Copies what `where` holds of; what is there already becomes as it is. @returns how many */
export async function copyRows(
  sql: ReservedSql,
  table: MovedTable,
  way: Way,
  where: Fragment,
): Promise<number> {
  const own = new Set(['tenant_id', ...table.key.map(({ column }) => column)]);
  const changing = table.columns.filter((column) => !own.has(column));
  const changes = sql.unsafe(changing.map((column) => `"${column}" = excluded."${column}"`).join(', '));
  const { count } = await sql`
    ${copied(sql, table, way, where)}
    on conflict ${conflictKey(sql, table)} ${changing.length === 0 ? sql`do nothing` : sql`do update set ${changes}`}`;
  return count;
}

/** Nobody changes these rows until the transaction ends. */
export function lockRows(sql: ReservedSql, table: MovedTable, { tenantId, from }: Way): PendingQuery<Row[]> {
  return sql`select from ${sql(table.name)} where shard = ${from} and tenant_id = ${tenantId} for update`;
}

/** Copies all of the tenant's rows, of which there must be none yet. @returns how many */
export async function copyWhole(sql: ReservedSql, table: MovedTable, way: Way): Promise<number> {
  const { count } = await copied(sql, table, way, sql`true`);
  return count;
}

/** @returns how many */
export async function deleteRows(
  sql: ReservedSql,
  table: MovedTable,
  { tenantId, shard }: { tenantId: string; shard: number },
  where: Fragment,
): Promise<number> {
  const { count } = await sql`
    delete from ${sql(table.name)} t where t.shard = ${shard} and t.tenant_id = ${tenantId} and ${where}`;
  return count;
}

/** Some of the rows, in no order. @returns how many */
export async function deleteSome(
  sql: ReservedSql,
  table: MovedTable,
  { tenantId, shard }: { tenantId: string; shard: number },
  limit: number,
): Promise<number> {
  const { count } = await sql`
    with found as materialized (
      select t.tableoid as part, t.ctid as place from ${sql(table.name)} t
      where t.shard = ${shard} and t.tenant_id = ${tenantId} limit ${limit})
    delete from ${sql(table.name)} t using found where ${isThere(sql, 'found')}`;
  return count;
}

/** That `t` is a row of `those`, by its place: a plan may look for keys by reading all of a tenant for each of them. */
const isThere = (sql: ReservedSql, those: string): Fragment =>
  sql`t.tableoid = ${sql(those)}.part and t.ctid = ${sql(those)}.place`;

/**
 * Deletes the next rows where the tenant was, each of which must be where the tenant is; what never changes must be the
 * same to the last bit. After `inOrder`: each is looked for as the first from its key on, so that whatever statistics say of a
 * tenant that has just come, the index of the key is what finds it.
 * @returns the key of the last row that was looked at (null: there were none), and how many of them stay for want of another
 */
export async function deleteCopied(
  sql: ReservedSql,
  table: MovedTable,
  { tenantId, from, to }: Way,
  { after, changes, limit }: { after: readonly string[] | null; changes: boolean; limit: number },
): Promise<{ last: string[] | null; missing: number }> {
  const { key, behind, keyAsText, newestFirst } = paging(sql, table, after);
  const same = changes ? sql`true` : sql`to_jsonb(old.kept) - 'shard' = to_jsonb(new.kept) - 'shard'`;
  const [page] = await sql<{ last: string[] | null; missing: number }[]>`
    with old as materialized (
      select t as kept, t.tableoid as part, t.ctid as place, ${keyNames(sql, table, 't.')} from ${sql(table.name)} t
      where t.shard = ${from} and t.tenant_id = ${tenantId} ${behind} order by ${key} limit ${limit}
    ), there as materialized (
      select old.part, old.place from old cross join lateral (
        select t as kept, ${keyNames(sql, table, 't.')} from ${sql(table.name)} t
        where t.shard = ${to} and t.tenant_id = ${tenantId}
          and (${keyNames(sql, table, 't.')}) >= (${keyNames(sql, table, 'old.')})
        order by ${key} limit 1) new
      where (${keyNames(sql, table, 'new.')}) = (${keyNames(sql, table, 'old.')}) and ${same}
    ), gone as (
      delete from ${sql(table.name)} t using there where ${isThere(sql, 'there')})
    select (select array[${keyAsText}] from old order by ${newestFirst} limit 1) as last,
      ((select count(*) from old) - (select count(*) from there))::integer as missing`;
  return page ?? { last: null, missing: 0 };
}

export interface Mark {
  /** Of the log: every transaction that is not over by now writes after it. */
  position: string;
  /** Of the ledger: rows of transactions before this are there, and in the rollups. */
  tx: string;
  /** Hours before it are closed; null: none is. */
  closedUntil: string | null;
  at: string;
}

/** What is there by now, as far as it can be said: whatever comes later is after it in one of these orders. */
export async function readMark(sql: ReservedSql): Promise<Mark> {
  const [mark] = await sql<Mark[]>`
    select (pawl_log_position(pg_snapshot_xmin(pg_current_snapshot())) - 1)::text as position, settled::text as tx,
      nullif(closed_until, '-infinity')::text as closed_until, now()::text as at
    from metering_progress`;
  return mark as Mark;
}

/** Entries of the log in the order of their positions, as long as those are sealed on both shards: they keep their places. */
export async function copySealedLog(
  sql: ReservedSql,
  table: MovedTable,
  { tenantId, from, to }: Way,
  { after, upTo, limit }: { after: string; upTo: string; limit: number },
): Promise<string | null> {
  const [page] = await sql<{ last: string | null }[]>`
    with page as materialized (
      select * from event_log
      where shard = ${from} and tenant_id = ${tenantId} and position > ${after}::text::bigint
        and position <= ${upTo}::text::bigint
      order by position fetch first (${limit}::integer) rows with ties
    ), copied as (
      insert into event_log (shard, ${names(sql, table.columns)})
      select ${to}::smallint, ${names(sql, table.columns)} from page
      on conflict do nothing)
    select max(position)::text as last from page`;
  return page?.last ?? null;
}

/** The rest of the log: what is not sealed yet takes the place of this transaction, and is sealed on the other shard. */
export async function moveUnsealedLog(
  sql: ReservedSql,
  table: MovedTable,
  { tenantId, from, to }: Way,
  sealedTo: string,
): Promise<void> {
  const columns = table.columns.filter((column) => column !== 'position');
  const rest = sql`shard = ${from} and tenant_id = ${tenantId} and position > ${sealedTo}::text::bigint`;
  await sql`
    insert into event_log (shard, ${names(sql, columns)})
    select ${to}::smallint, ${names(sql, columns)} from event_log where ${rest}`;
  await sql`delete from event_log where ${rest}`;
}

/** Both shards' sealers wait until the transaction ends. */
export function lockSealers(
  sql: ReservedSql,
  shards: readonly number[],
): PendingQuery<(Row & { shard: number; sealedTo: string })[]> {
  return sql`
    select shard, sealed_to::text as sealed_to from event_log_sealers
    where shard = any (${shards as number[]}::smallint[]) order by event_log_sealers.shard for update`;
}

/** The rollups wait until the transaction ends. */
export function lockRollups(sql: ReservedSql): PendingQuery<(Row & { settled: string })[]> {
  return sql`select settled::text as settled from metering_progress for update`;
}

/** Of the running transaction. */
export function limitWaits(
  sql: ReservedSql,
  { lockMs, statementMs }: { lockMs: number; statementMs: number },
): PendingQuery<Row[]> {
  return sql`
    select set_config('lock_timeout', ${`${lockMs}ms`}, true),
      set_config('statement_timeout', ${`${statementMs}ms`}, true)`;
}

export function countRows(
  sql: ReservedSql,
  table: MovedTable,
  { tenantId, shard }: { tenantId: string; shard: number },
): PendingQuery<(Row & { rows: number })[]> {
  return sql`
    select count(*)::integer as rows from ${sql(table.name)} where shard = ${shard} and tenant_id = ${tenantId}`;
}
