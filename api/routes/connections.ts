// /api/v1/tenant/connections: stored credentials of external systems.
import { createRoute, z } from '@hono/zod-openapi';
import {
  type ConnectionRow,
  insertConnection,
  listConnections,
  lockConnection,
  rotateConnection,
  updateConnection,
} from '../../db/statements/connections.ts';
import { changeRules } from '../../db/statements/notification-rules.ts';
import { insertRoleAssignment } from '../../db/statements/role-assignments.ts';
import { violatedConstraint } from '../../db/violated-constraint.ts';
import { PawlError } from '../../engine/errors.ts';
import type { JsonObject } from '../../engine/json.ts';
import { announce } from '../announce.ts';
import { auditOf } from '../audit-entry.ts';
import { connectionsOpenTo, mayDo } from '../auth/decide-access.ts';
import { createOnce } from '../create-once.ts';
import type { ApiDeps } from '../deps.ts';
import { existingConnection } from '../existing-connection.ts';
import { idempotencyHeader } from '../idempotency.ts';
import { mergePatch } from '../merge-patch.ts';
import { healthOf } from '../receiver-health.ts';
import {
  connectionChangeSchema,
  connectionSchema,
  newConnectionSchema,
  newCredentialsSchema,
  presentConnection,
  presentSettings,
  settingsSchema,
  storedSettings,
} from '../resources/connections.ts';
import {
  answer,
  body,
  createRouter,
  guarded,
  idOf,
  invalidRequest,
  notFound,
  page,
  pageOf,
  pageQuery,
  readIdCursor,
} from '../routing.ts';
import { holdKey, sealCredentials } from '../sealed-credentials.ts';
import { connectionUsesRoutes } from './connection-uses.ts';

const tags = ['Connections'];
const params = z.object({ id: idOf('connection') });
const on = { connection: 'id' };

const create = createRoute({
  method: 'post',
  path: '/tenant/connections',
  tags,
  summary: 'Store credentials',
  description: 'Whoever creates a connection becomes its Owner.',
  ...guarded('connection.create'),
  request: { body: body(newConnectionSchema) },
  responses: { 201: answer(connectionSchema, 'The connection; its credentials are not shown again.') },
});

const list = createRoute({
  method: 'get',
  path: '/tenant/connections',
  tags,
  summary: 'List connections, newest first',
  ...guarded('connection.read', 'some'),
  request: {
    query: z.strictObject({
      ...pageQuery,
      provider: z.string().optional(),
      enabled: z.enum(['true', 'false']).optional(),
    }),
  },
  responses: { 200: answer(page(connectionSchema), 'A page of those the caller may see.') },
});

const get = createRoute({
  method: 'get',
  path: '/tenant/connections/{id}',
  tags,
  summary: 'Get a connection',
  ...guarded('connection.read', on),
  request: { params },
  responses: { 200: answer(connectionSchema, 'The connection.') },
});

const change = createRoute({
  method: 'patch',
  path: '/tenant/connections/{id}',
  tags,
  summary: 'Change a connection',
  description:
    'A setting that is left out stays; one that is null goes. Other settings, and being enabled again, lift a pause that its receiver asked for.',
  ...guarded('connection.update', on),
  request: { params, body: body(connectionChangeSchema) },
  responses: { 200: answer(connectionSchema, 'The connection as it is now.') },
});

const rotate = createRoute({
  method: 'post',
  path: '/tenant/connections/{id}/rotate',
  tags,
  summary: 'Replace the credentials of a connection',
  description: [
    'All of them, at once: what is being sent at this moment still has the old ones, whatever is sent from then on the',
    'new ones. What the provider said of the old ones (`flag`, `last_test`, a pause) goes with them. Another host closes the circuit.',
  ].join(' '),
  ...guarded('connection.update', on),
  request: { params, body: body(newCredentialsSchema) },
  responses: { 200: answer(connectionSchema, 'The connection as it is now.') },
});

