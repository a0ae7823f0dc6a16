// Standing exports deliver each row of the ledger once, through failures in between; a quota stops what would add to it,
// and loses nothing.
import { createHmac } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { setupInstallation, type TestInstallation } from '../processes/processes.testkit.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../worker/receiver.testkit.ts';
import { until } from '../worker/worker.testkit.ts';
import { recordUsage } from './ledger.testkit.ts';

let directory: string;
let bucket: Bucket;
let receiver: WebhookReceiver;
let installation: TestInstallation;
let owner: Sql;
let connection: string;

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAIOSFODNN7EXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  directory = await mkdtemp(join(tmpdir(), 'pawl-exports-'));
  bucket = await startBucket();
  receiver = await startWebhookReceiver();
  installation = await setupInstallation({
    EXPORT_DIRECTORY: directory,
    EXPORT_S3_BUCKET: 'usage',
    EXPORT_S3_ENDPOINT: bucket.endpoint,
  });
  owner = postgres(installation.databaseUrl, { max: 2, onnotice: () => {} });
  connection = (
    await ask('POST', '/tenant/connections', {
      provider: 'generic_rest',
      connection_name: 'receiver',
      credentials: { base_url: receiver.origin, auth_header: 'Bearer of the receiver' },
    })
  ).id;
});
afterAll(async () => {
  await owner?.end();
  await installation?.stop();
  await Promise.all([bucket?.close(), receiver?.close()]);
  await rm(directory, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

// biome-ignore lint/suspicious/noExplicitAny: as the client has it
const ask = (method: string, path: string, body?: any): Promise<any> =>
  installation.client.request(method, path, body);

interface Bucket {
  endpoint: string;
  objects: Map<string, string>;
  signatures: string[];
  /** The next object is stored, and its answer lost. */
  losesAnswer: boolean;
  close(): Promise<void>;
}

/** What S3 is to an export: objects by path. */
async function startBucket(): Promise<Bucket> {
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = new URL(request.url ?? '', 'http://s3').pathname;
    one.objects.set(path, Buffer.concat(chunks).toString());
    one.signatures.push(request.headers.authorization ?? '');
    if (one.losesAnswer) {
      one.losesAnswer = false;
      response.writeHead(503).end('<Error><Code>SlowDown</Code><Message>Please wait.</Message></Error>');
    } else response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const one: Bucket = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects: new Map(),
    signatures: [],
    losesAnswer: true,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return one;
}

const ledger = async (): Promise<string[]> => {
  const rows = await owner`select attempt_id from utility_ledger order by attempt_id`;
  return rows.map((row) => row.attempt_id as string);
};

const idsOf = (lines: string): string[] =>
  lines.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).attempt_id as string]));

async function inDirectory(): Promise<string[]> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((file) => file.isFile())
    .map((file) => readFile(join(file.parentPath, file.name), 'utf8'));
  return (await Promise.all(texts)).flatMap(idsOf);
}

describe('standing exports', () => {
  test('deliver each row once, whatever fails in between', async () => {
    // The first batch arrives and is not acknowledged.
    receiver.script('/events', ({ nth }) => (nth === 1 ? { status: 500 } : {}));
    const to = { name: 'files', destination: { type: 'directory' }, interval_minutes: 60 };
    const made = [
      await ask('POST', '/metering/exports', to),
      await ask('POST', '/metering/exports', { ...to, name: 'objects', destination: { type: 's3' } }),
      await ask('POST', '/metering/exports', {
        ...to,
        name: 'pushed',
        destination: { type: 'http', connection_id: connection, path: '/events' },
      }),
    ];
    expect(made.map(({ format }) => format)).toEqual(['jsonl', 'jsonl', 'cloudevents']);
    await expect(ask('POST', '/metering/exports', to)).rejects.toMatchObject({
      code: 'metering_export_name_taken',
    });

    for (const rows of [700, 600]) {
      await recordUsage(owner, installation.tenant, rows);
      const all = await ledger();
      const shown = await until('every row is delivered', async () => {
        const { items } = await ask('GET', '/metering/exports');
        for (const { id, running, rows_exported: n } of items)
          if (!running && n < all.length) await ask('POST', `/metering/exports/${id}/run`);
        return items.every((one: { rows_exported: number }) => one.rows_exported === all.length) && items;
      });
      expect(shown).toHaveLength(3);
      const objects = [...bucket.objects.values()].flatMap(idsOf);
      const pushed = receiver.at('/events').flatMap(({ body }) => JSON.parse(body));
      expect((await inDirectory()).toSorted()).toEqual(all);
      expect(objects.toSorted()).toEqual(all);
      // At least once: what was answered by a failure came again, under the same ids.
      expect([...new Set(pushed.map(({ id }) => id))].toSorted()).toEqual(all);
    }
    expect(receiver.at('/events').length).toBeGreaterThan(4);
    expect(receiver.at('/events')[0]?.headers).toMatchObject({
      authorization: 'Bearer of the receiver',
      'content-type': 'application/cloudevents-batch+json',
    });
    expect(bucket.signatures[0]).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/.*\/s3\/aws4_request/,
    );
    expect([...bucket.objects.keys()][0]).toMatch(
      new RegExp(`^/usage/${installation.tenant.id}/[0-9a-f-]{36}/usage-\\d{16}-\\d{16}-00000.jsonl$`),
    );
    for (const { id } of made) await ask('DELETE', `/metering/exports/${id}`);
  });
});

