// /api/v1/endpoints: plain URLs of consumers, whose requests are signed by Standard Webhooks.
import { randomBytes } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import {
  deleteEndpoint,
  type EndpointRow,
  expireEndpointSecrets,
  findEndpoint,
  insertEndpoint,
  insertEndpointSecret,
  listEndpoints,
  lockEndpoint,
  updateEndpoint,
} from '../../db/statements/endpoints.ts';
import { changeRules } from '../../db/statements/notification-rules.ts';
import type { Tenant } from '../../db/tenants.ts';
import { parseTarget } from '../../egress/address-rules.ts';
import { PawlError } from '../../engine/errors.ts';
import { keyIdOf } from '../../vault/blob.ts';
import { bindingOfEndpoint } from '../../vault/endpoint-secrets.ts';
import { announce } from '../announce.ts';
import { auditOf } from '../audit-entry.ts';
import { mayDo } from '../auth/decide-access.ts';
import { createOnce } from '../create-once.ts';
import type { ApiDeps } from '../deps.ts';
import { idempotencyHeader } from '../idempotency.ts';
import { healthOf } from '../receiver-health.ts';
import {
  createdEndpointSchema,
  endpointChangeSchema,
  endpointSchema,
  newEndpointSchema,
  presentEndpoint,
  rotatedSecretSchema,
} from '../resources/endpoints.ts';
import { OVERLAP_HOURS, overlapHours } from '../resources/overlap.ts';
import {
  answer,
  body,
  createRouter,
  forbidden,
  guarded,
  idOf,
  notFound,
  page,
  pageOf,
  pageQuery,
  readIdCursor,
} from '../routing.ts';
import { holdKey } from '../sealed-credentials.ts';
import { createSigningKeys } from '../signing-keys.ts';

const tags = ['Notifications'];
const params = z.object({ id: idOf('endpoint') });

const create = createRoute({
  method: 'post',
  path: '/endpoints',
  tags,
  summary: 'Add an endpoint',
  description:
    'Under the same Idempotency-Key again there is one endpoint, and the answer is without its secret: `rotate` makes another.',
  ...guarded('endpoint.write'),
  request: { body: body(newEndpointSchema) },
  responses: { 201: answer(createdEndpointSchema, 'The endpoint, and its secret for the only time.') },
});

const list = createRoute({
  method: 'get',
  path: '/endpoints',
  tags,
  summary: 'List endpoints, newest first',
  ...guarded('endpoint.read'),
  request: { query: z.strictObject({ ...pageQuery, enabled: z.enum(['true', 'false']).optional() }) },
  responses: { 200: answer(page(endpointSchema), 'A page of endpoints.') },
});

const get = createRoute({
  method: 'get',
  path: '/endpoints/{id}',
  tags,
  summary: 'Get an endpoint',
  ...guarded('endpoint.read'),
  request: { params },
  responses: { 200: answer(endpointSchema, 'The endpoint.') },
});

const change = createRoute({
  method: 'patch',
  path: '/endpoints/{id}',
  tags,
  summary: 'Change, disable or enable an endpoint',
  description:
    'Another URL, and being enabled again, close its circuit and lift a pause that it asked for. Another URL takes `job.read` as well, as subscribing does: what subscriptions say of jobs goes there.',
  ...guarded('endpoint.write'),
  request: { params, body: body(endpointChangeSchema) },
  responses: { 200: answer(endpointSchema, 'The endpoint as it is now.') },
});

const HOUR_MS = 3_600_000;

const rotate = createRoute({
  method: 'post',
  path: '/endpoints/{id}/rotate',
  tags,
  summary: 'Replace the secret of an endpoint',
  description: 'Requests carry a signature of each secret while the old one still holds.',
  ...guarded('endpoint.write'),
  request: {
    params,
    body: {
      ...body(
        z.strictObject({
          overlap_hours: overlapHours(
            'How long the secret before goes on to sign. 0 when it is known to strangers.',
          ),
        }),
      ),
      required: false,
    },
  },
  responses: { 200: answer(rotatedSecretSchema, 'The new secret, for the only time.') },
});

const remove = createRoute({
  method: 'delete',
  path: '/endpoints/{id}',
  tags,
  summary: 'Delete an endpoint that no subscription goes to',
  ...guarded('endpoint.write'),
  request: { params },
  responses: { 204: { description: 'It is gone.' } },
});

/** Standard Webhooks: 24 to 64. */
const SECRET_BYTES = 32;

