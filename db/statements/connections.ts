// Connections as the API writes and shows them. What workers read of them is in worker-connections.ts.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';
import { isShredded } from './stored-secrets.ts';

/** All but the ciphertext, which only workers have a use for. */
export interface ConnectionRow {
  id: string;
  provider: string;
  connectionName: string;
  keyId: string;
  allowedOrigin: string;
  fields: JsonObject;
  /** Nobody can read the credentials any more. */
  shredded: boolean;
  settings: JsonObject;
  enabled: boolean;
  /** Supplied to the whole organisation. */
  suppliedToAll: boolean;
  flag: string | null;
  flaggedAt: Date | null;
  lastTest: JsonObject | null;
  /** Of its receiver, as workers share it; see connection-health.ts. */
  circuit: 'closed' | 'open' | 'half_open';
  pausedUntil: Date | null;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface SealedCredentials {
  credentials: Buffer;
  keyId: string;
  allowedOrigin: string;
  /** Secrets masked. */
  fields: JsonObject;
}

interface ConnectionRef {
  tenantId: string;
  id: string;
}

export function insertConnection(
  sql: ReservedSql,
  shard: number,
  made: ConnectionRef & {
    provider: string;
    connectionName: string;
    settings: JsonObject;
    suppliedToAll?: boolean;
  } & SealedCredentials,
): PendingQuery<(Row & ConnectionRow)[]> {
  return sql`
    insert into connections (shard, tenant_id, id, provider, connection_name, credentials, key_id, allowed_origin,
      fields, settings, supplied_to_all)
    values (${shard}, ${made.tenantId}, ${made.id}, ${made.provider}, ${made.connectionName}, ${made.credentials},
      ${made.keyId}, ${made.allowedOrigin}, ${jsonText(made.fields)}::text::jsonb,
      ${jsonText(made.settings)}::text::jsonb, ${made.suppliedToAll ?? false})
    on conflict on constraint connections_name_once do nothing
    returning ${ownColumns(sql)}, false as shredded, 'closed' as circuit, null::timestamptz as paused_until`;
}

/** Newest first, one more than `limit`. */
export function listConnections(
  sql: ReservedSql,
  shard: number,
  filter: {
    tenantId: string;
    provider: string | null;
    enabled: boolean | null;
    /** When given, only these. */
    ids: readonly string[] | null;
    before: string | null;
    limit: number;
  },
): PendingQuery<(Row & ConnectionRow)[]> {
  const { tenantId, provider, enabled, ids, before, limit } = filter;
  return sql`
    select ${shownColumns(sql, shard)} from connections
    where shard = ${shard} and tenant_id = ${tenantId}
      ${provider === null ? sql`` : sql`and provider = ${provider}`}
      ${enabled === null ? sql`` : sql`and enabled = ${enabled}`}
      ${ids === null ? sql`` : sql`and id = any (${ids as string[]}::uuid[])`}
      ${before === null ? sql`` : sql`and id < ${before}`}
    order by id desc limit ${limit + 1}`;
}

export function findConnection(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: ConnectionRef,
): PendingQuery<(Row & ConnectionRow)[]> {
  return sql`
    select ${shownColumns(sql, shard)} from connections
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

/** As `findConnection`, and locks the row until the transaction ends. */
export function lockConnection(
  sql: ReservedSql,
  shard: number,
  ref: ConnectionRef,
): PendingQuery<(Row & ConnectionRow)[]> {
  return sql`${findConnection(sql, shard, ref)} for update`;
}

/** What a change leaves out stays. */
export interface ConnectionChange {
  connectionName: string | null;
  enabled: boolean | null;
  suppliedToAll?: boolean | null;
  settings: JsonObject | null;
}

/** Violates `connections_name_once` when another connection has the name. */
export function updateConnection(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: ConnectionRef,
  { connectionName, enabled, suppliedToAll = null, settings }: ConnectionChange,
): PendingQuery<(Row & ConnectionRow)[]> {
  return sql`
    with connections as (
    update connections set version = version + 1, updated_at = now()
      ${connectionName === null ? sql`` : sql`, connection_name = ${connectionName}`}
      ${enabled === null ? sql`` : sql`, enabled = ${enabled}`}
      ${suppliedToAll === null ? sql`` : sql`, supplied_to_all = ${suppliedToAll}`}
      ${settings === null ? sql`` : sql`, settings = ${jsonText(settings)}::text::jsonb`}
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}
    returning *)
    select ${shownColumns(sql, shard)} from connections`;
}

/** New credentials clear what the provider said of the old ones: the flag, and the last test. */
export function rotateConnection(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: ConnectionRef,
  sealed: SealedCredentials,
): PendingQuery<(Row & ConnectionRow)[]> {
  return sql`
    with connections as (
    update connections set version = version + 1, updated_at = now(),
      credentials = ${sealed.credentials}, key_id = ${sealed.keyId}, allowed_origin = ${sealed.allowedOrigin},
      fields = ${jsonText(sealed.fields)}::text::jsonb, flag = null, flagged_at = null, last_test = null
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}
    returning *)
    select ${shownColumns(sql, shard)} from connections`;
}

export function deleteConnection(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: ConnectionRef,
): PendingQuery<Row[]> {
  return sql`delete from connections where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