describe('a standing export to a connection', () => {
  test('rests when the receiver asks for it, as actions do, and says that it waits', async () => {
    receiver.script('/resting', { status: 429, headers: { 'retry-after': '3600' } });
    const { id: connectionId } = await ask('POST', '/tenant/connections', {
      provider: 'generic_rest',
      connection_name: 'resting',
      credentials: { base_url: receiver.origin, auth_header: 'Bearer of the receiver' },
    });
    await recordUsage(owner, installation.tenant, 1);
    const { id } = await ask('POST', '/metering/exports', {
      name: 'resting',
      destination: { type: 'http', connection_id: connectionId, path: '/resting' },
      interval_minutes: 60,
    });
    const saidTo = (code: string) =>
      until(`it says ${code}`, async () => {
        const { items } = await ask('GET', '/metering/exports');
        return items[0].last_error?.code === code && items[0];
      });
    await saidTo('export_refused');
    await ask('POST', `/metering/exports/${id}/run`);
    const waits = await saidTo('export_waits');
    // It looks again now and then, as somebody may lift the pause.
    expect(Date.parse(waits.next_run_at)).toBeLessThan(Date.now() + 60_000);
    expect(receiver.at('/resting')).toHaveLength(1);
    await ask('DELETE', `/metering/exports/${id}`);
  });
});

describe('a quota that is used up', () => {
  test('refuses what would queue actions, keeps the rest, and lets all of it go when it is lifted', async () => {
    const calls = { action_type: 'WEBHOOK', params: { connection_id: connection, path: '/called' } };
    const definition = {
      initial: 'open',
      states: {
        open: { on: { CALL: { actions: [calls] }, REST: 'resting', WAIT: 'waiting' } },
        resting: { on: { BACK: 'open' } },
        waiting: { after: { 10: { target: 'open', actions: [calls] } } },
      },
    };
    await ask('POST', '/workflows', { name: 'caller', definition });
    await ask('POST', '/workflows/caller/publish', { version: 1 });
    const { job } = await ask('POST', '/jobs', { workflow: 'caller', key: 'one' });
    const waiter = await ask('POST', '/jobs', { workflow: 'caller', key: 'two' });
    const send = (id: string, type: string) => ask('POST', `/jobs/${id}/events`, { type });
    await send(job.id, 'CALL');

    await ask('PUT', '/metering/quotas/WebhookEgress/day', { warn_at: 1, block_at: 1 });
    const refusal = await until('the quota blocks', async () => {
      const sent = await send(job.id, 'CALL').catch((error) => error);
      return sent.code === 'quota_exceeded' && sent;
    });
    expect(refusal).toMatchObject({ kind: 'TooMany' });
    const { items } = await ask('GET', '/metering/quotas');
    expect(items).toMatchObject([{ state: 'blocked', block_at: 1, kind: 'WebhookEgress', period: 'day' }]);
    const { items: log } = await ask('GET', `/audit?subject_id=${installation.tenant.id}`);
    expect(log.map(({ kind }: { kind: string }) => kind)).toContain('quota.blocked');

    // What queues nothing goes on; a timer that would waits; an inbound event is kept, to be replayed.
    await send(job.id, 'REST');
    await send(job.id, 'BACK');
    await send(waiter.job.id, 'WAIT');
    const source = await ask('POST', '/sources', { kind: 'generic', name: 'orders' });
    await ask('POST', '/triggers', {
      source_id: source.id,
      name: 'calls',
      event_types: ['*'],
      action: { type: 'send_event', workflow: 'caller', key: "'one'", event_type: 'CALL' },
    });
    await deliver(source, { of: 'one' });
    const failed = await until('the event is over', async () => {
      const { items: events } = await ask('GET', `/inbound-events?source=${source.id}&status=FAILED`);
      return events[0];
    });
    expect((await ask('GET', `/inbound-events/${failed.id}`)).error).toMatchObject({
      code: 'quota_exceeded',
    });
    await until('the timer was tried', async () => {
      const [timer] =
        await owner`select from timers where job_id = ${waiter.job.id} and leased_until is not null`;
      return timer;
    });
    expect((await ask('GET', `/jobs/${waiter.job.id}`)).current_state).toBe('waiting');

    const calledBefore = receiver.at('/called').length;
    await ask('DELETE', '/metering/quotas/WebhookEgress/day');
    await until('there is room again', () => send(job.id, 'CALL').catch(() => null));
    await until('the timer has fired', async () => {
      await owner`update timers set leased_until = null`;
      return (await ask('GET', `/jobs/${waiter.job.id}`)).current_state === 'open';
    });
    await ask('POST', `/inbound-events/${failed.id}/replay`);
    await until('all three calls are made', () => receiver.at('/called').length >= calledBefore + 3);
  });

  test('of inbound events only warns', async () => {
    await expect(ask('PUT', '/metering/quotas/WebhookIngress/day', { block_at: 5 })).rejects.toMatchObject({
      code: 'quota_cannot_block',
    });
  });
});

async function deliver({ id, secret }: { id: string; secret: string }, event: object): Promise<void> {
  const body = JSON.stringify(event);
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const headers = { 'content-type': 'application/json', 'x-signature': signature };
  const url = `${installation.api.url}/api/integrations/webhook/${id}`;
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBeLessThan(300);
}
