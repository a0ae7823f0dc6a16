// Which scopes connections serve, as people say it.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface SupplyRow {
  id: string;
  connectionId: string;
  scopeId: string;
  createdBy: string;
  createdAt: Date;
}

const columns = (sql: ReservedSql) => sql`id, connection_id, scope_id, created_by, created_at`;

/** Newest first, one more than `limit`. */
export function listSupplies(
  sql: ReservedSql,
  shard: number,
  of: {
    tenantId: string;
    connectionId: string | null;
    scopeId: string | null;
    /** When given, only those of these. */
    onConnections: readonly string[] | null;
    before: string | null;
    limit: number;
  },
): PendingQuery<(Row & SupplyRow)[]> {
  return sql`
    select ${columns(sql)} from supplies
    where shard = ${shard} and tenant_id = ${of.tenantId}
      ${of.connectionId === null ? sql`` : sql`and connection_id = ${of.connectionId}`}
      ${of.scopeId === null ? sql`` : sql`and scope_id = ${of.scopeId}`}
      ${of.onConnections === null ? sql`` : sql`and connection_id = any (${of.onConnections as string[]}::uuid[])`}
      ${of.before === null ? sql`` : sql`and id < ${of.before}`}
    order by id desc limit ${of.limit + 1}`;
}

/** @returns no row when it is supplied there already */
export function insertSupply(
  sql: ReservedSql,
  shard: number,
  made: { tenantId: string } & Omit<SupplyRow, 'createdAt'>,
): PendingQuery<(Row & SupplyRow)[]> {
  return sql`
    insert into supplies (shard, tenant_id, id, connection_id, scope_id, created_by)
    values (${shard}, ${made.tenantId}, ${made.id}, ${made.connectionId}, ${made.scopeId}, ${made.createdBy})
    on conflict on constraint supplies_once do nothing
    returning ${columns(sql)}`;
}

export function findSupply(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & SupplyRow)[]> {
  return sql`
    select ${columns(sql)} from supplies where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

export function findSameSupply(
  sql: ReservedSql,
  shard: number,
  { tenantId, connectionId, scopeId }: { tenantId: string; connectionId: string; scopeId: string },
): PendingQuery<(Row & SupplyRow)[]> {
  return sql`
    select ${columns(sql)} from supplies
    where shard = ${shard} and tenant_id = ${tenantId} and connection_id = ${connectionId} and scope_id = ${scopeId}`;
}

export function deleteSupply(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    delete from supplies where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} returning id`;
}
