// What decides who is told of what, read whole, and the version by which everybody who remembers it knows that it changed.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

interface TenantRef {
  tenantId: string;
}

/**
 * Begins every change to scopes, supplies, subscriptions, or to where a workflow stands. Locks the tenant's row until
 * the transaction ends, so that such changes follow one another; commits of jobs read it and do not wait.
 */
export function changeRules(sql: ReservedSql, shard: number, { tenantId }: TenantRef): PendingQuery<Row[]> {
  return sql`
    insert into notification_rules as r (shard, tenant_id, version) values (${shard}, ${tenantId}, 1)
    on conflict (shard, tenant_id) do update set version = r.version + 1`;
}

export function rulesVersions(
  sql: ReservedSql,
  shard: number,
  tenantIds: readonly string[],
): PendingQuery<(Row & { tenantId: string; version: number })[]> {
  return sql`
    select tenant_id, version from notification_rules
    where shard = ${shard} and tenant_id = any (${tenantIds as string[]}::uuid[])`;
}

export interface RuleSubscriptionRow {
  id: string;
  scopeId: string | null;
  trigger: JsonObject;
  connectionId: string | null;
  endpointId: string | null;
  messageId: string;
  action: Json;
  enabled: boolean;
}

export function loadSubscriptions(
  sql: ReservedSql,
  shard: number,
  { tenantId }: TenantRef,
): PendingQuery<(Row & RuleSubscriptionRow)[]> {
  return sql`
    select s.id, s.scope_id, s.trigger, s.connection_id, s.endpoint_id, s.message_id, m.action, s.enabled
    from subscriptions s
    join subscription_messages m on m.shard = ${shard} and m.tenant_id = ${tenantId} and m.id = s.message_id
    where s.shard = ${shard} and s.tenant_id = ${tenantId}
    order by s.id`;
}

export function loadScopes(
  sql: ReservedSql,
  shard: number,
  { tenantId }: TenantRef,
): PendingQuery<(Row & { id: string; parentId: string | null })[]> {
  return sql`select id, parent_id from scopes where shard = ${shard} and tenant_id = ${tenantId}`;
}

/** Also the organisation-wide flag: as a supply without a scope. */
export function loadSupplies(
  sql: ReservedSql,
  shard: number,
  { tenantId }: TenantRef,
): PendingQuery<(Row & { connectionId: string; scopeId: string | null })[]> {
  return sql`
    select connection_id, scope_id from supplies where shard = ${shard} and tenant_id = ${tenantId}
    union all
    select id, null from connections where shard = ${shard} and tenant_id = ${tenantId} and supplied_to_all`;
}

export function loadWorkflowScopes(
  sql: ReservedSql,
  shard: number,
  { tenantId }: TenantRef,
): PendingQuery<(Row & { id: string; scopeId: string })[]> {
  return sql`
    select id, scope_id from workflows
    where shard = ${shard} and tenant_id = ${tenantId} and scope_id is not null`;
}
