// A circuit that is open for an hour, closed by hand: the API says so, and a worker in another process hears it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setupInstallation, type TestInstallation } from '../processes/processes.testkit.ts';

let installation: TestInstallation;
let admin: postgres.Sql;
let arrivals = 0;
const server = createServer((_, response) => {
  arrivals++;
  response.end('{}');
});

beforeAll(async () => {
  installation = await setupInstallation();
  admin = postgres(installation.databaseUrl, { max: 1, onnotice: () => {} });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  await installation?.stop();
  await admin?.end();
  server.close();
});

const POLL = { timeout: 30_000 };

test('what waits for a circuit goes at once when somebody closes it', async () => {
  const { client, tenant } = installation;
  const { port } = server.address() as AddressInfo;
  const connection = await client.request('POST', '/tenant/connections', {
    provider: 'generic_rest',
    connection_name: 'down',
    credentials: { base_url: `http://127.0.0.1:${port}` },
  });
  await admin`
    insert into connection_health (shard, tenant_id, connection_id, circuit, open_until, misses, openings)
    values (${tenant.shard}, ${tenant.id}, ${connection.id}, 'open', now() + interval '1 hour', 10, 1)`;
  const params = { connection_id: connection.id, path: '/call' };
  const definition = {
    initial: 'called',
    states: { called: { type: 'final', entry: { action_type: 'WEBHOOK', params } } },
  };
  await client.request('POST', '/workflows', { name: 'calls', definition });
  await client.request('POST', '/workflows/calls/publish', { version: 1 });
  await client.request('POST', '/jobs', { workflow: 'calls' });

  // The worker took it, found out that the circuit is open, and put it back.
  const putBack = async () =>
    (await admin`select from dispatch_queue where fence > 0 and worker_id is null`).length;
  await expect.poll(putBack, POLL).toBe(1);
  expect(arrivals).toBe(0);
  const limits = await client.request('GET', `/tenant/connections/${connection.id}/limits`);
  expect(limits).toMatchObject({ in_flight: 0, circuit: { state: 'open', misses: 10 } });

  await client.request('POST', `/tenant/connections/${connection.id}/circuit/close`);
  await expect.poll(() => arrivals, POLL).toBe(1);
});

test('what waits for the circuit of an endpoint does so too', async () => {
  const { client, tenant } = installation;
  const { port } = server.address() as AddressInfo;
  arrivals = 0;
  const endpoint = await client.request('POST', '/endpoints', { url: `http://127.0.0.1:${port}/told` });
  await admin`
    insert into endpoint_health (shard, tenant_id, endpoint_id, circuit, open_until, misses, openings)
    values (${tenant.shard}, ${tenant.id}, ${endpoint.id}, 'open', now() + interval '1 hour', 10, 1)`;
  await client.request('POST', '/subscriptions', {
    name: 'told',
    trigger: { kind: 'job_done' },
    endpoint: { endpoint_id: endpoint.id },
  });
  await client.request('POST', '/workflows', {
    name: 'ends',
    definition: { initial: 'over', states: { over: { type: 'final' } } },
  });
  await client.request('POST', '/workflows/ends/publish', { version: 1 });
  await client.request('POST', '/jobs', { workflow: 'ends' });

  const putBack = async () =>
    (
      await admin`
        select from dispatch_queue where fence > 0 and worker_id is null and connection_id = ${endpoint.id}`
    ).length;
  await expect.poll(putBack, POLL).toBe(1);
  expect(arrivals).toBe(0);

  const closed = await client.request('POST', `/endpoints/${endpoint.id}/circuit/close`);
  expect(closed).toMatchObject({ circuit: 'closed', open_until: null });
  await expect.poll(() => arrivals, POLL).toBe(1);
});
