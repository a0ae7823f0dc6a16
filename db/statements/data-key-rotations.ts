// Replacing data keys: which rotation is under way, which tenants still need a new key, which keys are left over.
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';
import type { SecretTable } from './stored-secrets.ts';
import type { TenantRef } from './tenant-keys.ts';

/** The rotation of that scope that was begun and not finished, or a new one under `id`. */
export function beginRotation(
  sql: Sql,
  { id, scope }: { id: string; scope: string },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    with unfinished as (
      select id from data_key_rotations where scope = ${scope} and finished_at is null order by started_at limit 1
    ), begun as (
      insert into data_key_rotations (id, scope) select ${id}, ${scope}
      where not exists (select from unfinished) returning id)
    select id from unfinished union all select id from begun`;
}

/** Ends all that are open for the scope: two that were begun at once did the same. */
export function finishRotation(sql: Sql, scope: string): PendingQuery<Row[]> {
  return sql`update data_key_rotations set finished_at = now() where scope = ${scope} and finished_at is null`;
}

export type KeyedTenant = TenantRef & { generation: number };

/** Tenants whose newest key was made before the rotation began, behind `after`. */
export function listTenantsToRenew(
  sql: Sql,
  of: { rotationId: string; tenantId: string | null; after: TenantRef | null; limit: number },
): PendingQuery<(Row & KeyedTenant)[]> {
  const { rotationId, tenantId, after, limit } = of;
  return sql`
    select shard, tenant_id, max(generation) as generation from tenant_keys
    where true
      ${tenantId === null ? sql`` : sql`and tenant_id = ${tenantId}`}
      ${after === null ? sql`` : sql`and (shard, tenant_id) > (${after.shard}, ${after.tenantId})`}
    group by shard, tenant_id
    having max(created_at) < (select started_at from data_key_rotations where id = ${rotationId})
    order by shard, tenant_id limit ${limit}`;
}

/** Tenants with more than one key, behind `after`. */
export function listTenantsWithOldKeys(
  sql: Sql,
  { tenantId, after, limit }: { tenantId: string | null; after: TenantRef | null; limit: number },
): PendingQuery<(Row & TenantRef)[]> {
  return sql`
    select shard, tenant_id from tenant_keys
    where true
      ${tenantId === null ? sql`` : sql`and tenant_id = ${tenantId}`}
      ${after === null ? sql`` : sql`and (shard, tenant_id) > (${after.shard}, ${after.tenantId})`}
    group by shard, tenant_id having count(*) > 1
    order by shard, tenant_id limit ${limit}`;
}

/** Deletes every key of the tenants that is not their newest and that no secret names. After `lockTenantKeys`. */
export function dropUnusedKeys(
  sql: ReservedSql,
  tenants: readonly TenantRef[],
  tables: readonly SecretTable[],
): PendingQuery<(Row & { tenantId: string; id: string })[]> {
  const unused = tables.map(
    ({ table, keyColumn }) => sql`
      and not exists (
        select from ${sql(table)} s
        where s.shard = k.shard and s.tenant_id = k.tenant_id and s.${sql(keyColumn)} = k.id::text)`,
  );
  return sql`
    delete from tenant_keys k
    using unnest(${tenants.map(({ shard }) => shard)}::smallint[], ${tenants.map(({ tenantId }) => tenantId)}::uuid[])
      as t (shard, tenant_id)
    where k.shard = t.shard and k.tenant_id = t.tenant_id
      and k.generation < (
        select max(n.generation) from tenant_keys n where n.shard = k.shard and n.tenant_id = k.tenant_id)
      ${unused}
    returning k.tenant_id, k.id`;
}
