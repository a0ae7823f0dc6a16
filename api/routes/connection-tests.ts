// /api/v1/tenant/connections/{id}/test: the harmless call that shows whether credentials work, made by a worker.
import { createRoute, z } from '@hono/zod-openapi';
import { appendLog } from '../../db/statements/append-log.ts';
import {
  type ConnectionRow,
  type ConnectionTestRow,
  findConnectionTest,
  insertConnectionTest,
  lockConnection,
} from '../../db/statements/connections.ts';
import type { Tenant } from '../../db/tenants.ts';
import { PawlError } from '../../engine/errors.ts';
import { whyNoTest } from '../../integrations/build-request.ts';
import { getProvider } from '../../integrations/catalogue.ts';
import { awaitAnswer } from '../await-answer.ts';
import type { ApiDeps } from '../deps.ts';
import { connectionTestSchema, presentConnectionTest } from '../resources/connections.ts';
import { answer, createRouter, guarded, idOf, notFound } from '../routing.ts';

const tags = ['Connections'];
const params = z.object({ id: idOf('connection') });
const on = { connection: 'id' };

const test = createRoute({
  method: 'post',
  path: '/tenant/connections/{id}/test',
  tags,
  summary: 'Make a harmless call with the credentials',
  description: 'A worker makes the call, as only workers can decrypt.',
  ...guarded('connection.test', on),
  request: { params },
  responses: {
    200: answer(connectionTestSchema, 'What came of it.'),
    202: answer(connectionTestSchema, 'No worker has answered yet: ask for the test by its id.'),
  },
});

const getTest = createRoute({
  method: 'get',
  path: '/tenant/connections/{id}/tests/{test_id}',
  tags,
  summary: 'Get a test',
  ...guarded('connection.test', on),
  request: { params: params.extend({ test_id: idOf('connection_test') }) },
  responses: { 200: answer(connectionTestSchema, 'The test.') },
});

export function connectionTestsRoutes(deps: ApiDeps) {
  const { db, ids } = deps;

  async function readTest(tenant: Tenant, connectionId: string, id: string): Promise<ConnectionTestRow> {
    const of = { tenantId: tenant.id, connectionId, id };
    const [row] = await db.once<ConnectionTestRow[]>([tenant.id], (sql) =>
      findConnectionTest(sql, tenant.shard, of),
    );
    if (!row) throw notFound('connection_test');
    return row;
  }

  return createRouter()
    .openapi(test, async (c) => {
      const { id } = c.req.valid('param');
      const { tenant, principal } = c.var;
      const testId = ids.next();
      const { actor } = principal;
      await db.forTenants([tenant.id], async (sql) => {
        const [connection] = await lockConnection(sql, tenant.shard, { tenantId: tenant.id, id });
        if (!connection) throw notFound('connection');
        refuseUntestable(connection);
        const asked = { tenantId: tenant.id, id: testId, connectionId: id, requestedBy: actor };
        await insertConnectionTest(sql, tenant.shard, asked);
        const entry = {
          tenantId: tenant.id,
          subjectId: id,
          id: ids.next(),
          kind: 'connection.tested',
          actor,
        };
        await appendLog(sql, tenant.shard, { ...entry, data: { test_id: testId } });
      });
      await deps.notifier
        .test()
        .catch((error) => deps.log.warn({ err: error }, 'workers could not be told of a test'));
      const row = await awaitAnswer(() => readTest(tenant, id, testId), {
        isAnswer: ({ answeredAt }) => answeredAt !== null,
        timeoutMs: deps.testWaitMs,
        signal: c.req.raw.signal,
      });
      return c.json(presentConnectionTest(row), row.answeredAt === null ? 202 : 200);
    })

    .openapi(getTest, async (c) => {
      const { id, test_id: testId } = c.req.valid('param');
      return c.json(presentConnectionTest(await readTest(c.var.tenant, id, testId)), 200);
    });
}

function refuseUntestable({ provider: id, fields }: ConnectionRow): void {
  const provider = getProvider(id);
  const why = provider ? whyNoTest(provider, fields) : null;
  if (why !== null) throw new PawlError('Conflict', 'connection_test_unavailable', why);
}
