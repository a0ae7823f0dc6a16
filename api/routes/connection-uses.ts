// What uses a connection, and deleting one, which is refused while something does.
import { createRoute, z } from '@hono/zod-openapi';
import {
  type ConnectionUser,
  deleteConnection,
  findConnectionSubscribers,
  findConnectionUsers,
  lockConnection,
} from '../../db/statements/connections.ts';
import { findConnectionExports } from '../../db/statements/metering-exports.ts';
import { changeRules } from '../../db/statements/notification-rules.ts';
import { deleteRoleAssignmentsOf } from '../../db/statements/role-assignments.ts';
import { findConnectionSources } from '../../db/statements/source-gaps.ts';
import { PawlError } from '../../engine/errors.ts';
import { announce } from '../announce.ts';
import { auditOf } from '../audit-entry.ts';
import { mayDo } from '../auth/decide-access.ts';
import type { ApiDeps } from '../deps.ts';
import { existingConnection } from '../existing-connection.ts';
import { connectionUsesSchema, presentConnectionUser } from '../resources/connections.ts';
import { answer, createRouter, guarded, idOf, notFound } from '../routing.ts';

const tags = ['Connections'];
const params = z.object({ id: idOf('connection') });
const on = { connection: 'id' };

const uses = createRoute({
  method: 'get',
  path: '/tenant/connections/{id}/uses',
  tags,
  summary: 'List what uses a connection',
  ...guarded('connection.read', on),
  request: { params },
  responses: {
    200: answer(
      connectionUsesSchema,
      'The workflows, subscriptions, exports and sources that send through it.',
    ),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/tenant/connections/{id}',
  tags,
  summary: 'Delete a connection',
  description:
    'Refused with `connection_in_use` while a published version, a version with live jobs, a subscription, a scheduled export or the gap-filler of a source names it; with `force=true` the actions of those fail from then on, its subscribers are told nothing, its exports fail and gaps stay.',
  ...guarded('connection.delete', on),
  request: { params, query: z.strictObject({ force: z.enum(['true', 'false']).default('false') }) },
  responses: { 204: { description: 'It is gone, and its credentials with it.' } },
});

export function connectionUsesRoutes(deps: ApiDeps) {
  const { db } = deps;
  const log = auditOf(deps, 'connection');

  return createRouter()
    .openapi(uses, async (c) => {
      const { id } = c.req.valid('param');
      const { tenant, principal } = c.var;
      const of = { tenantId: tenant.id, id };
      await existingConnection(db, tenant, id);
      const found = await db.forTenants([tenant.id], async (sql) => ({
        workflows: mayDo(principal, 'workflow.read')
          ? (await findConnectionUsers(sql, tenant.shard, of)).map(presentConnectionUser)
          : null,
        subscriptions: mayDo(principal, 'subscription.read', id)
          ? await findConnectionSubscribers(sql, tenant.shard, of)
          : null,
        metering_exports: mayDo(principal, 'metering.read')
          ? await findConnectionExports(sql, tenant.shard, of)
          : null,
        sources: mayDo(principal, 'source.read') ? await findConnectionSources(sql, tenant.shard, of) : null,
      }));
      return c.json(found, 200);
    })

    .openapi(remove, async (c) => {
      const { id } = c.req.valid('param');
      const force = c.req.valid('query').force === 'true';
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, id };
      await db.forTenants([tenant.id], async (sql) => {
        // A subscription that is being made to it waits, or is seen; who supplies it comes to both in this order.
        await changeRules(sql, tenant.shard, of);
        const [row] = await lockConnection(sql, tenant.shard, of);
        if (!row) throw notFound('connection');
        const users = {
          workflows: await findConnectionUsers(sql, tenant.shard, of),
          subscriptions: await findConnectionSubscribers(sql, tenant.shard, of),
          exports: await findConnectionExports(sql, tenant.shard, of),
          sources: await findConnectionSources(sql, tenant.shard, of),
        };
        const used = Object.values(users).some(({ length }) => length > 0);
        if (used && !force) throw inUse(users);
        await deleteRoleAssignmentsOf(sql, tenant.shard, { tenantId: tenant.id, connectionId: id });
        await deleteConnection(sql, tenant.shard, of);
        const data = { provider: row.provider, connection_name: row.connectionName, forced: used };
        await log(sql, c, id, 'deleted', data);
      });
      await announce(deps, `connection:${tenant.id}:${id}`);
      await announce(deps, `api_key:${tenant.id}`);
      return c.body(null, 204);
    });
}

interface Named {
  id: string;
  name: string;
}

function inUse({
  workflows,
  subscriptions,
  exports,
  sources,
}: {
  workflows: readonly ConnectionUser[];
  subscriptions: readonly Named[];
  exports: readonly Named[];
  sources: readonly Named[];
}): PawlError {
  const names = [
    ...new Set([...workflows, ...subscriptions, ...exports, ...sources].map(({ name }) => name)),
  ];
  return new PawlError(
    'Conflict',
    'connection_in_use',
    `The connection is used by ${names.join(', ')}. Publish versions that do without it, unsubscribe, delete the export, have the source’s gaps filled through another one, or delete it with force=true.`,
    {
      details: {
        workflows: workflows.map(presentConnectionUser),
        subscriptions,
        metering_exports: exports,
        sources,
      },
    },
  );
}
