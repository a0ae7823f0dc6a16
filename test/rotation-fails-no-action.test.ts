// Data keys are rotated while two workers fire actions; the rotation is killed half-way and run again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import postgres from 'postgres';
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PAWL, pawl } from '../cli/pawl.testkit.ts';
import { createTenants } from '../db/tenants.ts';
import { dataKeysOf, openMasterKeys } from '../processes/master-keys.ts';
import {
  SILENT,
  setupInstallation,
  TEST_ENVIRONMENT,
  type TestInstallation,
} from '../processes/processes.testkit.ts';
import { type RunningWorker, startWorker } from '../processes/worker.ts';
import { keyIdOf } from '../vault/blob.ts';
import { createDecrypter } from '../vault/decrypt.ts';
import { createEncrypter } from '../vault/encrypt.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../worker/receiver.testkit.ts';
import { until } from '../worker/worker.testkit.ts';

/** Six pages of a rotation: enough to be killed among them. */
const CONNECTIONS = 3_000;
/** Of these, as many are used all the time. */
const USED = 10;

let installation: TestInstallation;
let second: RunningWorker;
let receiver: WebhookReceiver;
let admin: postgres.Sql;
beforeAll(async () => {
  installation = await setupInstallation();
  const { config, databaseUrl } = installation;
  second = await startWorker({ config, databaseUrl, log: SILENT });
  receiver = await startWebhookReceiver();
  admin = postgres(databaseUrl, {
    max: 1,
    onnotice: () => {},
    transform: { column: { from: postgres.toCamel } },
  });
});
afterAll(async () => {
  await Promise.all([second?.stop(), receiver?.close(), admin?.end()]);
  await installation?.stop();
});

/** As a process has them that has remembered nothing. */
async function freshKeys() {
  const { operator, config } = installation;
  return dataKeysOf(operator, createTenants(operator), await openMasterKeys(config));
}

const bindingOf = (connectionId: string) => ({
  tenantId: installation.tenant.id,
  connectionId,
  provider: 'generic_rest',
  allowedOrigin: receiver.origin,
});

async function storeConnections(): Promise<string[]> {
  const { tenant } = installation;
  const encrypt = createEncrypter(await freshKeys());
  const ids = Array.from({ length: CONNECTIONS }, () => v7());
  const rows = await Promise.all(
    ids.map(async (id) => {
      const credentials = await encrypt(
        { base_url: receiver.origin, auth_header: `Bearer ${id}` },
        bindingOf(id),
      );
      return {
        shard: tenant.shard,
        tenant_id: tenant.id,
        id,
        provider: 'generic_rest',
        connection_name: id,
        credentials,
        key_id: keyIdOf(credentials),
        allowed_origin: receiver.origin,
        fields: '{}',
      };
    }),
  );
  for (let from = 0; from < rows.length; from += 1_000) {
    await admin`insert into connections ${admin(rows.slice(from, from + 1_000))}`;
  }
  return ids;
}

/** A job for each connection, which calls its receiver at every GO. */
async function jobsThrough(connections: readonly string[]): Promise<string[]> {
  const { client } = installation;
  return Promise.all(
    connections.map(async (connectionId, n) => {
      const call = { action_type: 'WEBHOOK', params: { connection_id: connectionId, path: '/call' } };
      const definition = { initial: 'a', states: { a: { on: { GO: { actions: call } } } } };
      await client.request('POST', '/workflows', { name: `calls-${n}`, definition });
      await client.request('POST', `/workflows/calls-${n}/publish`, { version: 1 });
      return (await client.request('POST', '/jobs', { workflow: `calls-${n}` })).job.id;
    }),
  );
}

const environment = () => ({ ...TEST_ENVIRONMENT, DATABASE_URL: installation.databaseUrl });

/** @returns how many secrets had been moved when it was killed */
async function killedHalfWay(): Promise<number> {
  const child = spawn(process.execPath, [PAWL, 'keys', 'rotate', '--data'], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (/[1-9]\d* secrets re-encrypted/.test(said)) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
  const [row] = await admin`
    select count(*)::integer as moved from connections
    where key_id = (select id::text from tenant_keys order by generation desc limit 1)`;
  return Number(row?.moved);
}

test('no action fails while data keys are rotated, killed half-way and rotated to the end', async () => {
  const { client, operator } = installation;
  const connections = await storeConnections();
  const jobs = await jobsThrough(connections.filter((_, n) => n % (CONNECTIONS / USED) === 0));
  let rotating = true;
  let fired = 0;
  const load = jobs.map(async (jobId) => {
    while (rotating) {
      await client.request('POST', `/jobs/${jobId}/events`, { type: 'GO' });
      fired++;
    }
  });

  let moved: number;
  try {
    moved = await killedHalfWay();
    const { status, stdout } = await pawl(['keys', 'rotate', '--data'], environment());
    expect(status).toBe(0);
    expect(stdout).toContain(`${CONNECTIONS - moved} secrets re-encrypted, 1 old data keys deleted`);
  } finally {
    rotating = false;
  }
  await Promise.all(load);
  expect(moved).toBeGreaterThan(0);
  expect(moved).toBeLessThan(CONNECTIONS);

  await until('everything was fired', async () => {
    const [row] = await admin`select count(*)::integer as queued from dispatch_queue`;
    return row?.queued === 0;
  });
  const outcomes =
    await operator.sql`select status, count(*)::integer as runs from action_runs group by status`;
  expect(outcomes.map((row) => ({ ...row }))).toEqual([{ status: 'SUCCEEDED', runs: fired }]);
  expect(fired).toBeGreaterThan(USED);
  const sent = new Set(receiver.requests.map(({ headers }) => headers.authorization));
  expect(sent.size).toBe(USED);

  const keys = await admin`select id, generation from tenant_keys`;
  expect(keys).toMatchObject([{ generation: 2 }]);
  const decrypt = createDecrypter(await freshKeys());
  for (const { id, credentials, keyId } of await admin`select id, credentials, key_id from connections`) {
    expect(keyId).toBe(keys[0]?.id);
    expect(await decrypt(credentials, bindingOf(id))).toMatchObject({ auth_header: `Bearer ${id}` });
  }
});
