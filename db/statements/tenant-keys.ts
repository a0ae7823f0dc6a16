// The wrapped data keys of tenants: read by whoever encrypts or decrypts, replaced and deleted by the operator.
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';

export interface TenantKeyRow {
  id: string;
  generation: number;
  wrapped: Buffer;
  wrappingKeyId: string;
}

export interface TenantRef {
  shard: number;
  tenantId: string;
}

/** Newest first. */
export function listTenantKeys(
  sql: ReservedSql,
  { shard, tenantId }: TenantRef,
): PendingQuery<(Row & TenantKeyRow)[]> {
  return sql`
    select id, generation, wrapped, wrapping_key_id from tenant_keys
    where shard = ${shard} and tenant_id = ${tenantId}
    order by generation desc`;
}

/** @returns nothing when the generation is there already: theirs holds */
export function insertTenantKey(
  sql: ReservedSql,
  { shard, tenantId }: TenantRef,
  key: TenantKeyRow,
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    insert into tenant_keys (shard, tenant_id, id, generation, wrapped, wrapping_key_id)
    values (${shard}, ${tenantId}, ${key.id}, ${key.generation}, ${key.wrapped}, ${key.wrappingKeyId})
    on conflict do nothing
    returning id`;
}

/**
 * Until the transaction ends. Whoever stores a secret shares the lock, whoever deletes keys excludes them: so that no
 * secret is stored under a key that is being deleted. What follows in the transaction is a statement of its own, as one
 * that waits for the lock sees the rows of before.
 */
export function lockTenantKeys(
  sql: ReservedSql,
  tenantId: string,
  mode: 'share' | 'exclude',
): PendingQuery<Row[]> {
  const lock = sql`hashtextextended(${`tenant_keys:${tenantId}`}, 0)`;
  return mode === 'share'
    ? sql`select pg_advisory_xact_lock_shared(${lock})`
    : sql`select pg_advisory_xact_lock(${lock})`;
}

export function findTenantKey(
  sql: ReservedSql,
  { shard, tenantId }: TenantRef,
  id: string,
): PendingQuery<(Row & { id: string })[]> {
  return sql`select id from tenant_keys where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

/** How many data keys are under each master key. Over all tenants; served by `tenant_keys_by_wrapping_key`. */
export function countByWrappingKey(
  sql: Sql,
): PendingQuery<(Row & { wrappingKeyId: string; dataKeys: number })[]> {
  return sql`
    select wrapping_key_id, count(*)::integer as data_keys from tenant_keys
    group by wrapping_key_id order by wrapping_key_id`;
}

export function countTenantKeys(sql: Sql): PendingQuery<(Row & { keys: number; tenants: number })[]> {
  return sql`select count(*)::integer as keys, count(distinct tenant_id)::integer as tenants from tenant_keys`;
}

export type WrappedRow = TenantRef & TenantKeyRow;

/** Of each master key that any is under, one data key of each shard. */
export function sampleByWrappingKey(sql: Sql): PendingQuery<(Row & WrappedRow)[]> {
  return sql`
    select distinct on (wrapping_key_id, shard) shard, tenant_id, id, generation, wrapped, wrapping_key_id
    from tenant_keys
    order by wrapping_key_id, shard`;
}

export type KeyPlace = TenantRef & { id: string };

/** Data keys under any master key but `wrappingKeyId`, behind `after` in primary key order. Locks nothing. */
export function listKeysToRewrap(
  sql: Sql,
  { wrappingKeyId, after, limit }: { wrappingKeyId: string; after: KeyPlace | null; limit: number },
): PendingQuery<(Row & WrappedRow)[]> {
  return sql`
    select shard, tenant_id, id, generation, wrapped, wrapping_key_id from tenant_keys
    where wrapping_key_id <> ${wrappingKeyId}
      ${after === null ? sql`` : sql`and (shard, tenant_id, id) > (${after.shard}, ${after.tenantId}, ${after.id})`}
    order by shard, tenant_id, id limit ${limit}`;
}

export type Rewrapped = WrappedRow & { now: { wrapped: Buffer; wrappingKeyId: string } };

/** The driver takes a list of buffers for one. */
const hex = (bytes: Buffer): string => bytes.toString('hex');

/** @returns those that nobody had changed meanwhile */
export function rewrapTenantKeys(
  sql: Sql,
  keys: readonly Rewrapped[],
): PendingQuery<(Row & { tenantId: string })[]> {
  return sql`
    update tenant_keys k set wrapped = decode(n.now, 'hex'), wrapping_key_id = n.now_under
    from unnest(${keys.map(({ shard }) => shard)}::smallint[], ${keys.map(({ tenantId }) => tenantId)}::uuid[],
      ${keys.map(({ id }) => id)}::uuid[], ${keys.map(({ wrapped }) => hex(wrapped))}::text[],
      ${keys.map(({ now }) => hex(now.wrapped))}::text[], ${keys.map(({ now }) => now.wrappingKeyId)}::text[])
      as n (shard, tenant_id, id, was, now, now_under)
    where k.shard = n.shard and k.tenant_id = n.tenant_id and k.id = n.id and k.wrapped = decode(n.was, 'hex')
    returning k.tenant_id`;
}

/** All of one tenant. */
export function deleteTenantKeys(
  sql: ReservedSql,
  { shard, tenantId }: TenantRef,
): PendingQuery<(Row & { id: string })[]> {
  return sql`delete from tenant_keys where shard = ${shard} and tenant_id = ${tenantId} returning id`;
}
