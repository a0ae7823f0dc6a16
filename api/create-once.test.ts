import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../engine/json.ts';
import { type Answer, type Caller, setupApi, type TestApi } from './api.testkit.ts';

let api: TestApi;
beforeAll(async () => {
  api = await setupApi();
});
afterAll(() => api?.stop());

let keys = 0;
const under = (key = `key-${++keys}`) => ({ 'Idempotency-Key': key });
let names = 0;
const named = (more: JsonObject = {}): JsonObject => ({ name: `name ${++names}`, ...more });

test('a source that is asked for again under its key is one, and its secret is in each answer until it is changed', async () => {
  const [body, headers] = [named({ kind: 'generic' }), under()];
  const make = () => api.a.call('POST', '/sources', { body, headers });
  const answers = (await Promise.all([make(), make(), make()])) as [Answer, Answer, Answer];
  const [first] = answers;
  for (const again of [...answers, await make()]) {
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get('location')).toBe(`/api/v1/sources/${first.body.id}`);
  }
  expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(2);
  expect((await api.a.deliver(first.body, { n: 1 })).status).toBe(200);
  const made = await api.operator.sql`select from event_log where subject_id = ${first.body.id}`;
  expect(made).toHaveLength(1);
  const [kept] = await api.operator
    .sql`select answer::text from idempotency_keys where answer ->> 'id' = ${first.body.id}`;
  expect(kept?.answer).not.toContain(first.body.secret);

  const { secret: _, ...source } = first.body;
  await api.a.call('POST', `/sources/${source.id}/rotate`, { body: { overlap_hours: 0 } });
  expect((await make()).body).toEqual(source);
  await api.a.call('DELETE', `/sources/${source.id}`);
  expect((await make()).body).toEqual(source);
});

test('an endpoint that is asked for again under its key is one, and its secret is told once', async () => {
  const [body, headers] = [{ url: 'http://127.0.0.1:9/once', signed_by: 'both' }, under()];
  const make = () => api.a.call('POST', '/endpoints', { body, headers });
  const answers = (await Promise.all([make(), make(), make()])) as [Answer, Answer, Answer];
  const [first] = answers.filter(({ headers }) => headers.get('idempotent-replayed') === null);
  const { secret, ...endpoint } = first?.body ?? {};
  expect(secret).toMatch(/^whsec_/);
  for (const again of [...answers.filter((one) => one !== first), await make()]) {
    expect([again.status, again.body]).toEqual([201, endpoint]);
    expect(again.headers.get('location')).toBe(`/api/v1/endpoints/${endpoint.id}`);
  }
  const { body: all } = await api.a.call('GET', '/endpoints');
  expect(all.items.filter(({ url }: JsonObject) => url === body.url)).toHaveLength(1);
  const [kept] = await api.operator
    .sql`select answer::text from idempotency_keys where answer ->> 'id' = ${endpoint.id}`;
  expect(kept?.answer).not.toContain(secret);
});

test('connections, triggers and subscriptions that are asked for again under their key are one each', async () => {
  const { body: source } = await api.a.call('POST', '/sources', { body: named({ kind: 'generic' }) });
  const definition = { initial: 's', states: { s: {} } };
  await api.a.call('POST', '/workflows', { body: { name: 'w', definition } });
  const { body: endpoint } = await api.a.call('POST', '/endpoints', {
    body: { url: 'http://127.0.0.1:9/x' },
  });
  const connection_name = String(named().name);
  const wanted: [string, JsonObject][] = [
    [
      '/tenant/connections',
      { provider: 'generic_rest', connection_name, credentials: { base_url: 'http://127.0.0.1:9' } },
    ],
    [
      '/triggers',
      named({ source_id: source.id, event_types: ['*'], action: { type: 'start_job', workflow: 'w' } }),
    ],
    ['/subscriptions', named({ trigger: { kind: 'job_done' }, endpoint: { endpoint_id: endpoint.id } })],
  ];
  for (const [path, body] of wanted) {
    const headers = under();
    const first = await api.a.call('POST', path, { body, headers });
    expect(first.status, JSON.stringify(first.body)).toBe(201);
    const rows = await api.countRows();
    const again = await api.a.call('POST', path, { body, headers });
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(await api.countRows()).toEqual(rows);
    expect((await api.a.call('POST', path, { body })).status).toBe(409);
  }
});

test('a key stays with its request, and with whoever asks', async () => {
  const [body, headers] = [named({ kind: 'generic' }), under()];
  const make = (call: Caller, asked: JsonObject) => call('POST', '/sources', { body: asked, headers });
  expect((await make(api.a.call, body)).status).toBe(201);
  const other = await make(api.a.call, { ...body, is_active: false });
  expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  const { call } = await api.keyWith(['Owner']);
  expect((await make(call, body)).body.code).toBe('source_name_taken');
  expect((await make(call, named({ kind: 'generic' }))).status).toBe(201);
});

test('what was refused is tried again under the same key', async () => {
  const body = named({ kind: 'generic' });
  const { body: inTheWay } = await api.a.call('POST', '/sources', { body });
  const headers = under();
  const make = () => api.a.call('POST', '/sources', { body, headers });
  expect((await make()).body.code).toBe('source_name_taken');
  await api.a.call('DELETE', `/sources/${inTheWay.id}`);
  expect((await make()).status).toBe(201);
});
