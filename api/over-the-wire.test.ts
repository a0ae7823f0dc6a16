// What only a real socket shows: how bodies of every length arrive, and that a refused one does not hold the server up.
import { once } from 'node:events';
import { type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setupApi, type TestApi } from './api.testkit.ts';
import { counter, publish, startJob } from './samples.testkit.ts';

let api: TestApi;
let server: Server;
let port: number;
const logged: string[] = [];

beforeAll(async () => {
  const log = pino({ level: 'error' }, { write: (line) => void logged.push(line) });
  api = await setupApi({ maxBodyBytes: 10_000, deps: { log } });
  await publish(api.a.call, 'counter', counter);
  server = serve({ fetch: api.app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  await api.stop();
});

interface Sent {
  status: number;
  body: { code?: string; id?: string; connection_name?: string };
}

/** Writes `chunks` one after the other, without a length unless one is given. */
async function send(
  chunks: Iterable<string | Buffer>,
  headers: Record<string, string> = {},
  path = '/tenant/connections',
): Promise<Sent> {
  const sending = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: `/api/v1${path}`,
    headers: { authorization: `Bearer ${api.a.key}`, 'content-type': 'application/json', ...headers },
  });
  // The server may answer and close before everything is written.
  sending.on('error', () => {});
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  for (const chunk of chunks) sending.write(chunk);
  sending.end();
  const [response] = await answered;
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode ?? 0, body: JSON.parse(text) };
}

const connection = (name: string) =>
  JSON.stringify({
    provider: 'generic_rest',
    connection_name: name,
    credentials: { base_url: 'http://127.0.0.1' },
  });

test('a body with a length, and one in pieces that cut a character in two, arrive whole', async () => {
  const whole = connection('mit Länge');
  const withLength = await send([whole], { 'content-length': String(Buffer.byteLength(whole)) });
  expect(withLength).toMatchObject({ status: 201, body: { connection_name: 'mit Länge' } });
  const bytes = Buffer.from(connection('in Stücken'));
  const cut = bytes.indexOf(0xc3) + 1;
  const inPieces = await send([bytes.subarray(0, cut), bytes.subarray(cut)]);
  expect(inPieces).toMatchObject({ status: 201, body: { connection_name: 'in Stücken' } });
});

test('an empty body that is announced as JSON is none: refused where one is needed, and taken where not', async () => {
  const empty = { 'content-length': '0' };
  const job = await startJob(api.a.call, 'counter');
  const needed = await send([], empty, `/jobs/${job}/events`);
  expect(needed).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
  expect((await send([], empty, `/jobs/${job}/cancel`)).status).toBe(200);
});

test('a body that is too long is refused, whether it says so or not, and the next request is served', async () => {
  const before = await api.countRows();
  const long = connection('x'.repeat(20_000));
  const announced = await send([long], { 'content-length': String(long.length) });
  expect(announced).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  const unannounced = await send(Array.from({ length: 50 }, () => ' '.repeat(1_000)));
  expect(unannounced).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  expect(await api.countRows()).toEqual(before);
  expect((await send([connection('afterwards')])).status).toBe(201);
});

test('no body at all is refused as none', async () => {
  const nothing = await send([], { 'content-length': '0' });
  expect(nothing).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
});

test('a request that needs no body may come without one, and without a length', async () => {
  const { body: made } = await send([connection('tested')]);
  const statuses = [];
  for (const type of [undefined, 'application/json']) {
    const asking = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: `/api/v1/tenant/connections/${made.id}/test`,
      headers: { authorization: `Bearer ${api.a.key}`, ...(type && { 'content-type': type }) },
    });
    // As curl does it; left alone, Node would say that the length is 0.
    asking.useChunkedEncodingByDefault = false;
    asking.removeHeader('content-length');
    asking.end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    statuses.push(answer.statusCode);
    answer.resume();
  }
  expect(statuses).toEqual([202, 202]);
});

test('a request that says nothing of a body has none, and needs no type for it', async () => {
  const { body } = await send([connection('to be deleted')]);
  const deleting = request({
    port,
    host: '127.0.0.1',
    method: 'DELETE',
    path: `/api/v1/tenant/connections/${body.id}`,
    headers: { authorization: `Bearer ${api.a.key}` },
  });
  deleting.removeHeader('content-length');
  deleting.removeHeader('transfer-encoding');
  deleting.end();
  const [response] = (await once(deleting, 'response')) as [IncomingMessage];
  response.resume();
  expect(response.statusCode).toBe(204);
});

test('a client that breaks off leaves nothing behind, and is no failure of ours', async () => {
  const before = await api.countRows();
  const leaving = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/api/v1/tenant/connections',
    headers: {
      authorization: `Bearer ${api.a.key}`,
      'content-type': 'application/json',
      'content-length': '5000',
    },
  });
  leaving.on('error', () => {});
  const arrived = once(server, 'request');
  leaving.write('{"provider":');
  await arrived;
  leaving.destroy();
  expect((await send([connection('still here')])).status).toBe(201);
  expect((await api.countRows()).connections).toBe((before.connections ?? 0) + 1);
  expect(logged).toEqual([]);
});
