// The key pairs of tenants that requests to endpoints are signed with. One is current; the one before it signs until its
// hour. What workers read of them is in worker-deliveries.ts.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { isShredded } from './stored-secrets.ts';
import type { TenantRef } from './tenant-keys.ts';

/** All but the ciphertext. */
export interface SigningKeyRow {
  id: string;
  publicKey: Buffer;
  createdAt: Date;
  /** Null: it is the current one. */
  expiresAt: Date | null;
  /** Nobody can sign by it any more. */
  shredded: boolean;
}

export interface SealedSigningKey {
  id: string;
  publicKey: Buffer;
  secret: Buffer;
  keyId: string;
}

/** Those that sign now, the current one first. */
export function listSigningKeys(
  sql: ReservedSql,
  { shard, tenantId }: TenantRef,
): PendingQuery<(Row & SigningKeyRow)[]> {
  return sql`
    select id, public_key, created_at, expires_at,
      ${isShredded(sql, 'signing_keys', 'key_id', sql`${shard}`)} as shredded
    from signing_keys
    where shard = ${shard} and tenant_id = ${tenantId} and (expires_at is null or expires_at > now())
    order by expires_at desc nulls first, id desc`;
}

/** As `listSigningKeys`, and locks every key until the transaction ends, so that rotations come one after the other. */
export function lockSigningKeys(sql: ReservedSql, of: TenantRef): PendingQuery<(Row & SigningKeyRow)[]> {
  return sql`${listSigningKeys(sql, of)} for update`;
}

/**
 * Waits for a rotation that is under way, and keeps the next one waiting until the transaction ends: whoever has an
 * endpoint signed by the key does not miss that it was replaced.
 */
export function holdSigningKeys(sql: ReservedSql, { shard, tenantId }: TenantRef): PendingQuery<Row[]> {
  return sql`
    select from signing_keys where shard = ${shard} and tenant_id = ${tenantId} and expires_at is null for share`;
}

/** Makes it the current one, if there is none. @returns no row when there is */
export function insertSigningKey(
  sql: ReservedSql,
  { shard, tenantId }: TenantRef,
  { id, publicKey, secret, keyId }: SealedSigningKey,
): PendingQuery<(Row & SigningKeyRow)[]> {
  return sql`
    insert into signing_keys (shard, tenant_id, id, public_key, secret, key_id)
    values (${shard}, ${tenantId}, ${id}, ${publicKey}, ${secret}, ${keyId})
    on conflict do nothing
    returning id, public_key, created_at, expires_at, false as shredded`;
}

/** Deletes those that sign no more: their time is over, or nobody can open them since the tenant's keys were shredded. */
export function dropUselessSigningKeys(
  sql: ReservedSql,
  { shard, tenantId }: TenantRef,
): PendingQuery<Row[]> {
  return sql`
    delete from signing_keys
    where shard = ${shard} and tenant_id = ${tenantId}
      and (expires_at <= now() or ${isShredded(sql, 'signing_keys', 'key_id', sql`${shard}`)})`;
}

/** Deletes those before the current one, and with `currentToo` all of them. @returns those that went */
export function dropSigningKeys(
  sql: ReservedSql,
  { shard, tenantId }: TenantRef,
  { currentToo }: { currentToo: boolean },
): PendingQuery<(Row & { publicKey: Buffer })[]> {
  return sql`
    delete from signing_keys
    where shard = ${shard} and tenant_id = ${tenantId} ${currentToo ? sql`` : sql`and expires_at is not null`}
    returning public_key`;
}

/** The current one signs for `overlapMs` more, and is the one before. */
export function expireSigningKey(
  sql: ReservedSql,
  { shard, tenantId }: TenantRef,
  overlapMs: number,
): PendingQuery<(Row & { publicKey: Buffer; expiresAt: Date })[]> {
  return sql`
    update signing_keys set expires_at = now() + ${overlapMs}::float8 * interval '1 millisecond'
    where shard = ${shard} and tenant_id = ${tenantId} and expires_at is null
    returning public_key, expires_at`;
}

/** Makes every worker read the endpoints of the tenant again, with what they are signed by. */
export function resignEndpoints(sql: ReservedSql, { shard, tenantId }: TenantRef): PendingQuery<Row[]> {
  return sql`update endpoints set version = version + 1 where shard = ${shard} and tenant_id = ${tenantId}`;
}
