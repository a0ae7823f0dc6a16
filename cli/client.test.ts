import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { configFromEnvironment } from '../config/environment.ts';
import { apiUrl, clientFor, createClient, readEvents } from './client.ts';

async function eventsOf(...chunks: (string | Uint8Array)[]) {
  async function* body() {
    for (const chunk of chunks) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
  }
  const events = [];
  for await (const event of readEvents(body())) events.push(event);
  return events;
}

test('events are read whole, wherever the stream was cut', async () => {
  const text = new TextEncoder().encode(
    'event: action\nid: 7\ndata: {"name":"grüße"}\n\n: ping\n\nretry: 1000\n\ndata: a\ndata: b\n\n',
  );
  const whole = [
    { event: 'action', id: '7', data: '{"name":"grüße"}' },
    { event: 'message', id: undefined, data: 'a\nb' },
  ];
  for (let cut = 0; cut <= text.length; cut++) {
    expect(await eventsOf(text.slice(0, cut), text.slice(cut))).toEqual(whole);
  }
});

test('an event that broke off is not an event', async () => {
  expect(await eventsOf('data: whole\n\ndata: hal')).toEqual([
    { event: 'message', id: undefined, data: 'whole' },
  ]);
});

test('an API that is not there is an error in words', async () => {
  const client = createClient({ url: 'http://127.0.0.1:1', apiKey: 'k' });
  await expect(client.request('GET', '/me')).rejects.toMatchObject({
    code: 'api_unreachable',
    kind: 'Unavailable',
  });
});

/** What a client is told by a server that answers like this. */
async function askedOf(answers: RequestListener): Promise<unknown> {
  const server = createServer(answers).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const told = await createClient({ url, apiKey: 'k' })
    .request('POST', '/scopes', {})
    .catch((error) => error);
  server.closeAllConnections();
  server.close();
  return told;
}

test('an answer that breaks off, and one of something else than Pawl, are errors in words', async () => {
  const brokenOff = await askedOf((_, response) => {
    response.writeHead(201, { 'content-length': '100' });
    response.write('{"id":', () => response.destroy());
  });
  expect(brokenOff).toMatchObject({ code: 'api_unreachable', message: expect.stringMatching(/broke off/) });
  const page = await askedOf((_, response) => void response.end('<!doctype html>'));
  expect(page).toMatchObject({
    code: 'api_unreachable',
    message: expect.stringMatching(/is not the API of Pawl/),
  });
  const proxy = await askedOf((_, response) => void response.writeHead(502).end('null'));
  expect(proxy).toMatchObject({ name: 'PawlError', code: 'http_502', kind: 'Unavailable' });
});

test('a key that no header can carry is not an API that does not answer', async () => {
  const config = configFromEnvironment();
  for (const apiKey of ['pawl_abc…', 'pawl_ab\nc', 'Bearer pawl_abc']) {
    const asked = clientFor({ ...config, client: { apiKey } });
    await expect(asked).rejects.toMatchObject({
      code: 'api_key_missing',
      message: expect.stringMatching(/no API key has/),
    });
  }
});

test('without PAWL_URL the API is where HOST and PORT say, and an address for all is this machine', () => {
  const config = configFromEnvironment();
  const at = (host: string) => apiUrl({ ...config, client: {}, http: { ...config.http, host, port: 8080 } });
  expect(at('0.0.0.0')).toBe('http://127.0.0.1:8080');
  expect(at('::')).toBe('http://[::1]:8080');
  expect(at('10.0.0.7')).toBe('http://10.0.0.7:8080');
});
