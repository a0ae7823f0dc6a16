import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWebhookReceiver, type WebhookReceiver } from '../worker/receiver.testkit.ts';
import { setupInstallation, type TestInstallation } from './processes.testkit.ts';

let receiver: WebhookReceiver;
let installation: TestInstallation;
beforeAll(async () => {
  receiver = await startWebhookReceiver();
  installation = await setupInstallation({});
});
afterAll(async () => {
  await installation?.stop();
  await receiver?.close();
});

test('an organisation that was renamed is sent by its new name within moments', async () => {
  const { client } = installation;
  const connection = await client.request('POST', '/tenant/connections', {
    provider: 'generic_rest',
    connection_name: 'named',
    credentials: { base_url: receiver.origin },
  });
  const params = { connection_id: connection.id, path: '/named', body: { name: '<<tenant.name>>' } };
  const on = { GO: { actions: { action_type: 'WEBHOOK', params } } };
  const definition = { initial: 'a', states: { a: { on } } };
  await client.request('POST', '/workflows', { name: 'named', definition });
  await client.request('POST', '/workflows/named/publish', { version: 1 });
  const { job } = await client.request('POST', '/jobs', { workflow: 'named' });
  const sentName = async () => {
    const before = receiver.at('/named').length;
    await client.request('POST', `/jobs/${job.id}/events`, { type: 'GO' });
    await receiver.arrival('/named', before + 1);
    return JSON.parse(String(receiver.at('/named').at(-1)?.body)).name;
  };
  const old = await sentName();
  await client.request('PATCH', '/tenant', { name: 'Renamed' });
  expect(old).not.toBe('Renamed');
  // What a worker believes without being told lasts a minute.
  await expect.poll(sentName, { timeout: 20_000 }).toBe('Renamed');
});
