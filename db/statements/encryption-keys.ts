// What the master keys of the ring are known by.
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

/** Its id is free for another key from then on. */
export function deleteKey(sql: Sql, keyId: string): PendingQuery<Row[]> {
  return sql`delete from encryption_keys where key_id = ${keyId} returning key_id`;
}
