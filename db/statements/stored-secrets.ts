// Secrets of any table, as key rotation reads and moves them while everything runs.
import type { JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';
import type { KeyPlace, TenantRef } from './tenant-keys.ts';

/** A tenant-owned table with an `id`, a column of ciphertext, and one with the id of its key; both may be null. */
export interface SecretTable {
  table: string;
  /** The ciphertext. */
  column: string;
  /** The id of the key that the ciphertext is under. */
  keyColumn: string;
  /** Further columns of text that it is bound to. */
  boundTo: readonly string[];
  /** Whether readers who remember the row compare its `version`. */
  versioned: boolean;
}

/** With the columns of `boundTo`, in camel case. */
export type SecretRow = KeyPlace & { secret: Buffer; keyId: string } & Readonly<Record<string, unknown>>;

/** What the id of a data key looks like; any other key id is one of the ring. */
const DATA_KEY_ID = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';

/**
 * Secrets that are not under the newest data key of their tenant, behind `after` in primary key order; those whose key
 * was shredded are left out. Locks nothing.
 */
export function listSecretsToMove(
  sql: Sql,
  { table, column, keyColumn, boundTo }: SecretTable,
  { tenantId, after, limit }: { tenantId: string | null; after: KeyPlace | null; limit: number },
): PendingQuery<(Row & SecretRow)[]> {
  const keyId = sql`s.${sql(keyColumn)}`;
  return sql`
    select s.shard, s.tenant_id, s.id, s.${sql(column)} as secret, ${keyId} as key_id
      ${boundTo.length === 0 ? sql`` : boundTo.map((name) => sql`, s.${sql(name)}`)}
    from ${sql(table)} s
    where s.${sql(column)} is not null and ${keyId} is distinct from (
        select k.id::text from tenant_keys k where k.shard = s.shard and k.tenant_id = s.tenant_id
        order by k.generation desc limit 1)
      and (${keyId} !~ ${DATA_KEY_ID} or exists (
        select from tenant_keys k
        where k.shard = s.shard and k.tenant_id = s.tenant_id and k.id::text = ${keyId}))
      ${tenantId === null ? sql`` : sql`and s.tenant_id = ${tenantId}`}
      ${after === null ? sql`` : sql`and (s.shard, s.tenant_id, s.id) > (${after.shard}, ${after.tenantId}, ${after.id})`}
    order by s.shard, s.tenant_id, s.id limit ${limit}`;
}

export interface MovedSecret {
  row: KeyPlace & { secret: Buffer };
  now: { blob: Buffer; keyId: string };
}

/** The driver takes a list of buffers for one. */
const hex = (bytes: Buffer): string => bytes.toString('hex');

/** @returns the ids of those that nobody had changed meanwhile */
export function moveSecrets(
  sql: ReservedSql,
  { table, column, keyColumn, versioned }: SecretTable,
  moved: readonly MovedSecret[],
): PendingQuery<(Row & { id: string })[]> {
  const rows = moved.map(({ row }) => row);
  return sql`
    update ${sql(table)} s set ${sql(column)} = decode(n.now, 'hex'), ${sql(keyColumn)} = n.key_id
      ${versioned ? sql`, version = version + 1` : sql``}
    from unnest(${rows.map(({ shard }) => shard)}::smallint[], ${rows.map(({ tenantId }) => tenantId)}::uuid[],
      ${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ secret }) => hex(secret))}::text[],
      ${moved.map(({ now }) => hex(now.blob))}::text[], ${moved.map(({ now }) => now.keyId)}::text[])
      as n (shard, tenant_id, id, was, now, key_id)
    where s.shard = n.shard and s.tenant_id = n.tenant_id and s.id = n.id and s.${sql(column)} = decode(n.was, 'hex')
    returning s.id`;
}

/** Secrets directly under a master key, by key. `tenant` null: of all tenants. */
export function countDirect(
  sql: Sql | ReservedSql,
  { table, keyColumn }: SecretTable,
  tenant: TenantRef | null,
): PendingQuery<(Row & { keyId: string; secrets: number })[]> {
  return sql`
    select ${sql(keyColumn)} as key_id, count(*)::integer as secrets from ${sql(table)}
    where ${sql(keyColumn)} !~ ${DATA_KEY_ID}
      ${tenant === null ? sql`` : sql`and shard = ${tenant.shard} and tenant_id = ${tenant.tenantId}`}
    group by 1 order by 1`;
}

/** Secrets under data keys, and how many of them are under one that is there no more. */
export function countSecrets(
  sql: Sql | ReservedSql,
  { table, keyColumn }: SecretTable,
  tenant: TenantRef | null,
): PendingQuery<(Row & { secrets: number; unreadable: number })[]> {
  return sql`
    select count(*)::integer as secrets,
      (count(*) filter (where ${isShredded(sql, 's', keyColumn)}))::integer as unreadable
    from ${sql(table)} s
    where s.${sql(keyColumn)} ~ ${DATA_KEY_ID}
      ${tenant === null ? sql`` : sql`and s.shard = ${tenant.shard} and s.tenant_id = ${tenant.tenantId}`}`;
}

/**
 * Whether the key of a secret is a data key that is there no more.
 * @param table as the statement calls it
 * @param shard of the secret: its column, or the value, where Citus is to know that the statement is for one shard
 */
export function isShredded(
  sql: Sql | ReservedSql,
  table: string,
  keyColumn: SecretTable['keyColumn'],
  shard: PendingQuery<Row[]> = sql`${sql(table)}.shard`,
): PendingQuery<Row[]> {
  const keyId = sql`${sql(table)}.${sql(keyColumn)}`;
  return sql`(${keyId} ~ ${DATA_KEY_ID} and not exists (
    select from tenant_keys k
    where k.shard = ${shard} and k.tenant_id = ${sql(table)}.tenant_id and k.id::text = ${keyId}))`;
}

/** One entry of the log for each of `entries`. */
export function logMoved(
  sql: ReservedSql,
  kind: string,
  entries: readonly { id: string; of: KeyPlace; data: JsonObject }[],
): PendingQuery<Row[]> {
  return sql`
    insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
    select here.shard, tenant_id, subject_id, id, ${kind}, 'operator', data
    from shards here join unnest(${entries.map(({ of }) => of.shard)}::smallint[], ${entries.map(({ of }) => of.tenantId)}::uuid[],
      ${entries.map(({ of }) => of.id)}::uuid[], ${entries.map(({ id }) => id)}::uuid[],
      ${entries.map(({ data }) => JSON.stringify(data))}::jsonb[]) as e (shard, tenant_id, subject_id, id, data)
      using (shard)`;
}
