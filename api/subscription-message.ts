// What a subscription is to say, checked against what the tenant has: its connections, its endpoints, their operations.
import type { ReservedSql } from '../db/client.ts';
import { findEndpoint } from '../db/statements/endpoints.ts';
import { findConnectionsById } from '../db/statements/workflows.ts';
import type { Tenant } from '../db/tenants.ts';
import { PawlError } from '../engine/errors.ts';
import { isJsonObject, type JsonObject } from '../engine/json.ts';
import { operationReferences } from '../integrations/catalogue.ts';
import { ENDPOINT } from '../integrations/endpoint.ts';
import { checkMessage, endpointAction } from '../subscriptions/message.ts';
import type { Trigger } from '../subscriptions/trigger.ts';
import type { EndpointTarget } from './resources/subscriptions.ts';
import { ID_PART, notFound } from './routing.ts';

export interface WantedMessage {
  kind: Trigger['kind'];
  filter: string | null;
  /** One of the two. */
  action: JsonObject | undefined;
  endpoint: EndpointTarget | undefined;
}

export interface Message {
  /** To be stored. */
  action: JsonObject;
  connectionId: string | null;
  endpointId: string | null;
}

const operations = operationReferences();

/** @throws PawlError `endpoint_not_found`, InvalidInput `subscription_invalid` with every problem */
export async function checkedMessage(
  sql: ReservedSql,
  tenant: Tenant,
  { kind, filter, action: asked, endpoint }: WantedMessage,
): Promise<Message> {
  const action = endpoint ? forEndpoint(kind, endpoint) : (asked ?? {});
  const targetId = targetOf(action);
  const connections = endpoint
    ? await asConnection(sql, tenant, endpoint.endpoint_id)
    : await connectionsById(sql, tenant, targetId);
  const references = { connections, workflows: new Set<string>(), operations };
  const pointers = endpoint ? inEndpoint : (inside: string) => `/action${inside}`;
  const checked = checkMessage({ action, filter }, references, pointers);
  if (!checked.ok) {
    const message = 'The subscription cannot be saved like this.';
    throw new PawlError('InvalidInput', 'subscription_invalid', message, { problems: checked.problems });
  }
  return {
    action: checked.action as unknown as JsonObject,
    connectionId: endpoint ? null : targetId,
    endpointId: endpoint ? endpoint.endpoint_id : null,
  };
}

const forEndpoint = (kind: Trigger['kind'], { endpoint_id: endpointId, body, ...rest }: EndpointTarget) =>
  endpointAction(kind, { endpointId, body, retry: rest.retry, timeoutMs: rest.timeout_ms });

const inEndpoint = (inside: string): string =>
  `/endpoint${inside.replace(/^\/params\/connection_id/, '/endpoint_id').replace(/^\/params/, '')}`;

function targetOf({ params }: JsonObject): string | null {
  const id = isJsonObject(params) ? params.connection_id : null;
  return typeof id === 'string' && ID_PART.test(id) ? id : null;
}

async function connectionsById(sql: ReservedSql, tenant: Tenant, id: string | null) {
  const of = { tenantId: tenant.id, ids: id === null ? [] : [id] };
  const found = await findConnectionsById(sql, tenant.shard, of);
  return new Map(found.map((connection) => [connection.id, connection]));
}

/** An endpoint that is disabled may be subscribed to: enabling it is one call. */
async function asConnection(sql: ReservedSql, tenant: Tenant, id: string) {
  const [found] = await findEndpoint(sql, tenant.shard, { tenantId: tenant.id, id });
  if (!found) throw notFound('endpoint');
  return new Map([[id, { provider: ENDPOINT, enabled: true }]]);
}
