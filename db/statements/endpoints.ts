// Endpoints of consumers as people make and change them. What workers read and say of them is in worker-deliveries.ts.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { isShredded } from './stored-secrets.ts';

/** With its own secret, with the key of its tenant, or with both. */
export type SignedBy = 'secret' | 'key' | 'both';

export interface EndpointRow {
  id: string;
  url: string;
  description: string;
  signedBy: SignedBy;
  enabled: boolean;
  disabledReason: string | null;
  failingSince: Date | null;
  /** The key of its secret is there no more. */
  shredded: boolean;
  /** Until when the secret before the last rotation signs too. */
  previousUntil: Date | null;
  /** As workers share it; see connection-health.ts. */
  circuit: 'closed' | 'open' | 'half_open';
  openUntil: Date | null;
  lastError: { code: string; message: string } | null;
  /** null when it is over. */
  pausedUntil: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

interface EndpointRef {
  tenantId: string;
  id: string;
}

const ownColumns = (sql: ReservedSql): PendingQuery<Row[]> =>
  sql`id, url, description, signed_by, enabled, disabled_reason, failing_since, created_at, updated_at`;

const columns = (sql: ReservedSql, shard: number) =>
  sql`${ownColumns(sql)}, (
    select max(s.expires_at) from endpoint_secrets s
    where s.shard = ${shard} and s.tenant_id = endpoints.tenant_id and s.endpoint_id = endpoints.id
      and s.expires_at > now()) as previous_until,
    exists (
      select from endpoint_secrets s
      where s.shard = ${shard} and s.tenant_id = endpoints.tenant_id and s.endpoint_id = endpoints.id
        and s.expires_at is null and ${isShredded(sql, 's', 'key_id', sql`${shard}`)}) as shredded,
    coalesce((${healthOf(sql, shard, sql`h.circuit`)}), 'closed') as circuit,
    (${healthOf(sql, shard, sql`h.open_until`)}) as open_until, (${healthOf(sql, shard, sql`h.last_error`)}) as last_error,
    (${healthOf(sql, shard, sql`h.paused_until`)} and h.paused_until > now()) as paused_until`;

const healthOf = (sql: ReservedSql, shard: number, column: PendingQuery<Row[]>): PendingQuery<Row[]> => sql`
  select ${column} from endpoint_health h
  where h.shard = ${shard} and h.tenant_id = endpoints.tenant_id and h.endpoint_id = endpoints.id`;

/** Newest first, one more than `limit`. */
export function listEndpoints(
  sql: ReservedSql,
  shard: number,
  of: { tenantId: string; enabled: boolean | null; before: string | null; limit: number },
): PendingQuery<(Row & EndpointRow)[]> {
  return sql`
    select ${columns(sql, shard)} from endpoints
    where shard = ${shard} and tenant_id = ${of.tenantId}
      ${of.enabled === null ? sql`` : sql`and enabled = ${of.enabled}`}
      ${of.before === null ? sql`` : sql`and id < ${of.before}`}
    order by id desc limit ${of.limit + 1}`;
}

export function findEndpoint(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: EndpointRef,
): PendingQuery<(Row & EndpointRow)[]> {
  return sql`
    select ${columns(sql, shard)} from endpoints where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

export function lockEndpoint(
  sql: ReservedSql,
  shard: number,
  ref: EndpointRef,
): PendingQuery<(Row & EndpointRow)[]> {
  return sql`${findEndpoint(sql, shard, ref)} for update`;
}

export function insertEndpoint(
  sql: ReservedSql,
  shard: number,
  made: EndpointRef & Pick<EndpointRow, 'url' | 'description' | 'signedBy'>,
): PendingQuery<(Row & EndpointRow)[]> {
  return sql`
    insert into endpoints (shard, tenant_id, id, url, description, signed_by)
    values (${shard}, ${made.tenantId}, ${made.id}, ${made.url}, ${made.description}, ${made.signedBy})
    returning ${ownColumns(sql)}, null::timestamptz as previous_until, false as shredded, 'closed' as circuit, null::timestamptz as open_until,
      null::jsonb as last_error, null::timestamptz as paused_until`;
}

/** Enabling it begins anew: what it failed before is forgotten. */
export function updateEndpoint(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: EndpointRef,
  { url, description, signedBy, enabled }: Pick<EndpointRow, 'url' | 'description' | 'signedBy' | 'enabled'>,
): PendingQuery<(Row & EndpointRow)[]> {
  return sql`
    with endpoints as (
    update endpoints set version = version + 1, updated_at = now(), url = ${url}, description = ${description},
      signed_by = ${signedBy},
      disabled_reason = case when ${enabled} then null else disabled_reason end,
      failing_since = case when ${enabled} and not enabled then null else failing_since end, enabled = ${enabled}
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}
    returning *)
    select ${columns(sql, shard)} from endpoints`;
}

export function insertEndpointSecret(
  sql: ReservedSql,
  shard: number,
  made: { tenantId: string; endpointId: string; id: string; secret: Buffer; keyId: string },
): PendingQuery<Row[]> {
  return sql`
    insert into endpoint_secrets (shard, tenant_id, id, endpoint_id, secret, key_id)
    values (${shard}, ${made.tenantId}, ${made.id}, ${made.endpointId}, ${made.secret}, ${made.keyId})`;
}

/** The secrets there are sign for `overlapMs` more; those whose time is over go, and those that nobody can read any more. @returns until when the latest signs */
export function expireEndpointSecrets(
  sql: ReservedSql,
  shard: number,
  { tenantId, id, overlapMs }: EndpointRef & { overlapMs: number },
): PendingQuery<(Row & { expiresAt: Date })[]> {
  return sql`
    with gone as (
      delete from endpoint_secrets s
      where s.shard = ${shard} and s.tenant_id = ${tenantId} and s.endpoint_id = ${id}
        and (s.expires_at <= now() or ${isShredded(sql, 's', 'key_id', sql`${shard}`)})
    ), known as (
      update endpoints set version = version + 1, updated_at = now()
      where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}
    )
    update endpoint_secrets s
    set expires_at = least(s.expires_at, now() + ${overlapMs}::float8 * interval '1 millisecond')
    where s.shard = ${shard} and s.tenant_id = ${tenantId} and s.endpoint_id = ${id}
      and (s.expires_at is null or s.expires_at > now()) and not ${isShredded(sql, 's', 'key_id', sql`${shard}`)}
    returning s.expires_at`;
}

/** @returns no row when there is none, or when a subscription names it */
export function deleteEndpoint(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: EndpointRef,
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    delete from endpoints e
    where e.shard = ${shard} and e.tenant_id = ${tenantId} and e.id = ${id}
      and not exists (
        select from subscriptions s
        where s.shard = ${shard} and s.tenant_id = ${tenantId} and s.endpoint_id = e.id)
    returning e.id`;
}
