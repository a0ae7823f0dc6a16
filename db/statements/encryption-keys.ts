// What encryption keys are known by, and how many connections are stored under each.
import type { PendingQuery, Row, Sql } from '../client.ts';

export interface KnownKey {
  keyId: string;
  fingerprint: string;
  createdAt: Date;
}

export function listKeys(sql: Sql): PendingQuery<(Row & KnownKey)[]> {
  return sql`select key_id, fingerprint, created_at from encryption_keys order by created_at, key_id`;
}

/** Two processes that start at once know the same key: the second insert is none. */
export function insertKey(
  sql: Sql,
  { keyId, fingerprint }: Pick<KnownKey, 'keyId' | 'fingerprint'>,
): PendingQuery<Row[]> {
  return sql`insert into encryption_keys (key_id, fingerprint) values (${keyId}, ${fingerprint}) on conflict do nothing`;
}

/** Over all tenants, so as role `pawl_operator`. Served by `connections_by_key`. */
export function listKeysInUse(sql: Sql): PendingQuery<(Row & { keyId: string; connections: number })[]> {
  return sql`select key_id, count(*)::integer as connections from connections group by key_id order by key_id`;
}
