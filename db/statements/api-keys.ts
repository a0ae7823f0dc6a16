// Service principals: made, listed, revoked, and looked up by the hash of their key.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface ApiKeyRow {
  id: string;
  name: string;
  prefix: string;
  createdBy: string;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
  /** Its roles in the organisation. */
  roles: string[];
}

export function insertApiKey(
  sql: ReservedSql,
  shard: number,
  key: {
    tenantId: string;
    id: string;
    name: string;
    prefix: string;
    hash: Buffer;
    createdBy: string;
    expiresAt: Date | null;
  },
): PendingQuery<(Row & { createdAt: Date })[]> {
  return sql`
    insert into api_keys (shard, tenant_id, id, name, prefix, hash, created_by, expires_at)
    values (${shard}, ${key.tenantId}, ${key.id}, ${key.name}, ${key.prefix}, ${key.hash}, ${key.createdBy},
      ${key.expiresAt})
    returning created_at`;
}

/** Newest first. One more than `limit`, so that the caller knows whether there is another page. */
export function listApiKeys(
  sql: ReservedSql,
  shard: number,
  { tenantId, before, limit }: { tenantId: string; before: string | null; limit: number },
): PendingQuery<(Row & ApiKeyRow)[]> {
  return sql`
    ${selectApiKeys(sql, shard, tenantId)}
    ${before === null ? sql`` : sql`and k.id < ${before}`}
    order by k.id desc limit ${limit + 1}`;
}

export function findApiKey(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & ApiKeyRow)[]> {
  return sql`${selectApiKeys(sql, shard, tenantId)} and k.id = ${id}`;
}

/** @returns a row when the key was not revoked before */
export function revokeApiKey(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    update api_keys set revoked_at = now()
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} and revoked_at is null
    returning id`;
}

function selectApiKeys(sql: ReservedSql, shard: number, tenantId: string): PendingQuery<Row[]> {
  return sql`
    select k.id, k.name, k.prefix, k.created_by, k.created_at, k.expires_at, k.revoked_at, k.last_used_at,
      array_to_json(array(
        select r.role from role_assignments r
        where r.shard = ${shard} and r.tenant_id = ${tenantId}
          and r.principal_type = 'service' and r.principal_id = k.id::text and r.connection_id is null
        order by r.role)) as roles
    from api_keys k
    where k.shard = ${shard} and k.tenant_id = ${tenantId}`;
}

export interface ServicePrincipalRow {
  id: string;
  hash: Buffer;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

/** By the unique index on the hash. */
export function findServicePrincipal(
  sql: ReservedSql,
  shard: number,
  { tenantId, hash }: { tenantId: string; hash: Buffer },
): PendingQuery<(Row & ServicePrincipalRow)[]> {
  return sql`
    select id, hash, expires_at, revoked_at from api_keys
    where shard = ${shard} and tenant_id = ${tenantId} and hash = ${hash}`;
}

/** Does nothing for a key that is worth nothing, or that was used a moment ago. */
export function markApiKeyUsed(
  sql: ReservedSql,
  shard: number,
  { tenantId, hash }: { tenantId: string; hash: Buffer },
): PendingQuery<Row[]> {
  return sql`
    update api_keys set last_used_at = now()
    where shard = ${shard} and tenant_id = ${tenantId} and hash = ${hash}
      and revoked_at is null and (expires_at is null or expires_at > now())
      and (last_used_at is null or last_used_at < now() - interval '1 minute')`;
}
