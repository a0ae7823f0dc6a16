// Moves stored credentials from one encryption key to another, row by row, while everything runs.
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';

export interface RekeyRow {
  shard: number;
  tenantId: string;
  id: string;
  provider: string;
  credentials: Buffer;
  keyId: string;
  allowedOrigin: string;
  version: number;
}

export type RekeyPlace = Pick<RekeyRow, 'shard' | 'tenantId' | 'id'>;

/** Connections under any key but `keyId`, behind `after` in primary key order. As role `pawl_operator`; locks nothing. */
export function listToRekey(
  sql: Sql,
  { keyId, after, limit }: { keyId: string; after: RekeyPlace | null; limit: number },
): PendingQuery<(Row & RekeyRow)[]> {
  return sql`
    select shard, tenant_id, id, provider, credentials, key_id, allowed_origin, version from connections
    where key_id <> ${keyId}
      ${after === null ? sql`` : sql`and (shard, tenant_id, id) > (${after.shard}, ${after.tenantId}, ${after.id})`}
    order by shard, tenant_id, id limit ${limit}`;
}

/** @returns no row when somebody changed the connection meanwhile: theirs holds */
export function rekeyConnection(
  sql: ReservedSql,
  { shard, tenantId, id, credentials, version }: RekeyRow,
  now: { credentials: Buffer; keyId: string },
): PendingQuery<(Row & { version: number })[]> {
  return sql`
    update connections set credentials = ${now.credentials}, key_id = ${now.keyId}, version = version + 1
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}
      and version = ${version} and credentials = ${credentials}
    returning version`;
}