export interface ConnectionUser {
  workflowId: string;
  name: string;
  version: number;
  published: boolean;
  hasLiveJobs: boolean;
}

/**
 * Versions that name the connection and may still use it: published ones, and those that live jobs run.
 * Looks through the definitions of the tenant, and through its live jobs in `jobs_not_done`.
 */
export function findConnectionUsers(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: ConnectionRef,
): PendingQuery<(Row & ConnectionUser)[]> {
  return sql`
    with naming as materialized (
      select v.id, v.version, w.id as workflow_id, w.name, w.published_version_id = v.id as published
      from workflow_versions v
      join workflows w on w.shard = ${shard} and w.tenant_id = ${tenantId} and w.id = v.workflow_id
      where v.shard = ${shard} and v.tenant_id = ${tenantId}
        and jsonb_path_exists(v.definition::jsonb, '$.**.connection_id ? (@ == $id)', jsonb_build_object('id', ${id}::text))
    ), asked as (
      select n.*, exists (
        select from (
          select workflow_version_id from jobs
          where shard = ${shard} and tenant_id = ${tenantId} and status = 'ACTIVE' offset 0) j
        where j.workflow_version_id = n.id) as has_live_jobs
      from naming n)
    select workflow_id, name, version, coalesce(published, false) as published, has_live_jobs from asked
    where published or has_live_jobs
    order by name, version`;
}

/** Subscriptions that notify through it. Reads those of the tenant. */
export function findConnectionSubscribers(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: ConnectionRef,
): PendingQuery<(Row & { id: string; name: string })[]> {
  return sql`
    select id, name from subscriptions
    where shard = ${shard} and tenant_id = ${tenantId} and connection_id = ${id} order by name`;
}

const ownColumns = (sql: ReservedSql): PendingQuery<Row[]> => sql`
  id, provider, connection_name, key_id, allowed_origin, fields, settings, enabled, supplied_to_all, flag, flagged_at,
  last_test, version, created_at, updated_at`;

function shownColumns(sql: ReservedSql, shard: number): PendingQuery<Row[]> {
  return sql`${ownColumns(sql)}, ${isShredded(sql, 'connections', 'key_id', sql`${shard}`)} as shredded,
    coalesce((${healthOf(sql, shard, sql`h.circuit`)}), 'closed') as circuit,
    (${healthOf(sql, shard, sql`h.paused_until`)} and h.paused_until > now()) as paused_until`;
}

const healthOf = (sql: ReservedSql, shard: number, column: PendingQuery<Row[]>): PendingQuery<Row[]> => sql`
  select ${column} from connection_health h
  where h.shard = ${shard} and h.tenant_id = connections.tenant_id and h.connection_id = connections.id`;

export interface ConnectionTestRow {
  id: string;
  connectionId: string;
  requestedBy: string;
  requestedAt: Date;
  answeredAt: Date | null;
  result: Json;
}

export function insertConnectionTest(
  sql: ReservedSql,
  shard: number,
  asked: { tenantId: string; id: string; connectionId: string; requestedBy: string },
): PendingQuery<(Row & ConnectionTestRow)[]> {
  return sql`
    insert into connection_tests (shard, tenant_id, id, connection_id, requested_by)
    values (${shard}, ${asked.tenantId}, ${asked.id}, ${asked.connectionId}, ${asked.requestedBy})
    returning id, connection_id, requested_by, requested_at, answered_at, result`;
}

export function findConnectionTest(
  sql: ReservedSql,
  shard: number,
  { tenantId, connectionId, id }: { tenantId: string; connectionId: string; id: string },
): PendingQuery<(Row & ConnectionTestRow)[]> {
  return sql`
    select id, connection_id, requested_by, requested_at, answered_at, result from connection_tests
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} and connection_id = ${connectionId}`;
}
