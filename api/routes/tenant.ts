// /api/v1/tenant: the organisation itself. Who is in it is members.ts; making one is /api/auth/organization/create.
import { createRoute, z } from '@hono/zod-openapi';
import { appendLog } from '../../db/statements/append-log.ts';
import { lockTenant, renameTenant } from '../../db/statements/tenants.ts';
import type { Tenant } from '../../db/tenants.ts';
import { announce } from '../announce.ts';
import { TENANT_NAME_CHARS_MAX } from '../auth/create-organisation.ts';
import type { ApiDeps } from '../deps.ts';
import { etagOf, ifMatchHeader, requireMatch } from '../if-match.ts';
import { answer, body, createRouter, guarded } from '../routing.ts';

export const tenantSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    slug: z.string(),
    etag: z.string().openapi({ description: 'For `If-Match`.' }),
  })
  .openapi('Tenant');

export const presentTenant = ({ id, name, slug }: Tenant): z.infer<typeof tenantSchema> => ({
  ...{ id, name, slug },
  etag: etagOf(name),
});

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
  parameters: [ifMatchHeader],
  responses: { 200: answer(tenantSchema, 'The organisation as it is now.') },
});

export function tenantRoutes(deps: ApiDeps) {
  const { db, ids } = deps;
  return createRouter().openapi(change, async (c) => {
    const { name } = c.req.valid('json');
    const { tenant, principal } = c.var;
    const { id } = tenant;
    await db.forTenants([id], async (sql) => {
      const [before] = await lockTenant(sql, id);
      requireMatch(c.req.header('if-match'), before ? etagOf(before.name) : null);
      await renameTenant(sql, { tenantId: id, name });
      const data = { name, was: before?.name ?? tenant.name };
      const entry = { tenantId: id, subjectId: id, id: ids.next(), actor: principal.actor };
      await appendLog(sql, tenant.shard, { ...entry, kind: 'tenant.renamed', data });
    });
    await announce(deps, `tenant:${id}`);
    const renamed = presentTenant({ ...tenant, name });
    c.header('ETag', renamed.etag);
    return c.json(renamed, 200);
  });
}
