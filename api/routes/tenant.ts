// /api/v1/tenant: the organisation itself. Who is in it is members.ts; making one is /api/auth/organization/create.
import { createRoute, z } from '@hono/zod-openapi';
import { appendLog } from '../../db/statements/append-log.ts';
import { renameTenant } from '../../db/statements/tenants.ts';
import { announce } from '../announce.ts';
import { TENANT_NAME_CHARS_MAX } from '../auth/create-organisation.ts';
import type { ApiDeps } from '../deps.ts';
import { answer, body, createRouter, guarded } from '../routing.ts';

const tenantSchema = z.object({ id: z.string(), name: z.string(), slug: z.string() }).openapi('Tenant');

const change = createRoute({
  method: 'patch',
  path: '/tenant',
  tags: ['Access'],
  summary: 'Rename the organisation',
  description: 'Its slug stays: command lines and scripts name it by that.',
  ...guarded('tenant.write'),
  request: {
    body: body(
      z
        .strictObject({
          name: z.string().trim().min(1).max(TENANT_NAME_CHARS_MAX).openapi({ example: 'Alder' }),
        })
        .openapi('TenantChange'),
    ),
  },
  responses: { 200: answer(tenantSchema, 'The organisation as it is now.') },
});

export function tenantRoutes(deps: ApiDeps) {
  const { db, ids } = deps;
  return createRouter().openapi(change, async (c) => {
    const { name } = c.req.valid('json');
    const { tenant, principal } = c.var;
    const { id, slug } = tenant;
    await db.forTenants([id], async (sql) => {
      await renameTenant(sql, { tenantId: id, name });
      const data = { name, was: tenant.name };
      const entry = { tenantId: id, subjectId: id, id: ids.next(), actor: principal.actor };
      await appendLog(sql, tenant.shard, { ...entry, kind: 'tenant.renamed', data });
    });
    await announce(deps, `tenant:${id}`);
    return c.json({ id, name, slug }, 200);
  });
}
