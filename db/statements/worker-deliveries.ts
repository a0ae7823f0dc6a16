// What workers read to send deliveries, and say about endpoints that do not answer.
import type { Json } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { type ConnectionHealth, healthColumns } from './connection-health.ts';

interface Ref {
  tenantId: string;
  id: string;
}

export interface MessageRow {
  id: string;
  subscriptionId: string;
  action: Json;
}

export function loadMessage(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: Ref,
): PendingQuery<(Row & MessageRow)[]> {
  return sql`
    select id, subscription_id, action from subscription_messages
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

export interface SealedEndpointRow {
  id: string;
  url: string;
  enabled: boolean;
  failingSince: Date | null;
  version: number;
  /** What signs by `v1`: newest first, those that have expired left out; one that expires does so by itself. */
  secrets: Buffer[];
  /** What signs by `v1a`: private keys of the tenant, likewise. */
  keys: Buffer[];
  /** When the first of either expires. */
  expiresAt: Date | null;
}

/** With what workers share about it; `circuit` is null when there was never anything to share. */
export function loadEndpoint(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: Ref,
): PendingQuery<(Row & SealedEndpointRow & (ConnectionHealth | { circuit: null }))[]> {
  return sql`
    select e.id, e.url, e.enabled, e.failing_since, e.version, s.secrets, k.keys,
      least(s.expires_at, k.expires_at) as expires_at, ${healthColumns(sql)}
    from endpoints e
    left join endpoint_health h on h.shard = e.shard and h.tenant_id = e.tenant_id and h.endpoint_id = e.id
    cross join lateral (
      select coalesce(array_agg(secret order by id desc), '{}') as secrets, min(expires_at) as expires_at
      from endpoint_secrets
      where shard = ${shard} and tenant_id = ${tenantId} and endpoint_id = e.id and e.signed_by <> 'key'
        and (expires_at is null or expires_at > now())) s
    cross join lateral (
      select coalesce(array_agg(secret order by id desc), '{}') as keys, min(expires_at) as expires_at
      from signing_keys
      where shard = ${shard} and tenant_id = ${tenantId} and e.signed_by <> 'secret'
        and (expires_at is null or expires_at > now())) k
    where e.shard = ${shard} and e.tenant_id = ${tenantId} and e.id = ${id}`;
}

/** The first failure after a success, or since ever. The version makes every worker read it again. */
export function endpointFails(sql: ReservedSql, shard: number, { tenantId, id }: Ref): PendingQuery<Row[]> {
  return sql`
    update endpoints set failing_since = now(), version = version + 1
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} and failing_since is null`;
}

export function endpointAnswers(sql: ReservedSql, shard: number, { tenantId, id }: Ref): PendingQuery<Row[]> {
  return sql`
    update endpoints set failing_since = null, version = version + 1
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} and failing_since is not null`;
}

/**
 * Disables it, unless somebody changed it since. @param failingForMs only if it has failed for that long by now
 * @returns a row when this call disabled it
 */
export function disableEndpoint(
  sql: ReservedSql,
  shard: number,
  { tenantId, id, reason, failingForMs }: Ref & { reason: string; failingForMs: number },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    update endpoints set enabled = false, disabled_reason = ${reason}, version = version + 1, updated_at = now()
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} and enabled
      and (${failingForMs}::float8 = 0 or failing_since <= now() - ${failingForMs}::float8 * interval '1 millisecond')
    returning id`;
}

export interface TransitionRow {
  id: string;
  seq: number;
  from: string | null;
  to: string;
  at: Date;
}

/** The transition that a list of actions belongs to. Looks into each partition of the log. */
export function findTransition(
  sql: ReservedSql,
  shard: number,
  { tenantId, jobId, id }: Ref & { jobId: string },
): PendingQuery<(Row & TransitionRow)[]> {
  return sql`
    select id, seq, data ->> 'from' as from, data ->> 'to' as to, at from event_log
    where shard = ${shard} and tenant_id = ${tenantId} and subject_id = ${jobId} and id = ${id}
      and kind = 'transition' limit 1`;
}
