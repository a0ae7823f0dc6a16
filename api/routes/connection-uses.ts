// What uses a connection, and deleting one, which is refused while something does.
import { createRoute, z } from '@hono/zod-openapi';
import type { ReservedSql } from '../../db/client.ts';
import {
  deleteConnection,
  findConnectionSubscribers,
  findConnectionUsers,
  lockConnection,
} from '../../db/statements/connections.ts';
import { findConnectionExports } from '../../db/statements/metering-exports.ts';
import { changeRules } from '../../db/statements/notification-rules.ts';
import { deleteRoleAssignmentsOf } from '../../db/statements/role-assignments.ts';
import { findConnectionSources } from '../../db/statements/source-gaps.ts';
import type { Tenant } from '../../db/tenants.ts';
import { PawlError } from '../../engine/errors.ts';
import { announce } from '../announce.ts';
import { auditOf } from '../audit-entry.ts';
import { mayDo } from '../auth/decide-access.ts';
import type { Principal } from '../auth/principal.ts';
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
      await existingConnection(db, tenant, id);
      const users = await db.forTenants([tenant.id], (sql) => usersOf(sql, tenant, id));
      return c.json(visibleTo(principal, id, users), 200);
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
        const users = await usersOf(sql, tenant, id);
        const used = Object.values(users).some(({ length }) => length > 0);
        if (used && !force) throw inUse(visibleTo(c.var.principal, id, users));
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

type Uses = z.infer<typeof connectionUsesSchema>;
type Users = { [Kind in keyof Uses]: NonNullable<Uses[Kind]> };

/** Everything that goes through it, whoever asks. */
async function usersOf(sql: ReservedSql, { id: tenantId, shard }: Tenant, id: string): Promise<Users> {
  const of = { tenantId, id };
  return {
    workflows: (await findConnectionUsers(sql, shard, of)).map(presentConnectionUser),
    subscriptions: [...(await findConnectionSubscribers(sql, shard, of))],
    metering_exports: [...(await findConnectionExports(sql, shard, of))],
    sources: [...(await findConnectionSources(sql, shard, of))],
  };
}

/** Whoever owns a connection alone does not learn from it what else there is. */
const visibleTo = (principal: Principal, id: string, users: Users): Uses => ({
  workflows: mayDo(principal, 'workflow.read') ? users.workflows : null,
  subscriptions: mayDo(principal, 'subscription.read', id) ? users.subscriptions : null,
  metering_exports: mayDo(principal, 'metering.read') ? users.metering_exports : null,
  sources: mayDo(principal, 'source.read') ? users.sources : null,
});

/** @param uses as far as whoever asks may see them */
function inUse(uses: Uses): PawlError {
  const users: ({ name: string }[] | null)[] = Object.values(uses);
  const named = new Set(users.flatMap((some) => some ?? []).map(({ name }) => name));
  const by = named.size === 0 ? 'what you may not see' : [...named].join(', ');
  return new PawlError(
    'Conflict',
    'connection_in_use',
    `The connection is used by ${by}. Publish versions that do without it, unsubscribe, delete the export, have the source’s gaps filled through another one, or delete it with force=true.`,
    { details: uses },
  );
}
