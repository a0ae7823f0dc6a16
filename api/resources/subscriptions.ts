// Subscriptions as the API takes and shows them.
import { z } from '@hono/zod-openapi';
import type { SubscriptionRow } from '../../db/statements/subscriptions.ts';
import { isJsonObject, type JsonObject } from '../../engine/json.ts';
import { reachOf } from '../../subscriptions/reach.ts';
import type { ScopeTree } from '../../subscriptions/scope-tree.ts';
import type { Trigger } from '../../subscriptions/trigger.ts';
import { name as anyName } from '../inputs/names.ts';
import { SUBSCRIPTION_TRIGGERS } from '../inputs/subscription.ts';
import { expression } from '../inputs/trigger.ts';
import { json, jsonObject } from '../routing.ts';
import { requestSchema } from './simulations.ts';

const id = z.guid().toLowerCase();
const name = anyName.meta({ description: 'Unique in the tenant.' });
const scopeId = id.nullable().openapi({ description: 'It and all that is in it; null: the organisation.' });
const trigger = z
  .discriminatedUnion('kind', SUBSCRIPTION_TRIGGERS)
  .openapi('SubscriptionTrigger', { description: 'What it waits for.' }) satisfies z.ZodType<Trigger>;
const filter = expression.nullable().meta({
  description:
    'CEL over `job`, `context`, `event`, `transition`, `tenant`, `workflow`; told only where it is true.',
  example: "job.status == 'ERROR' || context.amount > 1000",
});
const action = jsonObject.openapi({
  description:
    'A WEBHOOK or INTEGRATION action as definitions have them: the connection, and the message as templates.',
  example: {
    action_type: 'INTEGRATION',
    params: {
      connection_id: '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f',
      operation: 'slack.post_message',
      input: { text: '<<workflow.name>> <<job.key>> is <<job.status>>' },
    },
  },
});
const endpoint = z
  .strictObject({
    endpoint_id: id,
    body: json.optional().openapi({ description: 'A template; without it `{type, timestamp, data}`.' }),
    retry: jsonObject.optional().openapi({ description: 'As in definitions; without it over some hours.' }),
    timeout_ms: z.int().optional(),
  })
  .openapi('EndpointMessage');

const oneTarget = (given: { action?: unknown; endpoint?: unknown }) =>
  (given.action === undefined) !== (given.endpoint === undefined);

export const newSubscriptionSchema = z
  .strictObject({
    name,
    scope_id: scopeId.default(null),
    trigger,
    filter: filter.default(null),
    action: action.optional(),
    endpoint: endpoint.optional(),
    enabled: z.boolean().default(true),
  })
  .refine(oneTarget, { error: 'has either an action or an endpoint', path: ['action'] })
  .openapi('NewSubscription');

export const subscriptionChangeSchema = z
  .strictObject({
    name: name.optional(),
    scope_id: scopeId.optional(),
    filter: filter.optional(),
    action: action.optional(),
    endpoint: endpoint.optional(),
    enabled: z
      .boolean()
      .optional()
      .openapi({ description: 'While it is false, deliveries that come due are SKIPPED.' }),
  })
  .refine((given) => given.action === undefined || given.endpoint === undefined, {
    error: 'has either an action or an endpoint',
    path: ['action'],
  })
  .openapi('SubscriptionChange');

export const subscriptionPreviewRequestSchema = z
  .strictObject({
    scope_id: scopeId.default(null),
    trigger,
    filter: filter.default(null),
    action: action.optional(),
    endpoint: endpoint.optional(),
    job_id: id.optional().openapi({ description: 'Default: the newest job in the scope.' }),
  })
  .refine(oneTarget, { error: 'has either an action or an endpoint', path: ['action'] })
  .openapi('SubscriptionPreviewRequest');

export type EndpointTarget = z.infer<typeof endpoint>;

export const reachSchema = z
  .object({
    supply: z.enum(['all', 'part', 'none']).openapi({
      description:
        'Where in its scope the connection is supplied: `part` is some scopes below, `none` is nowhere.',
    }),
    blocked: z
      .enum([
        'not_supplied',
        'connection_disabled',
        'connection_not_found',
        'endpoint_disabled',
        'endpoint_not_found',
      ])
      .nullable()
      .openapi({ description: 'Why nothing can go out through it as things are; null: it can.' }),
  })
  .openapi('SubscriptionReach');

export const subscriptionSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    scope_id: z.string().nullable(),
    trigger,
    filter: z.string().nullable(),
    action: jsonObject.nullable(),
    endpoint: z.object({ endpoint_id: z.string(), body: json, retry: json, timeout_ms: z.int() }).nullable(),
    enabled: z.boolean(),
    reach: reachSchema,
    created_by: z.string(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('Subscription');

export const subscriptionPreviewSchema = z
  .object({
    job: z
      .object({ id: z.string(), key: z.string().nullable() })
      .nullable()
      .openapi({ description: 'What it tells of; null: there is no job yet, and it is an example.' }),
    filter: z.enum(['true', 'false', 'error', 'unknown']),
    filter_message: z.string().nullable().openapi({ description: 'Why it is not `true`.' }),
    request: requestSchema.nullable(),
    problems: z.array(jsonObject).openapi({ description: 'Why there is no request.' }),
    reach: reachSchema,
  })
  .openapi('SubscriptionPreview');

export type Target = Pick<
  SubscriptionRow,
  'scopeId' | 'connectionId' | 'targetEnabled' | 'suppliedToAll' | 'suppliedTo'
>;

export function presentReach(tree: ScopeTree, target: Target): z.infer<typeof reachSchema> {
  const { scopeId, connectionId, targetEnabled, suppliedToAll, suppliedTo } = target;
  const supply = connectionId === null ? null : { toAll: suppliedToAll, scopes: new Set(suppliedTo) };
  const reach = reachOf(tree, scopeId, supply);
  const kind = connectionId === null ? 'endpoint' : 'connection';
  if (targetEnabled === null) return { supply: reach, blocked: `${kind}_not_found` };
  if (!targetEnabled) return { supply: reach, blocked: `${kind}_disabled` };
  return { supply: reach, blocked: reach === 'none' ? 'not_supplied' : null };
}

export function presentSubscription(
  row: SubscriptionRow,
  tree: ScopeTree,
): z.infer<typeof subscriptionSchema> {
  const { when, ...action } = isJsonObject(row.action) ? row.action : {};
  const { params, retry, timeout_ms: timeoutMs } = action as JsonObject & { params: JsonObject };
  const endpoint = row.endpointId && {
    endpoint_id: row.endpointId,
    body: params.body ?? null,
    retry: retry ?? null,
    timeout_ms: Number(timeoutMs),
  };
  return {
    id: row.id,
    name: row.name,
    scope_id: row.scopeId,
    trigger: row.trigger as Trigger,
    filter: typeof when === 'string' ? when : null,
    action: row.endpointId === null ? action : null,
    endpoint: endpoint || null,
    enabled: row.enabled,
    reach: presentReach(tree, row),
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
