import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Child, startChild } from './child.ts';
import type { Receiver } from './receiver.ts';

let receiver: Child<Receiver>;
let url: URL;

beforeAll(async () => {
  receiver = await startChild<Receiver>(new URL('./receiver.ts', import.meta.url));
  url = new URL((await receiver.ask('listen', { record: true })).url);
});
afterAll(() => receiver.kill());

const post = (key: string, body: string) =>
  `POST /hooks/${key} HTTP/1.1\r\nHost: x\r\nIdempotency-Key: ${key}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** Writes the pieces one after the other and reads until the socket has brought `answers` answers. */
async function exchange(pieces: readonly string[], answers: number): Promise<string> {
  const socket = connect(Number(url.port), url.hostname);
  await once(socket, 'connect');
  socket.setNoDelay(true);
  let received = '';
  const all = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      received += chunk;
      if (received.split('HTTP/1.1').length - 1 === answers) resolve();
    });
  });
  for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
  await all;
  socket.destroy();
  return received;
}

test('the receiver answers each request once, however its bytes arrive, and keeps them in order', async () => {
  const from = await receiver.ask('count');
  const [a, b, c] = [post('a', '{"n":1}'), post('b', ''), post('c', '{"text":"ä\\r\\n\\r\\n"}')];
  const inOne = await exchange([a + b + c], 3);
  expect(inOne.split('{"ok":true}').length - 1).toBe(3);
  await exchange([a.slice(0, 20), a.slice(20, -3), a.slice(-3) + b.slice(0, 40), b.slice(40)], 2);

  const arrivals = await receiver.ask('arrivals', { from });
  expect(arrivals.map(({ idempotencyKey, path }) => [idempotencyKey, path])).toEqual(
    ['a', 'b', 'c', 'a', 'b'].map((key) => [key, `/hooks/${key}`]),
  );
  expect(arrivals[2]?.body).toBe('{"text":"ä\\r\\n\\r\\n"}');
  expect(await receiver.ask('reached', { total: from + 5 })).toBeGreaterThan(0);
});

test('a body without a stated length is refused, not guessed', async () => {
  const chunked = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
  expect(await exchange([chunked], 1)).toMatch(/^HTTP\/1\.1 501 /);
});
