// /api/v1/endpoints/{id}: what can be ended by hand of how its receiver is doing.
import { createRoute, z } from '@hono/zod-openapi';
import { findEndpoint } from '../../db/statements/endpoints.ts';
import { announce } from '../announce.ts';
import type { ApiDeps, AppEnv } from '../deps.ts';
import { healthOf, type ReceiverHealth } from '../receiver-health.ts';
import { endpointSchema, presentEndpoint } from '../resources/endpoints.ts';
import { answer, createRouter, guarded, idOf, notFound } from '../routing.ts';

const tags = ['Notifications'];
const params = z.object({ id: idOf('endpoint') });

const close = createRoute({
  method: 'post',
  path: '/endpoints/{id}/circuit/close',
  tags,
  summary: 'Close the circuit of an endpoint by hand',
  description:
    'What waits is sent again at once; it opens again if the endpoint is not there. A pause that it asked for stays. A circuit that is closed stays closed.',
  ...guarded('endpoint.write'),
  request: { params },
  responses: { 200: answer(endpointSchema, 'The endpoint, with the circuit closed.') },
});

const lift = createRoute({
  method: 'post',
  path: '/endpoints/{id}/pause/lift',
  tags,
  summary: 'Lift the pause of an endpoint by hand',
  description:
    'What waits is sent again at once; the endpoint may ask for another pause. A delivery that was itself told when to come again keeps its time. A circuit stays as it is.',
  ...guarded('endpoint.write'),
  request: { params },
  responses: { 200: answer(endpointSchema, 'The endpoint, without a pause.') },
});

export function endpointHealthRoutes(deps: ApiDeps) {
  const { db } = deps;

  /** What a person says of it. */
  async function hear(caller: AppEnv['Variables'], id: string, says: keyof ReceiverHealth) {
    const { tenant } = caller;
    const health = healthOf(deps, caller, { connectionId: id, toEndpoint: true });
    const [changed, row] = await db.forTenants([tenant.id], async (sql) => {
      const [changed] = await health[says](sql);
      const [row] = await findEndpoint(sql, tenant.shard, { tenantId: tenant.id, id });
      if (!row) throw notFound('endpoint');
      return [changed, row];
    });
    if (changed) await announce(deps, `endpoint:${tenant.id}:${id}`);
    return presentEndpoint(row);
  }

  return createRouter()
    .openapi(close, async (c) => c.json(await hear(c.var, c.req.valid('param').id, 'closeCircuit'), 200))

    .openapi(lift, async (c) => c.json(await hear(c.var, c.req.valid('param').id, 'liftPause'), 200));
}
