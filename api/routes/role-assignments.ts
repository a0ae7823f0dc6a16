// /api/v1/role-assignments: who holds which role, in the organisation or on one connection.
import { createRoute, z } from '@hono/zod-openapi';
import type { ReservedSql } from '../../db/client.ts';
import { findApiKey } from '../../db/statements/api-keys.ts';
import { appendLog } from '../../db/statements/append-log.ts';
import { findConnection } from '../../db/statements/connections.ts';
import { lockAccess } from '../../db/statements/groups.ts';
import {
  deleteRoleAssignment,
  findRoleAssignment,
  findSameRoleAssignment,
  insertRoleAssignment,
  listRoleAssignments,
  type RoleAssignmentRow,
} from '../../db/statements/role-assignments.ts';
import type { Tenant } from '../../db/tenants.ts';
import { announce } from '../announce.ts';
import { connectionsOpenTo, mayDo, mayGrant } from '../auth/decide-access.ts';
import { requireOwner } from '../auth/last-owner.ts';
import type { Principal } from '../auth/principal.ts';
import type { ApiDeps } from '../deps.ts';
import {
  newRoleAssignmentSchema,
  PRINCIPAL_TYPES,
  presentRoleAssignment,
  roleAssignmentSchema,
} from '../resources/role-assignments.ts';
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
  path: '/role-assignments',
  tags,
  summary: 'Give somebody a role',
  description: 'Nobody gives more than they hold. Giving the same role again answers what there is already.',
  ...guarded('role.write', 'some'),
  request: { body: body(newRoleAssignmentSchema) },
  responses: {
    200: answer(roleAssignmentSchema, 'The role was given before.'),
    201: answer(roleAssignmentSchema, 'The assignment.'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/role-assignments',
  tags,
  summary: 'List who holds which role, newest first',
  ...guarded('role.read', 'some'),
  request: {
    query: z.strictObject({
      ...pageQuery,
      principal_type: z.enum(PRINCIPAL_TYPES).optional(),
      principal_id: z.string().max(255).optional(),
      connection_id: z.guid().toLowerCase().optional(),
    }),
  },
  responses: { 200: answer(page(roleAssignmentSchema), 'A page of those the caller may see.') },
});

const remove = createRoute({
  method: 'delete',
  path: '/role-assignments/{id}',
  tags,
  summary: 'Take a role away',
  description: 'The organisation keeps its last Owner.',
  ...guarded('role.write', 'some'),
  request: { params: z.object({ id: idOf('role_assignment') }) },
  responses: { 204: { description: 'It is gone.' } },
});

export function roleAssignmentsRoutes(deps: ApiDeps) {
  const { db, ids } = deps;

  function log(
    sql: ReservedSql,
    tenant: Tenant,
    actor: string,
    kind: 'created' | 'deleted',
    row: RoleAssignmentRow,
  ) {
    const { principalType, principalId, role, connectionId } = row;
    return appendLog(sql, tenant.shard, {
      tenantId: tenant.id,
      subjectId: row.id,
      id: ids.next(),
      kind: `role_assignment.${kind}`,
      actor,
      data: { principal_type: principalType, principal_id: principalId, role, connection_id: connectionId },
    });
  }

  /** A role for a key or on a connection that is not there would wait for one that will never come. */
  async function refuseStrangers(
    sql: ReservedSql,
    tenant: Tenant,
    given: Pick<RoleAssignmentRow, 'principalType' | 'principalId' | 'connectionId'>,
  ): Promise<void> {
    const { principalType, principalId, connectionId } = given;
    if (connectionId !== null) {
      const [connection] = await findConnection(sql, tenant.shard, { tenantId: tenant.id, id: connectionId });
      if (!connection) throw notFound('connection');
    }
    if (principalType !== 'service') return;
    const isId = z.guid().safeParse(principalId).success;
    const [key] = isId ? await findApiKey(sql, tenant.shard, { tenantId: tenant.id, id: principalId }) : [];
    if (!key) throw notFound('api_key');
  }

  return createRouter()
    .openapi(create, async (c) => {
      const asked = c.req.valid('json');
      const { tenant, principal } = c.var;
      if (!mayGrant(principal, asked.role, asked.connection_id)) throw forbidden('role.write');
      const given = {
        tenantId: tenant.id,
        id: ids.next(),
        principalType: asked.principal_type,
        principalId:
          asked.principal_type === 'service' ? asked.principal_id.toLowerCase() : asked.principal_id,
        role: asked.role,
        connectionId: asked.connection_id,
        createdBy: principal.actor,
      };
      const { row, made } = await db.forTenants([tenant.id], async (sql) => {
        await refuseStrangers(sql, tenant, given);
        const [made] = await insertRoleAssignment(sql, tenant.shard, given);
        if (made) await log(sql, tenant, principal.actor, 'created', made);
        const [row] = made ? [made] : await findSameRoleAssignment(sql, tenant.shard, given);
        if (!row) throw notFound('role_assignment');
        return { row, made: made !== undefined };
      });
      if (made) await announce(deps, `api_key:${tenant.id}`);
      return c.json(presentRoleAssignment(row), made ? 201 : 200);
    })

    .openapi(list, async (c) => {
      const { limit, cursor, ...by } = c.req.valid('query');
      const { tenant, principal } = c.var;
      const filter = {
        tenantId: tenant.id,
        principalType: by.principal_type ?? null,
        principalId: by.principal_id ?? null,
        connectionId: by.connection_id ?? null,
        onConnections: seesAll(principal) ? null : connectionsOpenTo(principal, 'role.read'),
        before: readIdCursor(cursor),
        limit,
      };
      const rows = await db.once<RoleAssignmentRow[]>([tenant.id], (sql) =>
        listRoleAssignments(sql, tenant.shard, filter),
      );
      return c.json(
        pageOf(rows, limit, presentRoleAssignment, (row) => [row.id]),
        200,
      );
    })

    .openapi(remove, async (c) => {
      const { id } = c.req.valid('param');
      const { tenant, principal } = c.var;
      const of = { tenantId: tenant.id, id };
      await db.forTenants([tenant.id], async (sql) => {
        await lockAccess(sql, tenant.id);
        const [row] = await findRoleAssignment(sql, tenant.shard, of);
        // Whoever may not see it must not learn that it is there.
        if (!row || !(seesAll(principal) || seesOn(principal, row.connectionId))) {
          throw notFound('role_assignment');
        }
        if (!mayGrant(principal, row.role, row.connectionId)) throw forbidden('role.write');
        const [gone] = await deleteRoleAssignment(sql, tenant.shard, of);
        if (!gone) throw notFound('role_assignment');
        const owned = row.role === 'Owner' && row.connectionId === null && row.principalType !== 'group';
        if (owned) await requireOwner(sql, tenant);
        await log(sql, tenant, principal.actor, 'deleted', row);
      });
      await announce(deps, `api_key:${tenant.id}`);
      return c.body(null, 204);
    });
}

const seesAll = (principal: Principal): boolean => mayDo(principal, 'role.read');

const seesOn = (principal: Principal, connectionId: string | null): boolean =>
  connectionId !== null && mayDo(principal, 'role.read', connectionId);
