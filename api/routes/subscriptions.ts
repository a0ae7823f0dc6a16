// /api/v1/subscriptions: who wants to be told of what, and in which words.
import { createRoute, z } from '@hono/zod-openapi';
import type { ReservedSql } from '../../db/client.ts';
import { changeRules } from '../../db/statements/notification-rules.ts';
import {
  deleteSubscription,
  insertMessage,
  insertSubscription,
  listSubscriptions,
  type SubscriptionRow,
  updateSubscription,
} from '../../db/statements/subscriptions.ts';
import type { Tenant } from '../../db/tenants.ts';
import { violatedConstraint } from '../../db/violated-constraint.ts';
import { PawlError } from '../../engine/errors.ts';
import { isJsonObject, type JsonObject } from '../../engine/json.ts';
import type { Trigger } from '../../subscriptions/trigger.ts';
import { auditOf } from '../audit-entry.ts';
import { connectionsOpenTo, mayDo } from '../auth/decide-access.ts';
import type { Principal } from '../auth/principal.ts';
import { createOnce } from '../create-once.ts';
import type { ApiDeps } from '../deps.ts';
import { existingScope, scopeTree } from '../existing-scope.ts';
import { existingSubscription, requireSubscriptionWrite } from '../existing-subscription.ts';
import { idempotencyHeader } from '../idempotency.ts';
import {
  newSubscriptionSchema,
  presentSubscription,
  subscriptionChangeSchema,
  subscriptionPreviewRequestSchema,
  subscriptionPreviewSchema,
  subscriptionSchema,
} from '../resources/subscriptions.ts';
import {
  answer,
  body,
  createRouter,
  guarded,
  idOf,
  page,
  pageOf,
  pageQuery,
  readIdCursor,
} from '../routing.ts';
import { checkedMessage, type Message } from '../subscription-message.ts';
import { previewSubscription } from '../subscription-preview.ts';

const tags = ['Notifications'];
const params = z.object({ id: idOf('subscription') });

const create = createRoute({
  method: 'post',
  path: '/subscriptions',
  tags,
  summary: 'Subscribe',
  description:
    'To a connection (`action`), told only where it is supplied, or to an endpoint (`endpoint`). The message is checked in full, as an action of a definition is. It takes `job.read` as well, as a message may say all there is of a job.',
  ...guarded('subscription.write', 'some', 'job.read'),
  request: { body: body(newSubscriptionSchema) },
  responses: { 201: answer(subscriptionSchema, 'The subscription; it holds from now on.') },
});

const list = createRoute({
  method: 'get',
  path: '/subscriptions',
  tags,
  summary: 'List subscriptions, newest first',
  ...guarded('subscription.read', 'some'),
  request: {
    query: z.strictObject({
      ...pageQuery,
      connection: z.guid().toLowerCase().optional(),
      endpoint: z.guid().toLowerCase().optional(),
      scope: z.guid().toLowerCase().optional(),
      trigger: z.string().max(100).optional().openapi({ description: 'A kind of trigger.' }),
    }),
  },
  responses: { 200: answer(page(subscriptionSchema), 'A page of those the caller may see.') },
});

const get = createRoute({
  method: 'get',
  path: '/subscriptions/{id}',
  tags,
  summary: 'Get a subscription',
  ...guarded('subscription.read', 'some'),
  request: { params },
  responses: { 200: answer(subscriptionSchema, 'The subscription.') },
});

const change = createRoute({
  method: 'patch',
  path: '/subscriptions/{id}',
  tags,
  summary: 'Change, disable or enable a subscription',
  description: 'What was due before says what it was to say. What it waits for stays: subscribe anew.',
  ...guarded('subscription.write', 'some', 'job.read'),
  request: { params, body: body(subscriptionChangeSchema) },
  responses: { 200: answer(subscriptionSchema, 'The subscription as it is now.') },
});

const remove = createRoute({
  method: 'delete',
  path: '/subscriptions/{id}',
  tags,
  summary: 'Unsubscribe',
  description: 'What was due and has not gone out is skipped; the deliveries made stay.',
  ...guarded('subscription.write', 'some', 'job.read'),
  request: { params },
  responses: { 204: { description: 'It is gone.' } },
});

const previewMessage = createRoute({
  method: 'post',
  path: '/subscriptions/preview',
  tags,
  summary: 'See what a subscription would say before it is made',
  description:
    'Of the newest job in its scope, or the one that is named. Nothing is written and nothing is sent.',
  ...guarded('subscription.write', 'some', 'job.read'),
  request: { body: body(subscriptionPreviewRequestSchema) },
  responses: { 200: answer(subscriptionPreviewSchema, 'The request, and whether it could go out.') },
});

