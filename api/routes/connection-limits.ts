// /api/v1/tenant/connections/{id}/limits and what can be ended of it by hand: what a connection may
// have at once, and how its receiver is doing.
import { createRoute, z } from '@hono/zod-openapi';
import { findLimitsNow, type LimitsNow } from '../../db/statements/connection-limits.ts';
import { lockConnection } from '../../db/statements/connections.ts';
import { announce } from '../announce.ts';
import type { ApiDeps, AppEnv } from '../deps.ts';
import { healthOf, type ReceiverHealth } from '../receiver-health.ts';
import { connectionLimitsSchema, presentConnectionLimits } from '../resources/connection-limits.ts';
import { answer, createRouter, guarded, idOf, notFound } from '../routing.ts';

const tags = ['Connections'];
const params = z.object({ id: idOf('connection') });
const on = { connection: 'id' };

const limits = createRoute({
  method: 'get',
  path: '/tenant/connections/{id}/limits',
  tags,
  summary: 'Get the limits of a connection, and what holds it back now',
  ...guarded('connection.read', on),
  request: { params },
  responses: { 200: answer(connectionLimitsSchema, 'Its limits, and how its receiver is doing.') },
});

const close = createRoute({
  method: 'post',
  path: '/tenant/connections/{id}/circuit/close',
  tags,
  summary: 'Close the circuit of a connection by hand',
  description:
    'Actions are sent again at once, as fast as the limits allow; it opens again if the receiver is not there. A pause that the receiver asked for stays. A circuit that is closed stays closed.',
  ...guarded('connection.update', on),
  request: { params },
  responses: { 200: answer(connectionLimitsSchema, 'Its limits, with the circuit closed.') },
});

const lift = createRoute({
  method: 'post',
  path: '/tenant/connections/{id}/pause/lift',
  tags,
  summary: 'Lift the pause of a connection by hand',
  description:
    'Actions are sent again at once, as fast as the limits allow; the receiver may ask for another pause. An action that was itself told when to come again keeps its time. A circuit stays as it is.',
  ...guarded('connection.update', on),
  request: { params },
  responses: { 200: answer(connectionLimitsSchema, 'Its limits, without a pause.') },
});

export function connectionLimitsRoutes(deps: ApiDeps) {
  const { db } = deps;

  /** What a person says of its receiver. */
  async function hear(
    caller: AppEnv['Variables'],
    id: string,
    says: keyof ReceiverHealth,
  ): Promise<LimitsNow> {
    const { tenant } = caller;
    const of = { tenantId: tenant.id, connectionId: id };
    const health = healthOf(deps, caller, { connectionId: id, toEndpoint: false });
    const [changed, now] = await db.forTenants([tenant.id], async (sql) => {
      await lockConnection(sql, tenant.shard, { tenantId: tenant.id, id });
      const [changed] = await health[says](sql);
      const [now] = await findLimitsNow(sql, tenant.shard, of);
      if (!now) throw notFound('connection');
      return [changed, now];
    });
    if (changed) await announce(deps, `connection:${tenant.id}:${id}`);
    return now;
  }

  return createRouter()
    .openapi(limits, async (c) => {
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, connectionId: c.req.valid('param').id };
      const [now] = await db.once<LimitsNow[]>([tenant.id], (sql) => findLimitsNow(sql, tenant.shard, of));
      if (!now) throw notFound('connection');
      return c.json(presentConnectionLimits(now), 200);
    })

    .openapi(close, async (c) =>
      c.json(presentConnectionLimits(await hear(c.var, c.req.valid('param').id, 'closeCircuit')), 200),
    )

    .openapi(lift, async (c) =>
      c.json(presentConnectionLimits(await hear(c.var, c.req.valid('param').id, 'liftPause')), 200),
    );
}
