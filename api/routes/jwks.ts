// GET /api/tenants/{tenant_id}/jwks.json: the public keys that receivers check signatures of endpoints with. No bearer, as a
// public key is no secret. It tells nothing else of a tenant, not even whether there is one without a key.
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { listSigningKeys, type SigningKeyRow } from '../../db/statements/signing-keys.ts';
import { UUID } from '../../engine/uuid.ts';
import type { ApiDeps, AppEnv } from '../deps.ts';
import { etagOf, isAmong } from '../if-match.ts';
import { jwksSchema, presentJwks } from '../resources/signing-keys.ts';
import { answer, notFound } from '../routing.ts';

/** Far below the hours that a rotation overlaps: whoever goes by what it remembers meets no key that it does not know. */
const REMEMBERED_FOR_S = 300;

export function addJwksRoute(app: OpenAPIHono<AppEnv>, { db, tenants }: ApiDeps): void {
  async function keysOf(tenantId: string): Promise<SigningKeyRow[]> {
    const tenant = UUID.test(tenantId) ? await tenants.get(tenantId) : null;
    if (!tenant) return [];
    const of = { shard: tenant.shard, tenantId };
    const rows = await db.once<SigningKeyRow[]>([tenantId], (sql) => listSigningKeys(sql, of));
    return rows.filter(({ shredded }) => !shredded);
  }

  app.get(jwksPath(':tenant_id'), async (c: Context<AppEnv>) => {
    const rows = await keysOf((c.req.param('tenant_id') ?? '').toLowerCase());
    if (rows.length === 0) throw notFound('signing_key');
    const jwks = presentJwks(rows);
    const etag = etagOf(jwks);
    c.header('Cache-Control', `public, max-age=${REMEMBERED_FOR_S}`);
    c.header('ETag', etag);
    if (isAmong(c.req.header('if-none-match'), etag)) return c.body(null, 304);
    c.header('Content-Type', 'application/jwk-set+json');
    return c.body(JSON.stringify(jwks), 200);
  });
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: jwksPath('{tenant_id}'),
    tags: ['Notifications'],
    summary: 'Get the public keys of an organisation',
    description:
      'For receivers of what endpoints are told: `v1a` signatures are checked with one of these. Read it again when no key fits, and no more often than `Cache-Control` says.',
    security: [],
    parameters: [
      { name: 'tenant_id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
    ],
    responses: {
      200: {
        ...answer(jwksSchema, 'The keys that sign now.'),
        content: { 'application/jwk-set+json': { schema: jwksSchema } },
      },
      304: { description: 'They are those that `If-None-Match` names.' },
    },
  });
}

/** Where receivers find the keys of a tenant. */
export const jwksPath = (tenantId: string): string => `/api/tenants/${tenantId}/jwks.json`;
