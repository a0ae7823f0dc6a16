// What a sender meets: signatures, repetitions, answers, and what is kept of each request. What events set off is in test/.
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../engine/json.ts';
import { rotateDataKeys } from '../../processes/rotate-keys.ts';
import { tenantKeysChanged } from '../../vault/data-keys.ts';
import { setupApi, type TestApi } from '../api.testkit.ts';

let api: TestApi;
let server: Server;
let port: number;

beforeAll(async () => {
  api = await setupApi({ maxBodyBytes: 10_000 });
  server = serve({ fetch: api.app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  await api.stop();
});

interface TestSource {
  id: string;
  secret: string;
}
let names = 0;
async function add(kind: string, body: JsonObject = {}): Promise<TestSource> {
  const made = await api.a.call('POST', '/sources', { body: { kind, name: `source ${++names}`, ...body } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return { secret: String(body.secret), ...made.body };
}

/** Over a real socket: headers arrive as they are written. */
async function post({ id }: TestSource, body: string | Buffer, headers: string[]) {
  const sending = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: `/api/integrations/webhook/${id}?x=%2F`,
    headers: ['Host', `127.0.0.1:${port}`, 'Content-Length', String(Buffer.byteLength(body)), ...headers],
  });
  sending.on('error', () => {});
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  sending.end(body);
  const [response] = await answered;
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

const hmac = (secret: string, text: string | Buffer) =>
  createHmac('sha256', secret).update(text).digest('hex');
const github = (secret: string, body: string, delivery: string, event = 'push') => [
  'X-GitHub-Event',
  event,
  'X-GitHub-Delivery',
  delivery,
  'X-Hub-Signature-256',
  `sha256=${hmac(secret, body)}`,
];

const eventsOf = async ({ id }: TestSource) =>
  (await api.a.call('GET', `/inbound-events?source=${id}`)).body.items as JsonObject[];
const detailOf = async (event: JsonObject | undefined) =>
  (await api.a.call('GET', `/inbound-events/${event?.id}`)).body;

describe('a request that is signed', () => {
  test('is answered 200 and kept as it came, what is secret in its headers masked', async () => {
    const source = await add('github');
    const body = '{ "action":"opened",  "number": 7 }';
    const signed = github(source.secret, body, 'delivery-1', 'issues');
    const answer = await post(source, body, [...signed, 'Authorization', 'Bearer token-of-the-sender']);
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    const [event, ...others] = await eventsOf(source);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      status: 'RECEIVED',
      event_type: 'issues.opened',
      delivery_id: 'delivery-1',
      body_bytes: body.length,
      effects: [],
      error: null,
    });
    const detail = await detailOf(event);
    expect(detail).toMatchObject({ body, body_encoding: 'utf8', payload: { action: 'opened', number: 7 } });
    expect(detail.headers).toContainEqual({ name: 'X-GitHub-Delivery', value: 'delivery-1' });
    expect(detail.headers).toContainEqual({ name: 'X-Hub-Signature-256', value: '***' });
    expect(detail.headers).toContainEqual({ name: 'Authorization', value: '***' });
  });

  test('is known again by its delivery id: 200, and kept once', async () => {
    const source = await add('github');
    for (const body of ['{"n":1}', '{"n":1}', '{"n":2}']) {
      expect((await post(source, body, github(source.secret, body, 'same'))).status).toBe(200);
    }
    const events = await eventsOf(source);
    expect(events).toHaveLength(1);
    expect((await detailOf(events[0])).body).toBe('{"n":1}');
  });

  test('that holds nothing to act upon gets the answer it waits for, and is shown as ignored', async () => {
    const source = await add('slack', { secret: '8f742231b10e8888abcd99yyyzzz85a5' });
    const body = '{"type":"url_verification","challenge":"3eZbrw1a"}';
    const timestamp = String(Math.floor(api.deps.clock.now().getTime() / 1_000));
    const signature = `v0=${hmac(source.secret, `v0:${timestamp}:${body}`)}`;
    const headers = ['X-Slack-Request-Timestamp', timestamp, 'X-Slack-Signature', signature];
    const answer = await post(source, body, ['Content-Type', 'application/json', ...headers]);
    expect([answer.status, answer.text]).toEqual([200, '3eZbrw1a']);
    expect(await eventsOf(source)).toMatchObject([
      { status: 'PROCESSED', event_type: null, effects: [{ effect: 'ignored' }] },
    ]);
  });

  test("GitHub's ping is answered and shown", async () => {
    const source = await add('github');
    const body = '{"zen":"Keep it logically awesome."}';
    expect((await post(source, body, github(source.secret, body, 'p', 'ping'))).status).toBe(200);
    expect(await eventsOf(source)).toMatchObject([{ event_type: 'ping' }]);
  });

  test('that cannot be read is answered 200, as sending it again would not help, and kept as FAILED', async () => {
    const source = await add('github');
    const body = 'no JSON';
    expect((await post(source, body, github(source.secret, body, 'd'))).status).toBe(200);
    const [event] = await eventsOf(source);
    expect(event).toMatchObject({ status: 'FAILED', error: { code: 'body_not_json' } });
    expect(await detailOf(event)).toMatchObject({ body, payload: null });
    const replay = await api.a.call('POST', `/inbound-events/${event?.id}/replay`);
    expect([replay.status, replay.body.code]).toEqual([409, 'inbound_event_not_replayable']);
  });

  test('that is no text is kept in base64', async () => {
    const source = await add('generic');
    const body = Buffer.from([0xff, 0x00, 0xfe]);
    await post(source, body, ['X-Signature', hmac(source.secret, body)]);
    const [event] = await eventsOf(source);
    expect(await detailOf(event)).toMatchObject({ body: '/wD+', body_encoding: 'base64' });
  });

  test('of several events is several, each known by its own id', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const secret = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const source = await add('sendgrid', { secret });
    const send = (ids: string[]) => {
      const body = JSON.stringify(ids.map((id) => ({ sg_event_id: id, event: 'delivered' })));
      const timestamp = String(Math.floor(api.deps.clock.now().getTime() / 1_000));
      const signature = sign('sha256', Buffer.from(timestamp + body), privateKey).toString('base64');
      const names = 'X-Twilio-Email-Event-Webhook';
      return post(source, body, [`${names}-Timestamp`, timestamp, `${names}-Signature`, signature]);
    };
    expect((await send(['a', 'b'])).status).toBe(200);
    expect((await send(['b', 'c'])).status).toBe(200);
    const events = await eventsOf(source);
    expect(events.map(({ delivery_id: id }) => id)).toEqual(['c', 'b', 'a']);
    const part = '{"sg_event_id":"c","event":"delivered"}';
    expect(await detailOf(events[0])).toMatchObject({ body: part });
    // What was sent once is metered once, however many events it holds.
    expect(events.map(({ body_bytes: bytes }) => bytes)).toEqual(
      [part, part, part].map(({ length }) => length),
    );
    const metered = await api.asOwner(
      (sql) => sql`select request_bytes::integer as bytes from utility_ledger where source_id = ${source.id}`,
    );
    expect(metered.map(({ bytes }) => bytes)).toEqual([part.length, part.length, part.length]);
  });
});

