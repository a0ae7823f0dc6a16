// Subscriptions as people make and change them. What commits read of them is in notification-rules.ts.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';

export interface SubscriptionRow {
  id: string;
  name: string;
  scopeId: string | null;
  trigger: JsonObject;
  connectionId: string | null;
  endpointId: string | null;
  messageId: string;
  action: Json;
  enabled: boolean;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
  /** Of the connection or endpoint; null: it is gone. */
  targetEnabled: boolean | null;
  suppliedToAll: boolean;
  /** Scopes that the connection is supplied to. */
  suppliedTo: string[];
}

interface SubscriptionRef {
  tenantId: string;
  id: string;
}

const shown = (sql: ReservedSql, shard: number, tenantId: string) => sql`
  select s.id, s.name, s.scope_id, s.trigger, s.connection_id, s.endpoint_id, s.message_id, m.action, s.enabled,
    s.created_by, s.created_at, s.updated_at, coalesce(c.enabled, e.enabled) as target_enabled,
    coalesce(c.supplied_to_all, false) as supplied_to_all, array(
      select p.scope_id from supplies p
      where p.shard = ${shard} and p.tenant_id = ${tenantId} and p.connection_id = s.connection_id) as supplied_to
  from subscriptions s
  join subscription_messages m on m.shard = ${shard} and m.tenant_id = ${tenantId} and m.id = s.message_id
  left join connections c on c.shard = ${shard} and c.tenant_id = ${tenantId} and c.id = s.connection_id
  left join endpoints e on e.shard = ${shard} and e.tenant_id = ${tenantId} and e.id = s.endpoint_id
  where s.shard = ${shard} and s.tenant_id = ${tenantId}`;

/** Newest first, one more than `limit`. */
export function listSubscriptions(
  sql: ReservedSql,
  shard: number,
  of: {
    tenantId: string;
    connectionId: string | null;
    endpointId: string | null;
    scopeId: string | null;
    kind: string | null;
    onConnections: readonly string[] | null;
    before: string | null;
    limit: number;
  },
): PendingQuery<(Row & SubscriptionRow)[]> {
  return sql`
    ${shown(sql, shard, of.tenantId)}
      ${of.connectionId === null ? sql`` : sql`and s.connection_id = ${of.connectionId}`}
      ${of.endpointId === null ? sql`` : sql`and s.endpoint_id = ${of.endpointId}`}
      ${of.scopeId === null ? sql`` : sql`and s.scope_id = ${of.scopeId}`}
      ${of.kind === null ? sql`` : sql`and s.trigger ->> 'kind' = ${of.kind}`}
      ${of.onConnections === null ? sql`` : sql`and s.connection_id = any (${of.onConnections as string[]}::uuid[])`}
      ${of.before === null ? sql`` : sql`and s.id < ${of.before}`}
    order by s.id desc limit ${of.limit + 1}`;
}

export function findSubscription(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: SubscriptionRef,
): PendingQuery<(Row & SubscriptionRow)[]> {
  return sql`${shown(sql, shard, tenantId)} and s.id = ${id}`;
}

/** Violates `subscriptions_name_once` when another one has the name. */
export function insertSubscription(
  sql: ReservedSql,
  shard: number,
  made: SubscriptionRef &
    Pick<
      SubscriptionRow,
      'name' | 'scopeId' | 'trigger' | 'connectionId' | 'endpointId' | 'messageId' | 'enabled' | 'createdBy'
    >,
): PendingQuery<Row[]> {
  return sql`
    insert into subscriptions (shard, tenant_id, id, name, scope_id, trigger, connection_id, endpoint_id, message_id,
      enabled, created_by)
    values (${shard}, ${made.tenantId}, ${made.id}, ${made.name}, ${made.scopeId},
      ${jsonText(made.trigger)}::text::jsonb, ${made.connectionId}, ${made.endpointId}, ${made.messageId},
      ${made.enabled}, ${made.createdBy})`;
}

/** Violates `subscriptions_name_once`, as `insertSubscription`. */
export function updateSubscription(
  sql: ReservedSql,
  shard: number,
  now: SubscriptionRef &
    Pick<SubscriptionRow, 'name' | 'scopeId' | 'connectionId' | 'endpointId' | 'messageId' | 'enabled'>,
): PendingQuery<Row[]> {
  return sql`
    update subscriptions set name = ${now.name}, scope_id = ${now.scopeId}, connection_id = ${now.connectionId},
      endpoint_id = ${now.endpointId}, message_id = ${now.messageId}, enabled = ${now.enabled}, updated_at = now()
    where shard = ${shard} and tenant_id = ${now.tenantId} and id = ${now.id}`;
}

export function insertMessage(
  sql: ReservedSql,
  shard: number,
  { tenantId, id, subscriptionId, action }: SubscriptionRef & { subscriptionId: string; action: JsonObject },
): PendingQuery<Row[]> {
  return sql`
    insert into subscription_messages (shard, tenant_id, id, subscription_id, action)
    values (${shard}, ${tenantId}, ${id}, ${subscriptionId}, ${jsonText(action)}::text::jsonb)`;
}

/** Its messages go with it; what was delivered stays. */
export function deleteSubscription(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: SubscriptionRef,
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    delete from subscriptions where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} returning id`;
}
