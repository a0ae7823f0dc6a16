// API and worker whose master key is in KMS, from a ring there and on without KMS for a while.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readConfig } from '../config/config.ts';
import { startKms, TEST_CREDENTIALS, type TestKms } from '../vault/kms.testkit.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../worker/receiver.testkit.ts';
import { until } from '../worker/worker.testkit.ts';
import { startApi } from './api.ts';
import { masterKeysInUse } from './key-usage.ts';
import { checkMasterKeys, openMasterKeys } from './master-keys.ts';
import { SILENT, setupInstallation, TEST_ENVIRONMENT, type TestInstallation } from './processes.testkit.ts';
import { rotateMasterKey } from './rotate-keys.ts';
import { startWorker } from './worker.ts';

let kms: TestKms;
let receiver: WebhookReceiver;
let installation: TestInstallation;
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', TEST_CREDENTIALS.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', TEST_CREDENTIALS.secretAccessKey);
  kms = await startKms();
  receiver = await startWebhookReceiver();
  // Still under the ring, and ready to unwrap what others wrap with KMS.
  installation = await setupInstallation({
    ENCRYPTION_KMS_KEY: kms.key,
    ENCRYPTION_KMS_ENDPOINT: kms.endpoint,
  });
});
afterAll(async () => {
  await installation?.stop();
  await Promise.all([kms?.close(), receiver?.close()]);
  vi.unstubAllEnvs();
});

async function fire(jobId: string): Promise<void> {
  await installation.client.request('POST', `/jobs/${jobId}/events`, { type: 'GO' });
}

const runs = () =>
  installation.operator.sql`select status, attempts, error from action_runs order by created_at, id`.then(
    (rows) => rows.map((row) => ({ ...row })),
  );
const SUCCEEDED = { status: 'SUCCEEDED', attempts: 1, error: null };

test('KMS takes over from a ring while everything runs, and actions outlast its absence', async () => {
  const { client, operator, databaseUrl } = installation;
  const connection = await client.request('POST', '/tenant/connections', {
    provider: 'generic_rest',
    connection_name: 'receiver',
    credentials: { base_url: receiver.origin, auth_header: 'Bearer first' },
  });
  const call = { action_type: 'WEBHOOK', params: { connection_id: connection.id, path: '/call' } };
  const definition = { initial: 'a', states: { a: { on: { GO: { actions: call } } } } };
  await client.request('POST', '/workflows', { name: 'calls', definition });
  await client.request('POST', '/workflows/calls/publish', { version: 1 });
  const { job } = await client.request('POST', '/jobs', { workflow: 'calls' });
  await fire(job.id);
  await receiver.arrival('/call', 1);
  expect(await masterKeysInUse(operator)).toEqual([{ keyId: 'a', dataKeys: 1, direct: 0 }]);
  expect(kms.calls).toHaveLength(0);

  const { ENCRYPTION_KEY_ID: _, ...rest } = TEST_ENVIRONMENT;
  const variables = { ...rest, ENCRYPTION_KMS_KEY: kms.key, ENCRYPTION_KMS_ENDPOINT: kms.endpoint };
  const taking = await openMasterKeys(readConfig(variables));
  expect(await rotateMasterKey({ db: operator, opened: taking, onProgress: () => {} })).toMatchObject({
    rewrapped: 1,
  });
  await taking.close();
  expect(await masterKeysInUse(operator)).toEqual([{ keyId: kms.key, dataKeys: 1, direct: 0 }]);
  await fire(job.id);
  await receiver.arrival('/call', 2);

  // Processes that have KMS alone, and nothing remembered.
  await Promise.all([installation.worker.stop(), installation.api.stop()]);
  const alone = readConfig({ ...variables, ENCRYPTION_KEYS: '', WORKER_POLL_INTERVAL_MS: '50' });
  const opened = await openMasterKeys(alone);
  await checkMasterKeys(operator, opened);
  await opened.close();
  const options = { config: alone, databaseUrl, log: SILENT };
  const [api, worker] = [await startApi(options), await startWorker(options)];
  try {
    kms.fault = { status: 400, type: 'ThrottlingException' };
    const authorization = `Bearer ${installation.apiKey}`;
    const ask = (method: string, path: string, body: object) =>
      fetch(`${api.url}/api/v1${path}`, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await ask('POST', `/jobs/${job.id}/events`, { type: 'GO' });
    await until('the action waits', async () => {
      const [row] = await operator.sql`select worker_id, run_at > now() as waits from dispatch_queue`;
      return row?.workerId === null && row.waits;
    });
    const credentials = { base_url: receiver.origin };
    const another = { provider: 'generic_rest', connection_name: 'another', credentials };
    const refused = await ask('POST', '/tenant/connections', another);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'kms_throttled' });
    expect(await runs()).toEqual([SUCCEEDED, SUCCEEDED, { status: 'QUEUED', attempts: 0, error: null }]);

    kms.fault = null;
    await receiver.arrival('/call', 3);
    expect((await ask('POST', '/tenant/connections', another)).status).toBe(201);

    kms.fault = 'reset';
    await ask('POST', `/jobs/${job.id}/events`, { type: 'GO' });
    await receiver.arrival('/call', 4);
    await until('it is recorded', async () => (await runs()).every(({ status }) => status === 'SUCCEEDED'));
  } finally {
    kms.fault = null;
    await Promise.all([api.stop(), worker.stop()]);
  }
});
