// Sources as the API makes, shows and changes them, and as a request to one finds it.
import type { JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';
import { jsonText } from '../json-text.ts';
import { isShredded } from './stored-secrets.ts';

/** All but the ciphertext. */
export interface SourceRow {
  id: string;
  name: string;
  kind: string;
  config: JsonObject;
  keyId: string;
  /** Its key is there no more. */
  shredded: boolean;
  /** Until when the secret before the last rotation is accepted too; null when there is none. */
  previousUntil: Date | null;
  isActive: boolean;
  /** Of its last stored request. */
  lastReceivedAt: Date | null;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface SealedSecret {
  secret: Buffer;
  keyId: string;
}

interface SourceRef {
  tenantId: string;
  id: string;
}

/**
 * Two rows, one of them for every request that knows the id alone: for a transaction. @returns nothing when the name is taken
 */
export async function insertSource(
  sql: ReservedSql,
  shard: number,
  made: SourceRef & SealedSecret & { name: string; kind: string; config: JsonObject; isActive: boolean },
): Promise<(Row & SourceRow)[]> {
  const rows = await sql<(Row & SourceRow)[]>`
    insert into sources as s (shard, tenant_id, id, name, kind, config, secret, key_id, is_active)
    values (${shard}, ${made.tenantId}, ${made.id}, ${made.name}, ${made.kind},
      ${jsonText(made.config)}::text::jsonb, ${made.secret}, ${made.keyId}, ${made.isActive})
    on conflict on constraint sources_name_once do nothing
    returning ${ownColumns(sql)}, false as shredded, null::timestamptz as last_received_at`;
  if (rows.length > 0) {
    await sql`insert into source_addresses (id, shard, owner_id) values (${made.id}, ${shard}, ${made.tenantId})`;
  }
  return rows;
}

/** Newest first, one more than `limit`. */
export function listSources(
  sql: ReservedSql,
  shard: number,
  filter: { tenantId: string; kind: string | null; before: string | null; limit: number },
): PendingQuery<(Row & SourceRow)[]> {
  const { tenantId, kind, before, limit } = filter;
  return sql`
    select ${shownColumns(sql, shard)} from sources s
    where shard = ${shard} and tenant_id = ${tenantId}
      ${kind === null ? sql`` : sql`and kind = ${kind}`}
      ${before === null ? sql`` : sql`and id < ${before}`}
    order by id desc limit ${limit + 1}`;
}

export function findSource(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: SourceRef,
): PendingQuery<(Row & SourceRow)[]> {
  return sql`
    select ${shownColumns(sql, shard)} from sources s
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

/** As `findSource`, and locks the row until the transaction ends. */
export function lockSource(
  sql: ReservedSql,
  shard: number,
  ref: SourceRef,
): PendingQuery<(Row & SourceRow)[]> {
  return sql`${findSource(sql, shard, ref)} for no key update`;
}

/** What a change leaves out stays. */
export interface SourceChange {
  name: string | null;
  config: JsonObject | null;
  isActive: boolean | null;
  /** The secret before it is accepted for so many more seconds; 0: not at all, nor is any before that. */
  rotation: (SealedSecret & { overlapSeconds: number }) | null;
}

/** Violates `sources_name_once` when another source has the name. */
export function updateSource(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: SourceRef,
  { name, config, isActive, rotation }: SourceChange,
): PendingQuery<(Row & SourceRow)[]> {
  return sql`
    with s as (
    update sources s set version = version + 1, updated_at = now()
      ${name === null ? sql`` : sql`, name = ${name}`}
      ${config === null ? sql`` : sql`, config = ${jsonText(config)}::text::jsonb`}
      ${isActive === null ? sql`` : sql`, is_active = ${isActive}`}
      ${rotation === null ? sql`` : rotated(sql, rotation)}
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}
    returning *)
    select ${shownColumns(sql, shard)} from s`;
}

function rotated(
  sql: ReservedSql,
  { secret, keyId, overlapSeconds }: NonNullable<SourceChange['rotation']>,
): PendingQuery<Row[]> {
  const before =
    overlapSeconds === 0
      ? noSecretBefore(sql)
      : sql`previous_secret = secret, previous_key_id = key_id,
          previous_until = now() + ${overlapSeconds}::integer * interval '1 second'`;
  return sql`, ${before}, secret = ${secret}, key_id = ${keyId}`;
}

/** The secret before the last rotation is accepted no more. */
export function dropPreviousSecret(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: SourceRef,
): PendingQuery<(Row & { version: number })[]> {
  return sql`
    update sources set version = version + 1, updated_at = now(), ${noSecretBefore(sql)}
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}
    returning version`;
}

function noSecretBefore(sql: ReservedSql): PendingQuery<Row[]> {
  return sql`previous_secret = null, previous_key_id = null, previous_until = null`;
}

/**
 * Its triggers go with it. Its events stay; those still waiting are given up by the next worker that comes by. For a
 * transaction.
 */
export async function deleteSource(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: SourceRef,
): Promise<void> {
  await sql`delete from source_addresses where id = ${id} and owner_id = ${tenantId}`;
  await sql`delete from sources where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

/** Whose a source is, for whoever knows its id: the one question about sources that is asked without a tenant. */
export function findSourceOwner(sql: Sql, id: string): PendingQuery<(Row & { tenantId: string })[]> {
  return sql`select owner_id as tenant_id from source_addresses where id = ${id}`;
}

/** What a request is checked with. */
export interface SealedSource {
  id: string;
  name: string;
  kind: string;
  config: JsonObject;
  secret: Buffer;
  previousSecret: Buffer | null;
  previousUntil: Date | null;
  isActive: boolean;
}

export function loadSealedSource(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: SourceRef,
): PendingQuery<(Row & SealedSource)[]> {
  return sql`
    select id, name, kind, config, secret, previous_secret, previous_until, is_active from sources
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

function shownColumns(sql: ReservedSql, shard: number): PendingQuery<Row[]> {
  return sql`${ownColumns(sql)}, ${isShredded(sql, 's', 'key_id', sql`${shard}`)} as shredded, ${lastReceived(sql, shard)}`;
}

function ownColumns(sql: ReservedSql): PendingQuery<Row[]> {
  return sql`s.id, s.name, s.kind, s.config, s.key_id, s.previous_until, s.is_active, s.version, s.created_at, s.updated_at`;
}

/** The last entry of `inbound_events_by_source`, so that no request has to write it down. */
function lastReceived(sql: ReservedSql, shard: number): PendingQuery<Row[]> {
  return sql`(
    select e.received_at from inbound_events e
    where e.shard = ${shard} and e.tenant_id = s.tenant_id and e.source_id = s.id
    order by e.id desc limit 1) as last_received_at`;
}
