// /api/v1/roles: which roles there are and what each may do, from the table that decides.
import { createRoute, z } from '@hono/zod-openapi';
import { PERMISSIONS, permissionsOfRole } from '../auth/decide-access.ts';
import { CONNECTION_ROLES, ORGANISATION_ROLES } from '../auth/principal.ts';
import { answer, createRouter, guarded } from '../routing.ts';

const permissions = z.array(z.enum(PERMISSIONS));

const rolesSchema = z
  .object({
    organisation: z
      .array(z.object({ role: z.enum(ORGANISATION_ROLES), permissions }))
      .openapi({ description: 'Roles in the whole organisation.' }),
    connection: z
      .array(z.object({ role: z.enum(CONNECTION_ROLES), permissions }))
      .openapi({ description: 'Roles on one connection; its permissions hold for that one.' }),
    everybody: permissions.openapi({ description: 'What takes no role.' }),
  })
  .openapi('Roles');

const list = createRoute({
  method: 'get',
  path: '/roles',
  tags: ['Access'],
  summary: 'List the roles and what they may do',
  ...guarded('self.read'),
  responses: { 200: answer(rolesSchema, 'All of them.') },
});

export function rolesRoutes() {
  return createRouter().openapi(list, (c) => c.json(permissionsOfRole(), 200));
}