export function endpointsRoutes(deps: ApiDeps) {
  const { db, ids, encrypt } = deps;
  const log = auditOf(deps, 'endpoint');
  const signingKeys = createSigningKeys(deps);

  /** Called before the transaction that stores what it gives; in that, `holdKey` comes first. */
  async function newSecret(tenant: Tenant, endpointId: string) {
    const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
    const tenantId = tenant.id;
    const sealed = await encrypt({ secret }, bindingOfEndpoint({ tenantId, endpointId }));
    const row = { tenantId, endpointId, id: ids.next(), secret: sealed, keyId: keyIdOf(sealed) };
    return { secret, row };
  }

  function checkUrl(url: string): void {
    const target = parseTarget(url, deps.egressPolicy);
    if (target.ok) return;
    const { message } = target;
    throw new PawlError('InvalidInput', 'endpoint_invalid', 'The endpoint cannot be saved like this.', {
      problems: [{ pointer: '/url', code: 'address_not_allowed', message, severity: 'error' }],
    });
  }

  return createRouter()
    .openapi({ ...create, parameters: [idempotencyHeader] }, async (c) => {
      const asked = c.req.valid('json');
      const { url, description, signed_by: signedBy } = asked;
      const { tenant } = c.var;
      checkUrl(url);
      const id = ids.next();
      const { secret, row: sealed } = await newSecret(tenant, id);
      const firstKey = signedBy === 'secret' ? null : await signingKeys.prepare(tenant);
      const { answer, replayed } = await createOnce(deps, c, asked, async (sql) => {
        await holdKey(deps, sql, tenant, sealed.keyId);
        if (signedBy !== 'secret') await signingKeys.hold(sql, c, firstKey);
        const made = { tenantId: tenant.id, id, url, description, signedBy };
        const [row] = await insertEndpoint(sql, tenant.shard, made);
        await insertEndpointSecret(sql, tenant.shard, sealed);
        await log(sql, c, id, 'created', { url, description, signed_by: signedBy });
        return presentEndpoint(row as EndpointRow);
      });
      c.header('Location', `/api/v1/endpoints/${answer.id}`);
      return c.json({ ...answer, ...(!replayed && { secret }) }, 201);
    })

    .openapi(list, async (c) => {
      const { limit, cursor, enabled } = c.req.valid('query');
      const { tenant } = c.var;
      const of = {
        tenantId: tenant.id,
        enabled: enabled === undefined ? null : enabled === 'true',
        before: readIdCursor(cursor),
        limit,
      };
      const rows = await db.once<EndpointRow[]>([tenant.id], (sql) => listEndpoints(sql, tenant.shard, of));
      return c.json(
        pageOf(rows, limit, presentEndpoint, ({ id }) => [id]),
        200,
      );
    })

    .openapi(get, async (c) => {
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      const [row] = await db.once<EndpointRow[]>([tenant.id], (sql) => findEndpoint(sql, tenant.shard, of));
      if (!row) throw notFound('endpoint');
      return c.json(presentEndpoint(row), 200);
    })

    .openapi(change, async (c) => {
      const asked = c.req.valid('json');
      const { tenant, principal } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      if (asked.url !== undefined) checkUrl(asked.url);
      const byKey = asked.signed_by === 'key' || asked.signed_by === 'both';
      const firstKey = byKey ? await signingKeys.prepare(tenant) : null;
      const row = await db.forTenants([tenant.id], async (sql) => {
        if (byKey) await signingKeys.hold(sql, c, firstKey);
        const [before] = await lockEndpoint(sql, tenant.shard, of);
        if (!before) throw notFound('endpoint');
        const now = {
          url: asked.url ?? before.url,
          description: asked.description === undefined ? before.description : (asked.description ?? ''),
          signedBy: asked.signed_by ?? before.signedBy,
          enabled: asked.enabled ?? before.enabled,
        };
        // What its subscriptions say would go elsewhere: as much as subscribing, which takes the same.
        if (now.url !== before.url && !mayDo(principal, 'job.read')) throw forbidden('job.read');
        // What was found out of the address before says nothing of this one.
        if (now.url !== before.url || (now.enabled && !before.enabled)) {
          const health = healthOf(deps, c.var, { connectionId: of.id, toEndpoint: true });
          await health.closeCircuit(sql);
          await health.liftPause(sql);
        }
        const [row] = await updateEndpoint(sql, tenant.shard, of, now);
        const { signedBy, ...shown } = now;
        await log(sql, c, of.id, 'updated', { ...shown, signed_by: signedBy });
        return row as EndpointRow;
      });
      await announce(deps, `endpoint:${tenant.id}:${of.id}`);
      return c.json(presentEndpoint(row), 200);
    })

    .openapi(rotate, async (c) => {
      const overlapMs = (c.req.valid('json').overlap_hours ?? OVERLAP_HOURS) * HOUR_MS;
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      const { secret, row: sealed } = await newSecret(tenant, of.id);
      const until = await db.forTenants([tenant.id], async (sql) => {
        await holdKey(deps, sql, tenant, sealed.keyId);
        const [endpoint] = await lockEndpoint(sql, tenant.shard, of);
        if (!endpoint) throw notFound('endpoint');
        const replaced = await expireEndpointSecrets(sql, tenant.shard, { ...of, overlapMs });
        await insertEndpointSecret(sql, tenant.shard, sealed);
        const until =
          replaced
            .map(({ expiresAt }) => expiresAt.toISOString())
            .sort()
            .at(-1) ?? null;
        await log(sql, c, of.id, 'rotated', { previous_expires_at: until });
        return until;
      });
      return c.json({ secret, previous_expires_at: until }, 200);
    })

    .openapi(remove, async (c) => {
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      await db.forTenants([tenant.id], async (sql) => {
        // A subscription that is being made to it waits, or is seen.
        await changeRules(sql, tenant.shard, of);
        const [endpoint] = await lockEndpoint(sql, tenant.shard, of);
        if (!endpoint) throw notFound('endpoint');
        const [gone] = await deleteEndpoint(sql, tenant.shard, of);
        if (!gone) throw new PawlError('Conflict', 'endpoint_in_use', 'Subscriptions go to this endpoint.');
        await log(sql, c, of.id, 'deleted', { url: endpoint.url });
      });
      return c.body(null, 204);
    });
}
