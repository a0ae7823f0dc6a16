// /api/v1/metering/exports: standing orders to deliver the ledger, each row once, as it grows.
import { createRoute, z } from '@hono/zod-openapi';
import type { ReservedSql } from '../../db/client.ts';
import { lockConnection } from '../../db/statements/connections.ts';
import {
  deleteExport,
  findExport,
  insertExport,
  listExports,
  type MeteringExportRow,
  runExportNow,
  updateExport,
} from '../../db/statements/metering-exports.ts';
import type { Tenant } from '../../db/tenants.ts';
import { violatedConstraint } from '../../db/violated-constraint.ts';
import { PawlError } from '../../engine/errors.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { ExportDestination } from '../../metering/destination.ts';
import { auditOf } from '../audit-entry.ts';
import type { ApiDeps } from '../deps.ts';
import {
  meteringExportChangeSchema,
  meteringExportSchema,
  newMeteringExportSchema,
  presentMeteringExport,
} from '../resources/metering-exports.ts';
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

const tags = ['Metering'];
const params = z.object({ id: idOf('metering_export') });

const create = createRoute({
  method: 'post',
  path: '/metering/exports',
  tags,
  summary: 'Have the ledger exported regularly',
  description:
    'The first run delivers everything there is, each further one what has been added. Destination and format stay: for another, make another.',
  ...guarded('metering.export'),
  request: { body: body(newMeteringExportSchema) },
  responses: { 201: answer(meteringExportSchema, 'The export; its first run is due.') },
});

const list = createRoute({
  method: 'get',
  path: '/metering/exports',
  tags,
  summary: 'List standing exports, newest first',
  ...guarded('metering.read'),
  request: { query: z.strictObject(pageQuery) },
  responses: { 200: answer(page(meteringExportSchema), 'A page of them.') },
});

const get = createRoute({
  method: 'get',
  path: '/metering/exports/{id}',
  tags,
  summary: 'Get a standing export',
  ...guarded('metering.read'),
  request: { params },
  responses: { 200: answer(meteringExportSchema, 'The export.') },
});

const change = createRoute({
  method: 'patch',
  path: '/metering/exports/{id}',
  tags,
  summary: 'Change, pause or resume a standing export',
  ...guarded('metering.export'),
  request: { params, body: body(meteringExportChangeSchema) },
  responses: { 200: answer(meteringExportSchema, 'The export as it is now.') },
});

const run = createRoute({
  method: 'post',
  path: '/metering/exports/{id}/run',
  tags,
  summary: 'Run a standing export now',
  description: 'A worker takes it within seconds, if it is enabled.',
  ...guarded('metering.export'),
  request: { params },
  responses: { 202: answer(meteringExportSchema, 'The export; it is due.') },
});

const remove = createRoute({
  method: 'delete',
  path: '/metering/exports/{id}',
  tags,
  summary: 'Delete a standing export',
  description: 'What it has delivered stays where it is.',
  ...guarded('metering.export'),
  request: { params },
  responses: { 204: { description: 'It is gone.' } },
});

export function meteringExportsRoutes(deps: ApiDeps) {
  const { db, ids, exportDestinations = [] } = deps;
  const log = auditOf(deps, 'metering_export');

  /** @throws PawlError for what no run could ever reach */
  async function requireReachable(sql: ReservedSql, tenant: Tenant, to: ExportDestination): Promise<void> {
    if (to.type === 'http') {
      const of = { tenantId: tenant.id, id: to.connection_id };
      // Whoever deletes it waits, and sees the export.
      const [connection] = await lockConnection(sql, tenant.shard, of);
      if (!connection) throw notFound('connection');
    } else if (!exportDestinations.includes(to.type)) {
      throw new PawlError(
        'Conflict',
        'export_destination_unavailable',
        'The server is not set up for exports to this destination.',
      );
    }
  }

  /** Runs `statement`, and writes in the log that it was done. */
  const changing = (
    c: Parameters<typeof log>[1],
    id: string,
    what: string,
    data: JsonObject,
    statement: (sql: ReservedSql) => PromiseLike<MeteringExportRow[]>,
  ) =>
    db.forTenants([c.var.tenant.id], async (sql) => {
      const [row] = await statement(sql);
      if (!row) throw notFound('metering_export');
      await log(sql, c, id, what, data);
      return row;
    });

  return createRouter()
    .openapi(create, async (c) => {
      const { name, destination, format, interval_minutes: intervalMinutes, enabled } = c.req.valid('json');
      const { tenant, principal } = c.var;
      const made = {
        tenantId: tenant.id,
        id: ids.next(),
        name,
        destination: destination as JsonObject,
        format: destination.type === 'http' ? ('cloudevents' as const) : format,
        intervalMinutes,
        enabled,
        createdBy: principal.actor,
      };
      const said = {
        name,
        destination: made.destination,
        format: made.format,
        interval_minutes: intervalMinutes,
      };
      const row = await changing(c, made.id, 'created', said, async (sql) => {
        await requireReachable(sql, tenant, destination);
        return insertExport(sql, tenant.shard, made);
      }).catch((error) => {
        throw nameTaken(error, name);
      });
      c.header('Location', `/api/v1/metering/exports/${row.id}`);
      return c.json(presentMeteringExport(row), 201);
    })

    .openapi(list, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, before: readIdCursor(cursor), limit };
      const rows = await db.once<MeteringExportRow[]>([tenant.id], (sql) =>
        listExports(sql, tenant.shard, of),
      );
      return c.json(
        pageOf(rows, limit, presentMeteringExport, ({ id }) => [id]),
        200,
      );
    })

    .openapi(get, async (c) => {
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      const [row] = await db.once<MeteringExportRow[]>([tenant.id], (sql) =>
        findExport(sql, tenant.shard, of),
      );
      if (!row) throw notFound('metering_export');
      return c.json(presentMeteringExport(row), 200);
    })

    .openapi(change, async (c) => {
      const asked = c.req.valid('json');
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      const { name = null, interval_minutes: intervalMinutes = null, enabled = null } = asked;
      const row = await changing(c, of.id, 'updated', asked as JsonObject, (sql) =>
        updateExport(sql, tenant.shard, of, { name, intervalMinutes, enabled }),
      ).catch((error) => {
        throw nameTaken(error, name ?? '');
      });
      return c.json(presentMeteringExport(row), 200);
    })

    .openapi(run, async (c) => {
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      const row = await changing(c, of.id, 'run', {}, (sql) => runExportNow(sql, tenant.shard, of));
      return c.json(presentMeteringExport(row), 202);
    })

    .openapi(remove, async (c) => {
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      await db.forTenants([tenant.id], async (sql) => {
        const [gone] = await deleteExport(sql, tenant.shard, of);
        if (!gone) throw notFound('metering_export');
        await log(sql, c, of.id, 'deleted', { name: gone.name });
      });
      return c.body(null, 204);
    });
}

function nameTaken(error: unknown, name: string): unknown {
  if (violatedConstraint(error) !== 'metering_exports_name_once') return error;
  return new PawlError('Conflict', 'metering_export_name_taken', `There is an export "${name}" already.`);
}
