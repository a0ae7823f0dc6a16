// A circuit that is open for an hour, closed by hand, and a pause of an hour, lifted: the API says so, and a worker in
// another process hears it.
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

/** A connection that is held back as `health` says, with an action that waits for it. @returns the connection's id */
async function heldBack(name: string, health: Record<string, string | number>): Promise<string> {
  const { client, tenant } = installation;
  const { port } = server.address() as AddressInfo;
  const connection = await client.request('POST', '/tenant/connections', {
    provider: 'generic_rest',
    connection_name: name,
    credentials: { base_url: `http://127.0.0.1:${port}` },
  });
  const row = { shard: tenant.shard, tenant_id: tenant.id, connection_id: connection.id, ...health };
  await admin`insert into connection_health ${admin(row)}`;
  const params = { connection_id: connection.id, path: '/call' };
  const definition = {
    initial: 'called',
    states: { called: { type: 'final', entry: { action_type: 'WEBHOOK', params } } },
  };
  await client.request('POST', '/workflows', { name, definition });
  await client.request('POST', `/workflows/${name}/publish`, { version: 1 });
  arrivals = 0;
  await client.request('POST', '/jobs', { workflow: name });
  // The worker took it, found out that nothing may be sent, and put it back.
  await expect.poll(() => putBack(connection.id), POLL).toBe(1);
  expect(arrivals).toBe(0);
  return connection.id;
}

const putBack = async (receiver: string) =>
  (
    await admin`
      select from dispatch_queue where fence > 0 and worker_id is null and connection_id = ${receiver}`
  ).length;

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

test('what waits for a circuit goes at once when somebody closes it', async () => {
  const { client } = installation;
  const health = { circuit: 'open', open_until: inAnHour(), misses: 10, openings: 1 };
  const id = await heldBack('down', health);
  const limits = await client.request('GET', `/tenant/connections/${id}/limits`);
  expect(limits).toMatchObject({ in_flight: 0, circuit: { state: 'open', misses: 10 } });

  await client.request('POST', `/tenant/connections/${id}/circuit/close`);
  await expect.poll(() => arrivals, POLL).toBe(1);
});

test('what waits for a pause to end goes at once when somebody lifts it', async () => {
  const { client } = installation;
  const id = await heldBack('paused', { paused_until: inAnHour() });
  await client.request('POST', `/tenant/connections/${id}/pause/lift`);
  await expect.poll(() => arrivals, POLL).toBe(1);
});

test('what waits for a pause to end goes at once when the credentials are rotated', async () => {
  const { client } = installation;
  const { port } = server.address() as AddressInfo;
  const id = await heldBack('rotated', { paused_until: inAnHour() });
  const credentials = { base_url: `http://127.0.0.1:${port}` };
  await client.request('POST', `/tenant/connections/${id}/rotate`, { credentials });
  await expect.poll(() => arrivals, POLL).toBe(1);
});

test('what waits for a circuit goes at once when the connection is rotated to another host', async () => {
  const { client } = installation;
  const { port } = server.address() as AddressInfo;
  const health = { circuit: 'open', open_until: inAnHour(), misses: 10, openings: 1 };
  const id = await heldBack('moved', health);
  const before = await client.request('GET', `/tenant/connections/${id}`);
  const base_url = `http://localhost:${port}`;
  expect(before.allowed_origin).not.toBe(base_url);
  const after = await client.request('POST', `/tenant/connections/${id}/rotate`, {
    credentials: { base_url },
  });
  expect(after).toMatchObject({ allowed_origin: base_url, circuit: 'closed' });
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

  await expect.poll(() => putBack(endpoint.id), POLL).toBe(1);
  expect(arrivals).toBe(0);

  const closed = await client.request('POST', `/endpoints/${endpoint.id}/circuit/close`);
  expect(closed).toMatchObject({ circuit: 'closed', open_until: null });
  await expect.poll(() => arrivals, POLL).toBe(1);
});
