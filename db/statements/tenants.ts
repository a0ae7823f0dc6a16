// Tenants: made by the operator or by whoever may sign up, listed by the operator, renamed by their Owners.
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';
import type { Tenant } from '../tenants.ts';

/** @returns nothing when the slug is taken */
export function insertTenant(sql: ReservedSql, tenant: Tenant): PendingQuery<(Row & { id: string })[]> {
  return sql`
    insert into tenants (id, shard, name, slug)
    values (${tenant.id}, ${tenant.shard}, ${tenant.name}, ${tenant.slug})
    on conflict on constraint tenants_slug_once do nothing
    returning id`;
}

export function listTenants(sql: Sql): PendingQuery<(Row & Tenant)[]> {
  return sql`select id, shard, name, slug from tenants order by slug`;
}

/** A page of all of them, by id. */
export function listTenantsAfter(
  sql: Sql,
  { after, limit }: { after: string; limit: number },
): PendingQuery<(Row & { id: string; shard: number })[]> {
  return sql`select id, shard from tenants where id > ${after} order by id limit ${limit}`;
}

/** Those that live on a shard, but for one that is being moved. */
export function listTenantsOf(sql: Sql, shard: number): PendingQuery<(Row & { id: string })[]> {
  return sql`select id from tenants where shard = ${shard} and not moving`;
}

/** Locks it for the running transaction. */
export function lockTenant(sql: ReservedSql, tenantId: string): PendingQuery<(Row & Pick<Tenant, 'name'>)[]> {
  return sql`select name from tenants where id = ${tenantId} for update`;
}

export function renameTenant(
  sql: ReservedSql,
  { tenantId, name }: { tenantId: string; name: string },
): PendingQuery<(Row & Tenant)[]> {
  return sql`update tenants set name = ${name} where id = ${tenantId} returning id, shard, name, slug`;
}
