import { expect, test } from 'vitest';
import { configFromEnvironment } from '../config/environment.ts';
import { apiUrl, createClient, readEvents } from './client.ts';

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

test('without PAWL_URL the API is where HOST and PORT say, and an address for all is this machine', () => {
  const config = configFromEnvironment();
  const at = (host: string) => apiUrl({ ...config, client: {}, http: { ...config.http, host, port: 8080 } });
  expect(at('0.0.0.0')).toBe('http://127.0.0.1:8080');
  expect(at('::')).toBe('http://[::1]:8080');
  expect(at('10.0.0.7')).toBe('http://10.0.0.7:8080');
});