describe('a request that is not signed as its source asks', () => {
  test('is 401, and kept as an attempt without its body', async () => {
    const source = await add('github');
    const answer = await post(source, '{"stolen":"body"}', github('another secret', '{}', 'x'));
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([401, 'signature_refused']);
    expect(answer.text).not.toContain('mismatch');
    const [event] = await eventsOf(source);
    expect(event).toMatchObject({
      status: 'FAILED',
      delivery_id: null,
      error: { code: 'signature_refused', why: 'signature_mismatch' },
    });
    expect(await detailOf(event)).toMatchObject({ body: null, payload: null });
    const ledger = await api.operator.sql`select from utility_ledger where source_id = ${source.id}`;
    expect(ledger).toHaveLength(0);
  });

  test('is 401 when a header is there twice, or signs other bytes', async () => {
    const source = await add('github');
    const body = '{"n":1}';
    const signed = github(source.secret, body, 'd');
    const twice = [...signed, 'X-Hub-Signature-256', `sha256=${hmac(source.secret, body)}`];
    expect((await post(source, body, twice)).status).toBe(401);
    expect((await post(source, '{"n": 1}', signed)).status).toBe(401);
    expect((await post(source, body, signed)).status).toBe(200);
    expect((await eventsOf(source)).map(({ error }) => (error as JsonObject | null)?.why)).toEqual([
      undefined,
      'signature_mismatch',
      'header_doubled',
    ]);
  });

  test("is 401 with another tenant's secret, though both sources are of one kind", async () => {
    const mine = await add('generic');
    const { body: theirs } = await api.b.call('POST', '/sources', {
      body: { kind: 'generic', name: 'theirs' },
    });
    expect((await api.a.deliver({ id: mine.id, secret: theirs.secret }, {})).status).toBe(401);
    expect((await api.b.call('GET', `/inbound-events?source=${mine.id}`)).body.items).toEqual([]);
  });

  test('does not block genuine ones that claim its delivery id', async () => {
    const source = await add('github');
    const body = '{}';
    await post(source, body, github('forged', body, 'taken'));
    await post(source, body, github(source.secret, body, 'taken'));
    expect((await eventsOf(source)).map(({ status }) => status)).toEqual(['RECEIVED', 'FAILED']);
  });

  test('is written down ten times a minute at most', async () => {
    const source = await add('generic');
    const forged = { ...source, secret: 'forged' };
    for (let n = 0; n < 25; n++) expect((await api.a.deliver(forged, { n })).status).toBe(401);
    expect(await eventsOf(source)).toHaveLength(10);
  });
});