export function subscriptionsRoutes(deps: ApiDeps) {
  const { db, ids } = deps;
  const log = auditOf(deps, 'subscription');

  async function shown(sql: ReservedSql, tenant: Tenant, principal: Principal, id: string) {
    const row = await existingSubscription(sql, tenant, principal, id);
    return presentSubscription(row, await scopeTree(sql, tenant));
  }

  return createRouter()
    .openapi({ ...create, parameters: [idempotencyHeader] }, async (c) => {
      const { name, scope_id: scopeId, trigger, filter, action, endpoint, enabled } = c.req.valid('json');
      const { tenant, principal } = c.var;
      const of = { tenantId: tenant.id, id: ids.next() };
      const asked = c.req.valid('json') as JsonObject;
      const { answer } = await createOnce(deps, c, asked, async (sql) => {
        await changeRules(sql, tenant.shard, of);
        if (scopeId !== null) await existingScope(sql, tenant, scopeId);
        const wanted = { kind: trigger.kind, filter, action, endpoint };
        const message = await checkedMessage(sql, tenant, wanted);
        requireSubscriptionWrite(principal, message);
        const { connectionId, endpointId } = message;
        const messageId = ids.next();
        const made = { ...of, name, scopeId, trigger: trigger as JsonObject, connectionId, endpointId };
        await insertSubscription(sql, tenant.shard, {
          ...made,
          messageId,
          enabled,
          createdBy: principal.actor,
        });
        const said = { tenantId: tenant.id, id: messageId, subscriptionId: of.id, action: message.action };
        await insertMessage(sql, tenant.shard, said);
        const data = { name, scope_id: scopeId, trigger: made.trigger, action: message.action };
        await log(sql, c, of.id, 'created', data);
        return shown(sql, tenant, principal, of.id);
      }).catch((error) => {
        throw nameTaken(error, name);
      });
      c.header('Location', `/api/v1/subscriptions/${answer.id}`);
      return c.json(answer, 201);
    })

    .openapi(list, async (c) => {
      const { limit, cursor, connection, endpoint, scope, trigger } = c.req.valid('query');
      const { tenant, principal } = c.var;
      const seesAll = mayDo(principal, 'subscription.read');
      const of = {
        tenantId: tenant.id,
        connectionId: connection ?? null,
        endpointId: endpoint ?? null,
        scopeId: scope ?? null,
        kind: trigger ?? null,
        onConnections: seesAll ? null : connectionsOpenTo(principal, 'subscription.read'),
        before: readIdCursor(cursor),
        limit,
      };
      const { rows, tree } = await db.forTenants([tenant.id], async (sql) => ({
        rows: await listSubscriptions(sql, tenant.shard, of),
        tree: await scopeTree(sql, tenant),
      }));
      return c.json(
        pageOf(
          rows,
          limit,
          (row) => presentSubscription(row, tree),
          ({ id }) => [id],
        ),
        200,
      );
    })

    .openapi(get, async (c) => {
      const { tenant, principal } = c.var;
      const row = await db.forTenants([tenant.id], (sql) =>
        shown(sql, tenant, principal, c.req.valid('param').id),
      );
      return c.json(row, 200);
    })

    .openapi(change, async (c) => {
      const asked = c.req.valid('json');
      const { tenant, principal } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      const row = await db
        .forTenants([tenant.id], async (sql) => {
          await changeRules(sql, tenant.shard, of);
          const before = await existingSubscription(sql, tenant, principal, of.id);
          requireSubscriptionWrite(principal, before);
          const { name = before.name, scope_id: scopeId = before.scopeId, enabled = before.enabled } = asked;
          if (scopeId !== null) await existingScope(sql, tenant, scopeId);
          const message = await changedMessage(sql, tenant, before, asked);
          if (message) requireSubscriptionWrite(principal, message);
          const messageId = message ? ids.next() : before.messageId;
          if (message) {
            const { action } = message;
            const said = { tenantId: tenant.id, id: messageId, subscriptionId: of.id, action };
            await insertMessage(sql, tenant.shard, said);
          }
          const { connectionId, endpointId } = message ?? before;
          const now = { ...of, name, scopeId, enabled, messageId, connectionId, endpointId };
          await updateSubscription(sql, tenant.shard, now);
          const data = { name, scope_id: scopeId, enabled, ...(message && { action: message.action }) };
          await log(sql, c, of.id, 'updated', data);
          return shown(sql, tenant, principal, of.id);
        })
        .catch((error) => {
          throw nameTaken(error, asked.name ?? '');
        });
      return c.json(row, 200);
    })

    .openapi(previewMessage, async (c) => {
      const { tenant, principal } = c.var;
      return c.json(await previewSubscription(deps, tenant, principal, c.req.valid('json')), 200);
    })

    .openapi(remove, async (c) => {
      const { tenant, principal } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      await db.forTenants([tenant.id], async (sql) => {
        await changeRules(sql, tenant.shard, of);
        const before = await existingSubscription(sql, tenant, principal, of.id);
        requireSubscriptionWrite(principal, before);
        await deleteSubscription(sql, tenant.shard, of);
        await log(sql, c, of.id, 'deleted', { name: before.name });
      });
      return c.body(null, 204);
    });
}

/** @returns null when it is to say what it said */
async function changedMessage(
  sql: ReservedSql,
  tenant: Tenant,
  before: SubscriptionRow,
  asked: z.infer<typeof subscriptionChangeSchema>,
): Promise<Message | null> {
  const { filter, action, endpoint } = asked;
  if (filter === undefined && action === undefined && endpoint === undefined) return null;
  const { when = null, ...said } = (isJsonObject(before.action) ? before.action : {}) as JsonObject;
  const { kind } = before.trigger as Trigger;
  const kept =
    before.endpointId === null ? { action: said, endpoint: undefined } : keptEndpoint(before, said);
  const target = action || endpoint ? { action, endpoint } : kept;
  const condition = filter === undefined ? (when as string | null) : filter;
  return checkedMessage(sql, tenant, { kind, filter: condition, ...target });
}

function keptEndpoint({ endpointId }: SubscriptionRow, said: JsonObject) {
  const { body } = said.params as JsonObject;
  const endpoint = {
    endpoint_id: endpointId as string,
    body,
    retry: said.retry as JsonObject,
    timeout_ms: said.timeout_ms as number,
  };
  return { action: undefined, endpoint };
}

function nameTaken(error: unknown, name: string): unknown {
  if (violatedConstraint(error) !== 'subscriptions_name_once') return error;
  return new PawlError('Conflict', 'subscription_name_taken', `There is a subscription "${name}" already.`);
}
