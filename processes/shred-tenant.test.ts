import { createHmac, createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { connect as connectTo } from '../db/client.ts';
import { createTenant } from '../db/operator.ts';
import type { Tenant } from '../db/tenants.ts';
import { seal } from '../vault/seal.ts';
import { gate, startWebhookReceiver, type WebhookReceiver } from '../worker/receiver.testkit.ts';
import { until } from '../worker/worker.testkit.ts';
import { SILENT, setupInstallation, type TestInstallation } from './processes.testkit.ts';
import { shredTenant } from './shred-tenant.ts';
import { type RunningWorker, startWorker } from './worker.ts';

let installation: TestInstallation;
let second: RunningWorker;
let receiver: WebhookReceiver;
beforeAll(async () => {
  // One list at a time, so that two that are held are held by two workers.
  installation = await setupInstallation({ WORKER_CONCURRENCY: '1', WORKER_POLL_INTERVAL_MS: '50' });
  const { config, databaseUrl } = installation;
  second = await startWorker({ config, databaseUrl, log: SILENT });
  receiver = await startWebhookReceiver();
});
afterAll(async () => {
  await Promise.all([second?.stop(), receiver?.close()]);
  await installation?.stop();
});

async function connect(): Promise<string> {
  const { client } = installation;
  const { id } = await client.request('POST', '/tenant/connections', {
    provider: 'generic_rest',
    connection_name: 'receiver',
    credentials: { base_url: receiver.origin, auth_header: 'Bearer first' },
  });
  const call = { action_type: 'WEBHOOK', name: 'call', params: { connection_id: id, path: '/call' } };
  const definition = { initial: 'a', states: { a: { on: { GO: { actions: call } } } } };
  await client.request('POST', '/workflows', { name: 'calls', definition });
  await client.request('POST', '/workflows/calls/publish', { version: 1 });
  return id;
}

/** Fires one action. @returns the job */
async function fire(): Promise<string> {
  const { client } = installation;
  const { job } = await client.request('POST', '/jobs', { workflow: 'calls' });
  await client.request('POST', `/jobs/${job.id}/events`, { type: 'GO' });
  return job.id;
}

/** Somebody asked whether it works, and was told. */
async function tested(connection: string): Promise<void> {
  const { client } = installation;
  const { id } = await client.request('POST', `/tenant/connections/${connection}/test`);
  await until('the test is answered', async () => {
    const { status } = await client.request('GET', `/tenant/connections/${connection}/tests/${id}`);
    return status === 'answered';
  });
}

interface Outcome {
  status: string;
  code: string | null;
}

const outcomeOf = (jobId: string): Promise<Outcome> =>
  until('the action is over', async () => {
    const [run] = await installation.operator.sql<Outcome[]>`
      select status, error ->> 'code' as code from action_runs where job_id = ${jobId} and finished_at is not null`;
    return run;
  });

const entriesOf = ({ id }: Tenant) =>
  installation.operator
    .sql`select data from event_log where subject_id = ${id} and kind = 'tenant.keys_shredded'`;

/** Of a tenant that has connections and nothing else. */
const secretsOf = (connections: number) => ({
  connection: connections,
  source: 0,
  endpoint_secret: 0,
  signing_key: 0,
});

test('shredding takes effect at once in every worker, and a credential that is stored anew lives', async () => {
  const { operator, tenant, client } = installation;
  const connection = await connect();
  const held = gate();
  receiver.script('/call', () => held.promise);
  await tested(connection);
  expect(await client.request('GET', `/tenant/connections/${connection}`)).toMatchObject({
    credentials_shredded: false,
    last_test: { ok: true },
  });
  const before = [await fire(), await fire()];
  // Both workers have opened the credential, and remember its key.
  await receiver.arrival('/call', 2);
  held.resolve({});
  for (const jobId of before) expect(await outcomeOf(jobId)).toEqual({ status: 'SUCCEEDED', code: null });

  expect(await shredTenant(operator, tenant)).toEqual({ keys: 1, secrets: secretsOf(1) });
  const shown = () => client.request('GET', `/tenant/connections/${connection}`);
  expect(await shown()).toMatchObject({ credentials_shredded: true, last_test: null });
  expect((await client.request('GET', '/tenant/connections')).items).toMatchObject([
    { id: connection, credentials_shredded: true },
  ]);
  const sent = receiver.requests.length;
  const after = await Promise.all(Array.from({ length: 6 }, fire));
  for (const jobId of after) {
    expect(await outcomeOf(jobId)).toEqual({ status: 'FAILED', code: 'credential_shredded' });
  }
  expect(receiver.requests).toHaveLength(sent);
  expect(await entriesOf(tenant)).toMatchObject([{ data: { keys: 1, secrets: secretsOf(1) } }]);
  expect(await shredTenant(operator, tenant)).toEqual({ keys: 0, secrets: secretsOf(0) });

  const rotated = await client.request('POST', `/tenant/connections/${connection}/rotate`, {
    credentials: { base_url: receiver.origin, auth_header: 'Bearer anew' },
  });
  expect(rotated).toMatchObject({ credentials_shredded: false });
  expect(await outcomeOf(await fire())).toEqual({ status: 'SUCCEEDED', code: null });
  expect(receiver.requests.at(-1)?.headers.authorization).toBe('Bearer anew');
});

test('sources and endpoints say that their secrets were shredded, and rotated they take and sign again, with nothing that overlaps', async () => {
  const { operator, tenant, client, api } = installation;
  const source = await client.request('POST', '/sources', { kind: 'generic', name: 'shop' });
  const again = { kind: 'generic', name: 'sent again' };
  const create = () => client.request('POST', '/sources', again, { 'Idempotency-Key': 'create' });
  const { secret: first } = await create();
  expect(await create()).toMatchObject({ secret: first });
  const endpoint = await client.request('POST', '/endpoints', { url: `${receiver.origin}/told` });
  const paths = [`/sources/${source.id}`, `/endpoints/${endpoint.id}`];
  const shown = () => Promise.all(paths.map((path) => client.request('GET', path)));
  const deliver = async (secret: string) => {
    const signature = createHmac('sha256', secret).update('{}').digest('hex');
    const headers = { 'Content-Type': 'application/json', 'X-Signature': signature };
    const url = `${api.url}/api/integrations/webhook/${source.id}`;
    return (await fetch(url, { method: 'POST', headers, body: '{}' })).status;
  };
  for (const path of paths) await client.request('POST', `${path}/rotate`, {});
  for (const one of [source, endpoint, ...(await shown())])
    expect(one).toMatchObject({ secret_shredded: false });

  const { secrets } = await shredTenant(operator, tenant);
  expect(secrets).toMatchObject({ source: 3, endpoint_secret: 2 });
  await until('the API has forgotten the key', async () => !('secret' in (await create())));
  for (const one of await shown()) expect(one).toMatchObject({ secret_shredded: true });
  for (const list of ['/sources', '/endpoints'])
    for (const one of (await client.request('GET', list)).items)
      expect(one).toMatchObject({ secret_shredded: true });
  expect(await deliver(source.secret)).toBe(500);

  const [{ secret }] = (await Promise.all(
    paths.map((path) => client.request('POST', `${path}/rotate`, {})),
  )) as [{ secret: string }, unknown];
  for (const one of await shown())
    expect(one).toMatchObject({ secret_shredded: false, previous_secret_until: null });
  expect(await deliver(secret)).toBe(200);
});

test('a tenant with a secret directly under a master key is not shredded, as that would stay readable', async () => {
  const { operator } = installation;
  const tenant = await createTenant(operator, { name: 'Birch', slug: 'birch' });
  const binding = {
    tenantId: tenant.id,
    connectionId: tenant.id,
    provider: 'p',
    allowedOrigin: 'https://a.test',
  };
  const key = createSecretKey(Buffer.from('a1'.repeat(32), 'hex'));
  const blob = seal(Buffer.from('{}'), binding, { keyId: 'a', key });
  const api = connectTo({
    url: installation.databaseUrl,
    role: 'pawl_api',
    poolMax: 1,
    applicationName: 'test',
  });
  onTestFinished(api.close);
  await api.once(
    [tenant.id],
    (sql) => sql`
      insert into connections (shard, tenant_id, id, provider, connection_name, credentials, key_id, allowed_origin, fields)
      values (${tenant.shard}, ${tenant.id}, ${tenant.id}, 'p', 'c', ${blob}, 'a', 'https://a.test', '{}')`,
  );
  await expect(shredTenant(operator, tenant)).rejects.toMatchObject({
    kind: 'Conflict',
    code: 'tenant_not_rotated',
  });
  expect(await entriesOf(tenant)).toHaveLength(0);
});
