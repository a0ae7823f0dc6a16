// /api/v1/groups: users under one name, to give roles to.
import { createRoute, z } from '@hono/zod-openapi';
import { appendLog } from '../../db/statements/append-log.ts';
import {
  deleteGroup,
  deleteMembershipsOf,
  findGroup,
  findGroupByName,
  type GroupRow,
  insertGroup,
  listGroups,
  lockAccess,
  renameGroup,
} from '../../db/statements/groups.ts';
import { deleteRoleAssignmentsOfPrincipal } from '../../db/statements/role-assignments.ts';
import { PawlError } from '../../engine/errors.ts';
import { announce } from '../announce.ts';
import type { ApiDeps } from '../deps.ts';
import { groupSchema, newGroupSchema, presentGroup } from '../resources/groups.ts';
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

const create = createRoute({
  method: 'post',
  path: '/groups',
  tags,
  summary: 'Make a group',
  ...guarded('group.write'),
  request: { body: body(newGroupSchema) },
  responses: { 201: answer(groupSchema, 'The group, without members and roles.') },
});

const list = createRoute({
  method: 'get',
  path: '/groups',
  tags,
  summary: 'List groups, newest first',
  ...guarded('group.read'),
  request: { query: z.strictObject(pageQuery) },
  responses: { 200: answer(page(groupSchema), 'A page.') },
});

const get = createRoute({
  method: 'get',
  path: '/groups/{id}',
  tags,
  summary: 'Get a group',
  ...guarded('group.read'),
  request: { params },
  responses: { 200: answer(groupSchema, 'The group.') },
});

const rename = createRoute({
  method: 'patch',
  path: '/groups/{id}',
  tags,
  summary: 'Rename a group',
  description: 'Its roles stay: they name it by its id.',
  ...guarded('group.write'),
  request: { params, body: body(newGroupSchema) },
  responses: { 200: answer(groupSchema, 'The group as it is now.') },
});

const remove = createRoute({
  method: 'delete',
  path: '/groups/{id}',
  tags,
  summary: 'Remove a group',
  description: 'With its roles, and out of the groups it is in.',
  ...guarded('group.write'),
  request: { params },
  responses: { 204: { description: 'It is gone.' } },
});

export function groupsRoutes(deps: ApiDeps) {
  const { db, ids } = deps;
  return createRouter()
    .openapi(create, async (c) => {
      const { name } = c.req.valid('json');
      const { tenant, principal } = c.var;
      const of = { tenantId: tenant.id, id: ids.next() };
      const row = await db.forTenants([tenant.id], async (sql) => {
        const [made] = await insertGroup(sql, tenant.shard, { ...of, name, createdBy: principal.actor });
        if (!made) throw nameTaken(name);
        const entry = { tenantId: tenant.id, subjectId: of.id, id: ids.next(), actor: principal.actor };
        await appendLog(sql, tenant.shard, { ...entry, kind: 'group.created', data: { name } });
        return made;
      });
      return c.json(presentGroup(row), 201);
    })

    .openapi(list, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const { tenant } = c.var;
      const filter = { tenantId: tenant.id, before: readIdCursor(cursor), limit };
      const rows = await db.once<GroupRow[]>([tenant.id], (sql) => listGroups(sql, tenant.shard, filter));
      return c.json(
        pageOf(rows, limit, presentGroup, (row) => [row.id]),
        200,
      );
    })

    .openapi(get, async (c) => {
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      const [row] = await db.once<GroupRow[]>([tenant.id], (sql) => findGroup(sql, tenant.shard, of));
      if (!row) throw notFound('group');
      return c.json(presentGroup(row), 200);
    })

    .openapi(rename, async (c) => {
      const { name } = c.req.valid('json');
      const { tenant, principal } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      const row = await db.forTenants([tenant.id], async (sql) => {
        await lockAccess(sql, tenant.id);
        const [before] = await findGroup(sql, tenant.shard, of);
        if (!before) throw notFound('group');
        const [namesake] = await findGroupByName(sql, tenant.shard, { ...of, name });
        if (namesake && namesake.id !== of.id) throw nameTaken(name);
        const [renamed] = await renameGroup(sql, tenant.shard, { ...of, name });
        if (!renamed) throw notFound('group');
        const entry = { tenantId: tenant.id, subjectId: of.id, id: ids.next(), actor: principal.actor };
        const data = { name, was: before.name };
        await appendLog(sql, tenant.shard, { ...entry, kind: 'group.renamed', data });
        return renamed;
      });
      return c.json(presentGroup(row), 200);
    })

    .openapi(remove, async (c) => {
      const { tenant, principal } = c.var;
      const { actor } = principal;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      await db.forTenants([tenant.id], async (sql) => {
        await lockAccess(sql, tenant.id);
        const [gone] = await deleteGroup(sql, tenant.shard, of);
        if (!gone) throw notFound('group');
        await deleteMembershipsOf(sql, tenant.shard, { ...of, type: 'group' });
        const lost = await deleteRoleAssignmentsOfPrincipal(sql, tenant.shard, { ...of, type: 'group' });
        const roles = lost.map(({ role, connectionId }) => ({ role, connection_id: connectionId }));
        const entry = { tenantId: tenant.id, subjectId: of.id, id: ids.next(), actor };
        const data = { name: gone.name, roles };
        await appendLog(sql, tenant.shard, { ...entry, kind: 'group.deleted', data });
      });
      await announce(deps, `api_key:${tenant.id}`);
      return c.body(null, 204);
    });
}

const nameTaken = (name: string): PawlError =>
  new PawlError('Conflict', 'group_name_taken', `There is a group "${name}" already.`);