test('what could not be read does not stand in the way of the same body, sent as what it is', async () => {
  const source = await add('generic');
  const body = 'type=ping&a=1';
  const signed = ['X-Signature', hmac(source.secret, body)];
  for (const type of ['text/plain', 'text/plain', 'application/x-www-form-urlencoded', 'text/plain'])
    expect((await post(source, body, ['Content-Type', type, ...signed])).status).toBe(200);
  expect((await eventsOf(source)).map(({ status, event_type: type }) => [status, type])).toEqual([
    ['RECEIVED', 'ping'],
    ['FAILED', null],
  ]);
});

test('a body beyond the limit is 413, and nothing of it is kept', async () => {
  const source = await add('generic');
  const { status, body } = await api.a.deliver(source, { text: 'x'.repeat(10_001) });
  expect([status, body.code]).toEqual([413, 'body_too_large']);
  expect(await eventsOf(source)).toEqual([]);
});

test('a secret that overlaps is taken where what is remembered of it is under a key that rotation has deleted since', async () => {
  const { a, deps, keys, operator } = api;
  const source = await add('generic');
  await a.call('POST', `/sources/${source.id}/rotate`, { body: {} });
  const deliver = async (n: number) => (await a.deliver(source, { n })).status;
  const rotate = (onProgress: () => void) => {
    const { master } = api;
    const opened = { ring: null, master, service: false, close: async () => {} };
    return rotateDataKeys({ db: operator, opened, onProgress }, a.tenant.id);
  };
  let pages = 0;
  const breaksOff = rotate(() => {
    // Of new keys, of connections, of secrets of sources: those before them are moved after that.
    if (++pages === 3) throw new Error('the machine went down');
  });
  await expect(breaksOff).rejects.toThrow('the machine went down');
  deps.knownSources.changed(`source:${a.tenant.id}:${source.id}`);
  keys.changed(tenantKeysChanged(a.tenant.id));
  expect(await deliver(1)).toBe(200);

  expect((await rotate(() => {})).dropped).toBe(1);
  keys.changed(tenantKeysChanged(a.tenant.id));
  expect(await deliver(2)).toBe(200);
});

test('the public URL is what is signed and shown, where there is one', async () => {
  const proxied = await setupApi({ deps: { publicUrl: 'https://hooks.example.com/pawl' } });
  try {
    const token = '12345678901234567890123456789012';
    const made = await proxied.a.call('POST', '/sources', {
      body: { kind: 'twilio', name: 'sms', secret: token },
    });
    expect(made.body.url).toBe(`https://hooks.example.com/pawl/api/integrations/webhook/${made.body.id}`);
    const signature = createHmac('sha1', token)
      .update(`${made.body.url}BodyhiMessageSidSM1`)
      .digest('base64');
    const response = await proxied.app.request(`/api/integrations/webhook/${made.body.id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature },
      body: 'Body=hi&MessageSid=SM1',
    });
    expect(response.status).toBe(200);
  } finally {
    await proxied.stop();
  }
});

describe('the list of inbound events', () => {
  test('is filtered by status, type, source and time, and has pages', async () => {
    const source = await add('generic');
    for (let n = 0; n < 5; n++) await api.a.deliver(source, { type: n % 2 ? 'odd' : 'even', n });
    const ask = async (query: string) =>
      (await api.a.call('GET', `/inbound-events?source=${source.id}&${query}`)).body;
    const types = async (query: string) =>
      (await ask(query)).items.map((item: { event_type: string }) => item.event_type);
    expect(await types('type=odd')).toEqual(['odd', 'odd']);
    expect(await types('status=FAILED')).toEqual([]);
    const first = await ask('limit=3');
    const second = await ask(`limit=3&cursor=${first.next_cursor}`);
    expect(first.items).toHaveLength(3);
    expect(second.items).toHaveLength(2);
    expect(second.next_cursor).toBeNull();
    const moment = encodeURIComponent(second.items[0].received_at);
    expect(await types(`received_after=${moment}`)).not.toHaveLength(5);
    expect(await types('received_before=2020-01-01T00:00:00Z')).toEqual([]);
  });
});
