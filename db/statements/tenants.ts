// Tenants, as the operator makes and lists them.
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

/** Those that live on a shard. */
export function listTenantsOf(sql: Sql, shard: number): PendingQuery<(Row & { id: string })[]> {
  return sql`select id from tenants where shard = ${shard}`;
}
