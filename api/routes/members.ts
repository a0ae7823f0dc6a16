// /api/v1/members: the people of an organisation. They come in by accepting an invitation: see invitations.ts.
import { createRoute, z } from '@hono/zod-openapi';
import { appendLog } from '../../db/statements/append-log.ts';
import { deleteMembershipsOf, lockAccess } from '../../db/statements/groups.ts';
import { deleteMember, findMember, listMembers, type MemberRow } from '../../db/statements/members.ts';
import { deleteRoleAssignmentsOfPrincipal } from '../../db/statements/role-assignments.ts';
import { announce } from '../announce.ts';
import { requireOwner } from '../auth/last-owner.ts';
import type { ApiDeps } from '../deps.ts';
import { memberSchema, presentMember } from '../resources/members.ts';
import {
  answer,
  createRouter,
  guarded,
  idOf,
  notFound,
  page,
  pageOf,
  pageQuery,
  readIdCursor,
} from '../routing.ts';

const tags = ['Access'];

const list = createRoute({
  method: 'get',
  path: '/members',
  tags,
  summary: 'List the members of the organisation',
  ...guarded('member.read'),
  request: { query: z.strictObject(pageQuery) },
  responses: { 200: answer(page(memberSchema), 'A page, in the order of their ids.') },
});

const remove = createRoute({
  method: 'delete',
  path: '/members/{id}',
  tags,
  summary: 'Remove a member',
  description:
    'With their roles, and out of every group. The last Owner stays. API keys that they made stay as well: revoke ' +
    'those apart.',
  ...guarded('member.write'),
  request: { params: z.object({ id: idOf('member') }) },
  responses: { 204: { description: 'They are out.' } },
});

export function membersRoutes(deps: ApiDeps) {
  const { db, ids } = deps;
  return createRouter()
    .openapi(list, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const { tenant } = c.var;
      const filter = { tenantId: tenant.id, after: readIdCursor(cursor), limit };
      const rows = await db.once<MemberRow[]>([tenant.id], (sql) => listMembers(sql, tenant.shard, filter));
      return c.json(
        pageOf(rows, limit, presentMember, (row) => [row.id]),
        200,
      );
    })

    .openapi(remove, async (c) => {
      const { id } = c.req.valid('param');
      const { tenant, principal } = c.var;
      const { actor } = principal;
      const of = { tenantId: tenant.id, id, type: 'user' } as const;
      await db.forTenants([tenant.id], async (sql) => {
        await lockAccess(sql, tenant.id);
        const [member] = await findMember(sql, tenant.shard, { tenantId: tenant.id, userId: id });
        if (!member) throw notFound('member');
        const lost = await deleteRoleAssignmentsOfPrincipal(sql, tenant.shard, of);
        await deleteMembershipsOf(sql, tenant.shard, of);
        await deleteMember(sql, { tenantId: tenant.id, userId: id });
        if (member.roles.includes('Owner')) await requireOwner(sql, tenant);
        const roles = lost.map(({ role, connectionId }) => ({ role, connection_id: connectionId }));
        const entry = { tenantId: tenant.id, subjectId: id, id: ids.next(), actor };
        const data = { email: member.email, roles };
        await appendLog(sql, tenant.shard, { ...entry, kind: 'member.removed', data });
      });
      await announce(deps, `api_key:${tenant.id}`);
      return c.body(null, 204);
    });
}