export function connectionsRoutes(deps: ApiDeps) {
  const { db, ids } = deps;

  const log = auditOf(deps, 'connection');

  return createRouter()
    .openapi({ ...create, parameters: [idempotencyHeader] }, async (c) => {
      const asked = c.req.valid('json');
      const { provider, connection_name: connectionName, credentials, settings } = asked;
      const suppliedToAll = asked.supplied_to_all;
      const { tenant, principal } = c.var;
      const id = ids.next();
      const sealed = await sealCredentials(
        deps,
        { tenantId: tenant.id, connectionId: id, provider },
        credentials,
      );
      const wanted = { provider, connectionName, settings: storedSettings(settings), suppliedToAll };
      const { answer } = await createOnce(
        deps,
        c,
        { ...wanted, fields: Object.keys(credentials).sort() },
        async (sql) => {
          if (suppliedToAll) await changeRules(sql, tenant.shard, { tenantId: tenant.id });
          const made = {
            tenantId: tenant.id,
            id,
            ...wanted,
            ...sealed,
          };
          await holdKey(deps, sql, tenant, sealed.keyId);
          const [row] = await insertConnection(sql, tenant.shard, made);
          if (!row) throw nameTaken(connectionName);
          await insertRoleAssignment(sql, tenant.shard, {
            tenantId: tenant.id,
            id: ids.next(),
            principalType: principal.kind,
            principalId: principal.id,
            role: 'Owner',
            connectionId: id,
            createdBy: principal.actor,
          });
          const data = {
            provider,
            connection_name: connectionName,
            allowed_origin: sealed.allowedOrigin,
            key_id: sealed.keyId,
            supplied_to_all: suppliedToAll,
          };
          await log(sql, c, id, 'created', data);
          return presentConnection(row);
        },
      );
      await announce(deps, `connection:${tenant.id}:${answer.id}`);
      await announce(deps, `api_key:${tenant.id}`);
      c.header('Location', `/api/v1/tenant/connections/${answer.id}`);
      return c.json(answer, 201);
    })

    .openapi(list, async (c) => {
      const { limit, cursor, provider, enabled } = c.req.valid('query');
      const { tenant, principal } = c.var;
      const filter = {
        tenantId: tenant.id,
        provider: provider ?? null,
        enabled: enabled === undefined ? null : enabled === 'true',
        ids: mayDo(principal, 'connection.read') ? null : connectionsOpenTo(principal, 'connection.read'),
        before: readIdCursor(cursor),
        limit,
      };
      const rows = await db.once<ConnectionRow[]>([tenant.id], (sql) =>
        listConnections(sql, tenant.shard, filter),
      );
      return c.json(
        pageOf(rows, limit, presentConnection, (row) => [row.id]),
        200,
      );
    })

    .openapi(get, async (c) => {
      const { id } = c.req.valid('param');
      return c.json(presentConnection(await existingConnection(db, c.var.tenant, id)), 200);
    })

    .openapi(change, async (c) => {
      const { id } = c.req.valid('param');
      const asked = c.req.valid('json');
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, id };
      const row = await db
        .forTenants([tenant.id], async (sql) => {
          // Before the connection, as for a supply.
          if (asked.supplied_to_all !== undefined) await changeRules(sql, tenant.shard, of);
          const [before] = await lockConnection(sql, tenant.shard, of);
          if (!before) throw notFound('connection');
          if (Object.keys(asked).length === 0) return before;
          const settings = asked.settings && changedSettings(before, asked.settings as JsonObject);
          const isEnabledAgain = asked.enabled === true && !before.enabled;
          if (settings || isEnabledAgain)
            await healthOf(deps, c.var, { connectionId: id, toEndpoint: false }).liftPause(sql);
          const [row] = await updateConnection(sql, tenant.shard, of, {
            connectionName: asked.connection_name ?? null,
            enabled: asked.enabled ?? null,
            suppliedToAll: asked.supplied_to_all ?? null,
            settings: settings ?? null,
          });
          if (!row) throw notFound('connection');
          await log(sql, c, id, 'updated', changesBetween(before, row));
          return row;
        })
        .catch((error) => {
          throw violatesName(error) ? nameTaken(asked.connection_name ?? '') : error;
        });
      await announce(deps, `connection:${tenant.id}:${id}`);
      return c.json(presentConnection(row), 200);
    })

    .openapi(rotate, async (c) => {
      const { id } = c.req.valid('param');
      const { credentials } = c.req.valid('json');
      const { tenant } = c.var;
      // It never changes, so what is sealed for it holds, whoever else changes the connection meanwhile.
      const { provider } = await existingConnection(db, tenant, id);
      const sealed = await sealCredentials(
        deps,
        { tenantId: tenant.id, connectionId: id, provider },
        credentials,
      );
      const row = await db.forTenants([tenant.id], async (sql) => {
        await holdKey(deps, sql, tenant, sealed.keyId);
        const of = { tenantId: tenant.id, id };
        const [before] = await lockConnection(sql, tenant.shard, of);
        const health = healthOf(deps, c.var, { connectionId: id, toEndpoint: false });
        await health.liftPause(sql);
        // What is known of one host says nothing of another.
        if (before?.allowedOrigin !== sealed.allowedOrigin) await health.closeCircuit(sql);
        const [row] = await rotateConnection(sql, tenant.shard, of, sealed);
        if (!row) throw notFound('connection');
        const { version, allowedOrigin, keyId } = row;
        const data = { version, allowed_origin: allowedOrigin, key_id: keyId };
        await log(sql, c, id, 'rotated', data);
        return row;
      });
      await announce(deps, `connection:${tenant.id}:${id}`);
      return c.json(presentConnection(row), 200);
    })

    .route('/', connectionUsesRoutes(deps));
}

/** What the log keeps of a change. */
function changesBetween(before: ConnectionRow, after: ConnectionRow): JsonObject {
  return {
    version: after.version,
    ...(before.connectionName !== after.connectionName && { connection_name: after.connectionName }),
    ...(before.enabled !== after.enabled && { enabled: after.enabled }),
    ...(before.suppliedToAll !== after.suppliedToAll && { supplied_to_all: after.suppliedToAll }),
    ...(JSON.stringify(before.settings) !== JSON.stringify(after.settings) && {
      settings: presentSettings(after.settings),
    }),
  };
}

/** @throws PawlError InvalidInput `invalid_request` when it leaves settings that are none */
function changedSettings(before: ConnectionRow, change: JsonObject): JsonObject {
  const parsed = settingsSchema.safeParse(mergePatch(presentSettings(before.settings), change));
  if (!parsed.success) throw invalidRequest(parsed.error, '/settings');
  return storedSettings(parsed.data);
}

function nameTaken(name: string): PawlError {
  return new PawlError('Conflict', 'connection_name_taken', `There is a connection "${name}" already.`);
}

function violatesName(error: unknown): boolean {
  return violatedConstraint(error) === 'connections_name_once';
}
