// The tree of scopes as people make and change it. Callers change the notification rules first (notification-rules.ts),
// so that two changes of one tree follow one another.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface ScopeRow {
  id: string;
  kind: 'stack' | 'namespace' | 'module';
  parentId: string | null;
  name: string;
  createdAt: Date;
}

interface ScopeRef {
  tenantId: string;
  id: string;
}

const columns = (sql: ReservedSql) => sql`id, kind, parent_id, name, created_at`;

/** All of the tenant, by name: a tree is shown whole. */
export function listScopes(
  sql: ReservedSql,
  shard: number,
  { tenantId }: { tenantId: string },
): PendingQuery<(Row & ScopeRow)[]> {
  return sql`select ${columns(sql)} from scopes where shard = ${shard} and tenant_id = ${tenantId} order by name, id`;
}

export function findScope(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: ScopeRef,
): PendingQuery<(Row & ScopeRow)[]> {
  return sql`
    select ${columns(sql)} from scopes where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

/** Violates `scopes_name_once` when its parent has one of that name. */
export function insertScope(
  sql: ReservedSql,
  shard: number,
  { tenantId, id, kind, parentId, name }: ScopeRef & Omit<ScopeRow, 'createdAt'>,
): PendingQuery<(Row & ScopeRow)[]> {
  return sql`
    insert into scopes (shard, tenant_id, id, kind, parent_id, name)
    values (${shard}, ${tenantId}, ${id}, ${kind}, ${parentId}, ${name})
    returning ${columns(sql)}`;
}

/** Violates `scopes_name_once`, as `insertScope`. */
export function updateScope(
  sql: ReservedSql,
  shard: number,
  { tenantId, id, name, parentId }: ScopeRef & Pick<ScopeRow, 'name' | 'parentId'>,
): PendingQuery<(Row & ScopeRow)[]> {
  return sql`
    update scopes set name = ${name}, parent_id = ${parentId}
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}
    returning ${columns(sql)}`;
}

/** Violates a foreign key when a scope, a workflow, a supply or a subscription still stands in it. */
export function deleteScope(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: ScopeRef,
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    delete from scopes where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} returning id`;
}
