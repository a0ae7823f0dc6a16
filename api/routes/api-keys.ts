// /api/v1/api-keys: the tenant's service principals.
import { createRoute, z } from '@hono/zod-openapi';
import { type ApiKeyRow, findApiKey, listApiKeys, revokeApiKey } from '../../db/statements/api-keys.ts';
import { appendLog } from '../../db/statements/append-log.ts';
import { lockAccess } from '../../db/statements/groups.ts';
import { PawlError } from '../../engine/errors.ts';
import { announce } from '../announce.ts';
import { createApiKey } from '../auth/create-api-key.ts';
import { mayGrant } from '../auth/decide-access.ts';
import { requireOwner } from '../auth/last-owner.ts';
import type { ApiDeps } from '../deps.ts';
import { apiKeySchema, createdApiKeySchema, newApiKeySchema, presentApiKey } from '../resources/api-keys.ts';
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

const tags = ['Access'];

const create = createRoute({
  method: 'post',
  path: '/api-keys',
  tags,
  summary: 'Create an API key',
  description: 'A key without roles may do nothing until it is given some.',
  ...guarded('api_key.write'),
  request: { body: body(newApiKeySchema) },
  responses: { 201: answer(createdApiKeySchema, 'The key, shown this once.') },
});

const list = createRoute({
  method: 'get',
  path: '/api-keys',
  tags,
  summary: 'List API keys, newest first',
  ...guarded('api_key.read'),
  request: { query: z.strictObject(pageQuery) },
  responses: { 200: answer(page(apiKeySchema), 'A page, revoked keys among them.') },
});

const revoke = createRoute({
  method: 'post',
  path: '/api-keys/{id}/revoke',
  tags,
  summary: 'Revoke an API key',
  description: 'For good. Revoking it again changes nothing. The last Owner’s key is kept (`last_owner`).',
  ...guarded('api_key.write'),
  request: { params: z.object({ id: idOf('api_key') }) },
  responses: { 200: answer(apiKeySchema, 'The key as it is now.') },
});

export function apiKeysRoutes(deps: ApiDeps) {
  const { db, ids, clock } = deps;
  return createRouter()
    .openapi(create, async (c) => {
      const { name, roles, expires_at: expiresAt = null } = c.req.valid('json');
      const { tenant, principal } = c.var;
      if (roles.some((role) => !mayGrant(principal, role, null))) throw forbidden('role.write');
      if (expiresAt !== null && expiresAt <= clock.now()) {
        throw new PawlError(
          'InvalidInput',
          'expiry_in_the_past',
          'A key that has expired already is of no use.',
        );
      }
      const { actor } = principal;
      const made = await createApiKey(db, tenant, { name, roles, expiresAt, actor });
      await announce(deps, `api_key:${tenant.id}`);
      const { id, key, prefix, createdAt } = made;
      const row = {
        id,
        name,
        prefix,
        createdBy: actor,
        createdAt,
        expiresAt,
        revokedAt: null,
        lastUsedAt: null,
      };
      const shown = presentApiKey({ ...row, roles: [...new Set(roles)].sort() });
      return c.json({ ...shown, key }, 201);
    })

    .openapi(list, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const { tenant } = c.var;
      const filter = { tenantId: tenant.id, before: readIdCursor(cursor), limit };
      const rows = await db.once<ApiKeyRow[]>([tenant.id], (sql) => listApiKeys(sql, tenant.shard, filter));
      return c.json(
        pageOf(rows, limit, presentApiKey, (row) => [row.id]),
        200,
      );
    })

    .openapi(revoke, async (c) => {
      const { id } = c.req.valid('param');
      const { tenant, principal } = c.var;
      const of = { tenantId: tenant.id, id };
      const row = await db.forTenants([tenant.id], async (sql) => {
        await lockAccess(sql, tenant.id);
        const [revoked] = await revokeApiKey(sql, tenant.shard, of);
        if (revoked) {
          const { actor } = principal;
          const entry = {
            tenantId: tenant.id,
            subjectId: id,
            id: ids.next(),
            kind: 'api_key.revoked',
            actor,
          };
          await appendLog(sql, tenant.shard, { ...entry, data: {} });
        }
        const [row] = await findApiKey(sql, tenant.shard, of);
        if (revoked && row?.roles.includes('Owner')) await requireOwner(sql, tenant);
        return row;
      });
      if (!row) throw notFound('api_key');
      await announce(deps, `api_key:${tenant.id}`);
      return c.json(presentApiKey(row), 200);
    });
}
