// /api/v1/groups/{id}/members: users and other groups that are in a group.
import { createRoute, z } from '@hono/zod-openapi';
import type { ReservedSql } from '../../db/client.ts';
import { appendLog } from '../../db/statements/append-log.ts';
import {
  deleteGroupMember,
  findGroup,
  findGroupsAround,
  findSameGroupMember,
  type GroupMember,
  type GroupMemberRow,
  insertGroupMember,
  listGroupMembers,
  lockAccess,
} from '../../db/statements/groups.ts';
import type { Tenant } from '../../db/tenants.ts';
import { PawlError } from '../../engine/errors.ts';
import { UUID } from '../../engine/uuid.ts';
import { announce } from '../announce.ts';
import type { ApiDeps } from '../deps.ts';
import { groupMemberSchema, newGroupMemberSchema, presentGroupMember } from '../resources/groups.ts';
import {
  answer,
  body,
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
const params = z.object({ id: idOf('group') });

const add = createRoute({
  method: 'post',
  path: '/groups/{id}/members',
  tags,
  summary: 'Put somebody, or a group, into a group',
  description:
    'What a group may do, its members may do, and so may the members of groups in it. Adding the same again changes ' +
    'nothing.',
  ...guarded('group.write'),
  request: { params, body: body(newGroupMemberSchema) },
  responses: {
    200: answer(groupMemberSchema, 'It was in the group before.'),
    201: answer(groupMemberSchema, 'It is in the group.'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/groups/{id}/members',
  tags,
  summary: 'List who is in a group, newest first',
  description: 'Those of groups in it are not listed: ask those groups.',
  ...guarded('group.read'),
  request: { params, query: z.strictObject(pageQuery) },
  responses: { 200: answer(page(groupMemberSchema), 'A page.') },
});

const remove = createRoute({
  method: 'delete',
  path: '/groups/{id}/members/{member_id}',
  tags,
  summary: 'Take somebody out of a group',
  description: '`member_id` is the `id` that the list shows.',
  ...guarded('group.write'),
  request: { params: params.extend({ member_id: idOf('group_member') }) },
  responses: { 204: { description: 'It is out.' } },
});

export function groupMembersRoutes(deps: ApiDeps) {
  const { db, ids } = deps;

  async function requireGroup(sql: ReservedSql, tenant: Tenant, id: string): Promise<void> {
    const [group] = await findGroup(sql, tenant.shard, { tenantId: tenant.id, id });
    if (!group) throw notFound('group');
  }

  function log(
    sql: ReservedSql,
    tenant: Tenant,
    actor: string,
    kind: 'added' | 'removed',
    { groupId, memberType, memberId }: GroupMember,
  ) {
    const entry = { tenantId: tenant.id, subjectId: groupId, id: ids.next(), actor };
    const data = { member_type: memberType, member_id: memberId };
    return appendLog(sql, tenant.shard, { ...entry, kind: `group_member.${kind}`, data });
  }

  return createRouter()
    .openapi(add, async (c) => {
      const { id: groupId } = c.req.valid('param');
      const asked = c.req.valid('json');
      const { tenant, principal } = c.var;
      const memberType = asked.member_type;
      const memberId = memberType === 'group' ? asked.member_id.toLowerCase() : asked.member_id;
      const member = { groupId, memberType, memberId };
      const { row, made } = await db.forTenants([tenant.id], async (sql) => {
        // Two groups put into each other at once would each look right.
        await lockAccess(sql, tenant.id);
        await requireGroup(sql, tenant, groupId);
        if (memberType === 'group') {
          if (!UUID.test(memberId)) throw notFound('group');
          await requireGroup(sql, tenant, memberId);
          const of = { tenantId: tenant.id, type: 'group', id: groupId } as const;
          const around = await findGroupsAround(sql, tenant.shard, of);
          if (memberId === groupId || around.some(({ id }) => id === memberId)) throw cycle();
        }
        const of = { tenantId: tenant.id, ...member };
        const who = { id: ids.next(), createdBy: principal.actor };
        const [made] = await insertGroupMember(sql, tenant.shard, { ...of, ...who });
        if (made) await log(sql, tenant, principal.actor, 'added', member);
        const [row] = made ? [made] : await findSameGroupMember(sql, tenant.shard, of);
        if (!row) throw notFound('group_member');
        return { row, made: made !== undefined };
      });
      if (made) await announce(deps, `api_key:${tenant.id}`);
      return c.json(presentGroupMember(row), made ? 201 : 200);
    })

    .openapi(list, async (c) => {
      const { id: groupId } = c.req.valid('param');
      const { limit, cursor } = c.req.valid('query');
      const { tenant } = c.var;
      const filter = { tenantId: tenant.id, groupId, before: readIdCursor(cursor), limit };
      const rows = await db.forTenants([tenant.id], async (sql) => {
        await requireGroup(sql, tenant, groupId);
        return listGroupMembers(sql, tenant.shard, filter);
      });
      return c.json(
        pageOf<GroupMemberRow, z.infer<typeof groupMemberSchema>>(rows, limit, presentGroupMember, (row) => [
          row.id,
        ]),
        200,
      );
    })

    .openapi(remove, async (c) => {
      const { id: groupId, member_id: id } = c.req.valid('param');
      const { tenant, principal } = c.var;
      await db.forTenants([tenant.id], async (sql) => {
        const of = { tenantId: tenant.id, groupId, id };
        await requireGroup(sql, tenant, groupId);
        const [gone] = await deleteGroupMember(sql, tenant.shard, of);
        if (!gone) throw notFound('group_member');
        await log(sql, tenant, principal.actor, 'removed', gone);
      });
      await announce(deps, `api_key:${tenant.id}`);
      return c.body(null, 204);
    });
}

const cycle = (): PawlError =>
  new PawlError('Conflict', 'group_cycle', 'A group cannot be in itself, nor in a group that is in it.');
