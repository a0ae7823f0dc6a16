// /api/v1/supplies: which scopes a connection serves. For the whole organisation: the connection's `supplied_to_all`.
import { createRoute, z } from '@hono/zod-openapi';
import { appendLog } from '../../db/statements/append-log.ts';
import { findConnection } from '../../db/statements/connections.ts';
import { changeRules } from '../../db/statements/notification-rules.ts';
import {
  deleteSupply,
  findSameSupply,
  findSupply,
  insertSupply,
  listSupplies,
  type SupplyRow,
} from '../../db/statements/supplies.ts';
import { connectionsOpenTo, mayDo } from '../auth/decide-access.ts';
import type { ApiDeps } from '../deps.ts';
import { existingScope } from '../existing-scope.ts';
import { newSupplySchema, presentSupply, supplySchema } from '../resources/scopes.ts';
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

const tags = ['Notifications'];
const params = z.object({ id: idOf('supply') });

const create = createRoute({
  method: 'post',
  path: '/supplies',
  tags,
  summary: 'Supply a connection to a scope',
  description: 'And to everything in it. Supplying it again answers what there is already.',
  ...guarded('supply.write', 'some'),
  request: { body: body(newSupplySchema) },
  responses: {
    200: answer(supplySchema, 'It was supplied there before.'),
    201: answer(supplySchema, 'The supply.'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/supplies',
  tags,
  summary: 'List supplies, newest first',
  ...guarded('supply.read', 'some'),
  request: {
    query: z.strictObject({
      ...pageQuery,
      connection: z.guid().toLowerCase().optional(),
      scope: z.guid().toLowerCase().optional(),
    }),
  },
  responses: { 200: answer(page(supplySchema), 'A page of those the caller may see.') },
});

const remove = createRoute({
  method: 'delete',
  path: '/supplies/{id}',
  tags,
  summary: 'Take a connection away from a scope',
  description: 'What was due and has not gone out is skipped.',
  ...guarded('supply.write', 'some'),
  request: { params },
  responses: { 204: { description: 'It is gone.' } },
});

export function suppliesRoutes({ db, ids }: ApiDeps) {
  return createRouter()
    .openapi(create, async (c) => {
      const { connection_id: connectionId, scope_id: scopeId } = c.req.valid('json');
      const { tenant, principal } = c.var;
      const { actor } = principal;
      const made = { tenantId: tenant.id, id: ids.next(), connectionId, scopeId, createdBy: actor };
      const { row, isNew } = await db.forTenants([tenant.id], async (sql) => {
        const connection = { tenantId: tenant.id, id: connectionId };
        await changeRules(sql, tenant.shard, made);
        const [found] = await findConnection(sql, tenant.shard, connection);
        if (!found) throw notFound('connection');
        if (!mayDo(principal, 'supply.write', connectionId)) throw forbidden('supply.write');
        await existingScope(sql, tenant, scopeId);
        const [row] = await insertSupply(sql, tenant.shard, made);
        if (row) {
          const entry = { tenantId: tenant.id, subjectId: connectionId, id: ids.next(), actor };
          const data = { supply_id: made.id, scope_id: scopeId };
          await appendLog(sql, tenant.shard, { ...entry, kind: 'connection.supplied', data });
        }
        const [same] = row ? [row] : await findSameSupply(sql, tenant.shard, made);
        return { row: same as SupplyRow, isNew: row !== undefined };
      });
      return c.json(presentSupply(row), isNew ? 201 : 200);
    })

    .openapi(list, async (c) => {
      const { limit, cursor, connection, scope } = c.req.valid('query');
      const { tenant, principal } = c.var;
      const of = {
        tenantId: tenant.id,
        connectionId: connection ?? null,
        scopeId: scope ?? null,
        onConnections: mayDo(principal, 'supply.read') ? null : connectionsOpenTo(principal, 'supply.read'),
        before: readIdCursor(cursor),
        limit,
      };
      const rows = await db.once<SupplyRow[]>([tenant.id], (sql) => listSupplies(sql, tenant.shard, of));
      return c.json(
        pageOf(rows, limit, presentSupply, ({ id }) => [id]),
        200,
      );
    })

    .openapi(remove, async (c) => {
      const { tenant, principal } = c.var;
      const { actor } = principal;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      await db.forTenants([tenant.id], async (sql) => {
        await changeRules(sql, tenant.shard, of);
        const [row] = await findSupply(sql, tenant.shard, of);
        // Whoever may not see it must not learn that it is there.
        if (!row || !mayDo(principal, 'supply.read', row.connectionId)) throw notFound('supply');
        if (!mayDo(principal, 'supply.write', row.connectionId)) throw forbidden('supply.write');
        await deleteSupply(sql, tenant.shard, of);
        const entry = { tenantId: tenant.id, subjectId: row.connectionId, id: ids.next(), actor };
        const data = { supply_id: row.id, scope_id: row.scopeId };
        await appendLog(sql, tenant.shard, { ...entry, kind: 'connection.supply_ended', data });
      });
      return c.body(null, 204);
    });
}
