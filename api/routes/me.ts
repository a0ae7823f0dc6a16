// /api/v1/me: who is asking, and what they may do.
import { createRoute, z } from '@hono/zod-openapi';
import { PERMISSIONS, permissionsOf } from '../auth/decide-access.ts';
import { CONNECTION_ROLES, ORGANISATION_ROLES } from '../auth/principal.ts';
import { answer, createRouter, guarded } from '../routing.ts';
import { presentTenant, tenantSchema } from './tenant.ts';

const meSchema = z
  .object({
    principal: z.object({
      kind: z.enum(['service', 'user']),
      id: z.string(),
      actor: z.string().openapi({ description: 'What the audit calls you.' }),
      name: z.string().optional().openapi({ description: 'Of a user who signed in here.' }),
      email: z.string().optional(),
    }),
    tenant: tenantSchema,
    roles: z.array(z.enum(ORGANISATION_ROLES)),
    connection_roles: z.array(
      z.object({ connection_id: z.string(), roles: z.array(z.enum(CONNECTION_ROLES)) }),
    ),
    permissions: z.array(z.enum(PERMISSIONS)).openapi({ description: 'In the whole organisation.' }),
  })
  .openapi('Me');

const get = createRoute({
  method: 'get',
  path: '/me',
  tags: ['Access'],
  summary: 'Who am I?',
  ...guarded('self.read'),
  responses: { 200: answer(meSchema, 'You.') },
});

export function meRoutes() {
  return createRouter().openapi(get, (c) => {
    const { principal, tenant } = c.var;
    const { kind, id, actor, profile, roles, connectionRoles } = principal;
    return c.json(
      {
        principal: { kind, id, actor, ...profile },
        tenant: presentTenant(tenant),
        roles: [...roles],
        connection_roles: [...connectionRoles].map(([connectionId, held]) => ({
          connection_id: connectionId,
          roles: [...held],
        })),
        permissions: permissionsOf(principal),
      },
      200,
    );
  });
}
