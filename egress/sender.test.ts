import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { setterOf } from '../engine/settable-headers.ts';
import {
  answerOk,
  LOOPBACK_POLICY,
  type ReceivedRequest,
  receiverCert,
  startReceiver,
  unusedPort,
} from './receiver.testkit.ts';
import type { OutboundRequest, SendOptions } from './request.ts';
import { createSender, type SenderOptions } from './sender.ts';
import { FORBIDDEN_HEADERS } from './wire.ts';

// Long enough that a healthy exchange never meets it, however slow the machine.
const AMPLE_MS = 30_000;
// For requests that never get a connection: any deadline gives the same outcome.
const SHORT_MS = 50;
// For requests that are written and then run into their deadline: time for a slow machine to write them.
const WRITTEN_MS = 1_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Answer = (request: ReceivedRequest) => void;
type Setup = Partial<SenderOptions> & { receiver?: Parameters<typeof startReceiver>[1] };

async function setup(answer: Answer = answerOk, { receiver: receiverOptions, ...options }: Setup = {}) {
  const receiver = await startReceiver(answer, receiverOptions);
  const sender = createSender({ policy: LOOPBACK_POLICY, userAgent: 'Pawl/test', ...options });
  cleanups.push(
    () => receiver.close(),
    () => sender.close(),
  );
  const send = (request: Partial<OutboundRequest> = {}, more: Partial<SendOptions> = {}) =>
    sender.send(
      { method: 'POST', url: `${receiver.origin}/hook`, headers: {}, body: '{}', ...request },
      { timeoutMs: AMPLE_MS, ...more },
    );
  return { receiver, sender, send };
}

const write =
  (text: string | Buffer): Answer =>
  (request) =>
    void request.socket.write(text);
const OK_HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n';

describe('a complete answer', () => {
  test('comes with status, headers, body and sizes', async () => {
    const { send, receiver } = await setup();
    const result = await send({ headers: { 'x-request': 'one' }, body: '{"a":1}' });
    expect(result).toMatchObject({
      phase: 'answered',
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{"ok":true}'),
      bodyBytes: 11,
      truncated: false,
      requestBytes: receiver.requests[0]?.text.length,
    });
    expect(receiver.requests[0]?.text).toMatch(/^POST \/hook HTTP\/1\.1\r\n/);
    expect(receiver.requests[0]?.text).toContain('\r\nx-request: one\r\n');
    expect(receiver.requests[0]?.text).toContain('\r\nuser-agent: Pawl/test\r\n');
    expect(receiver.requests[0]?.text).toContain('\r\naccept-encoding: identity\r\n');
    expect(receiver.requests[0]?.text).toMatch(/\r\n\r\n\{"a":1\}$/);
  });

  test.each([
    ['POST', '{"name":"Zoë ✓"}'],
    ['POST', ''],
    ['POST', null],
    ['PUT', randomBytes(5_000)],
    ['PATCH', null],
    ['DELETE', null],
    ['DELETE', '{"why":"done"}'],
    ['GET', null],
    ['OPTIONS', null],
  ])('counts every octet of a %s request with body %j', async (method, body) => {
    const { send, receiver } = await setup();
    const url = `${receiver.origin}/a%20b/ü?q=1&r=${encodeURIComponent('é')}`;
    const result = await send({
      method,
      body,
      url,
      headers: { 'user-agent': 'other', authorization: 'Bearer x' },
    });
    expect(result).toMatchObject({ phase: 'answered', requestBytes: receiver.requests[0]?.text.length });
  });

  test.each([201, 202, 400, 404, 429, 500, 503])('may have status %d', async (status) => {
    const { send } = await setup(write(`HTTP/1.1 ${status} X\r\ncontent-length: 2\r\n\r\nno`));
    expect(await send()).toMatchObject({ phase: 'answered', status, body: Buffer.from('no') });
  });

  test.each([204, 304])('of status %d has no body, and the connection is used again', async (status) => {
    const { send, receiver } = await setup(write(`HTTP/1.1 ${status} X\r\n\r\n`), {
      connectionsPerOrigin: 1,
    });
    for (let i = 0; i < 3; i++) {
      expect(await send()).toMatchObject({ phase: 'answered', status, bodyBytes: 0, truncated: false });
    }
    expect(receiver.connections).toBe(1);
  });

  test('to HEAD has no body, whatever length it announces', async () => {
    const { send, receiver } = await setup(write('HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n'));
    const result = await send({ method: 'HEAD', body: null });
    expect(result).toMatchObject({ phase: 'answered', status: 200, bodyBytes: 0 });
    expect(result).toMatchObject({ requestBytes: receiver.requests[0]?.text.length });
  });

  test('may be preceded by interim ones', async () => {
    const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n';
    const { send } = await setup(
      write(`${hint}${hint}HTTP/1.1 201 Created\r\nx-id: 7\r\ncontent-length: 2\r\n\r\nok`),
    );
    const result = await send();
    expect(result).toMatchObject({ phase: 'answered', status: 201, body: Buffer.from('ok') });
    expect(result).toMatchObject({ headers: { 'x-id': '7', 'content-length': '2' } });
  });

  test('may be chunked, in any number of pieces', async () => {
    const body = 'abc'.repeat(1_000);
    const chunks = [...body].map((letter) => `1\r\n${letter}\r\n`).join('');
    const { send } = await setup(
      write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`),
    );
    expect(await send()).toMatchObject({ body: Buffer.from(body), bodyBytes: 3_000, truncated: false });
  });

  test('may end with the connection when it announces no length', async () => {
    const { send } = await setup(({ socket }) => socket.end('HTTP/1.0 200 OK\r\n\r\nbye'));
    expect(await send()).toMatchObject({ phase: 'answered', status: 200, body: Buffer.from('bye') });
  });

  test('keeps octets that are no text', async () => {
    const octets = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28]);
    const { send } = await setup(
      write(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'), octets])),
    );
    expect(await send()).toMatchObject({ body: octets });
  });

  test('joins repeated headers and survives names that mean something to JavaScript', async () => {
    const { send } = await setup(
      write(
        'HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n__proto__: x\r\n__proto__: y\r\nconstructor: z\r\ncontent-length: 0\r\n\r\n',
      ),
    );
    const result = await send();
    if (result.phase !== 'answered') throw new Error(`not answered: ${result.code}`);
    expect(Object.keys(result.headers).sort()).toEqual([
      '__proto__',
      'constructor',
      'content-length',
      'set-cookie',
    ]);
    expect(result.headers['set-cookie']).toBe('a=1, b=2');
    expect(Object.getOwnPropertyDescriptor(result.headers, '__proto__')?.value).toBe('x, y');
  });

  test('is read up to the budget; what exceeds it closes the connection', async () => {
    const closed = Promise.withResolvers<void>();
    const { send } = await setup(({ socket }) => {
      socket.once('close', () => closed.resolve());
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const piece = `1000\r\n${'x'.repeat(0x1000)}\r\n`;
      const pour = () => {
        while (!socket.destroyed && socket.write(piece));
      };
      socket.on('drain', pour);
      pour();
    });
    const result = await send({}, { maxResponseBytes: 10_000 });
    expect(result).toMatchObject({
      phase: 'answered',
      status: 200,
      truncated: true,
      body: Buffer.alloc(10_000, 'x'),
    });
    await closed.promise;
  });

  test('that fills the budget exactly is whole', async () => {
    const { send } = await setup(write(`${OK_HEAD}${'x'.repeat(100)}`));
    expect(await send({}, { maxResponseBytes: 100 })).toMatchObject({ bodyBytes: 100, truncated: false });
    expect(await send({}, { maxResponseBytes: 99 })).toMatchObject({
      truncated: true,
      body: Buffer.alloc(99, 'x'),
    });
  });

  test('is never decompressed, so a gzip bomb stays as small as it came', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`;
    const { send } = await setup(write(Buffer.concat([Buffer.from(head), bomb])));
    expect(await send()).toMatchObject({ phase: 'answered', bodyBytes: bomb.length, body: bomb });
  });
});

describe('nothing is sent', () => {
  test('when the receiver refuses the connection', async () => {
    const { send } = await setup();
    const url = `http://127.0.0.1:${await unusedPort()}/`;
    expect(await send({ url })).toMatchObject({ phase: 'not_sent', code: 'refused' });
  });

  test('when the name is not resolved within the deadline', async () => {
    const { send, receiver } = await setup(answerOk, { resolve: () => new Promise(() => {}) });
    const url = `http://api.example.com:${receiver.port}/`;
    expect(await send({ url }, { timeoutMs: SHORT_MS })).toMatchObject({
      phase: 'not_sent',
      code: 'connect_timeout',
    });
    expect(receiver.connections).toBe(0);
  });

  test('when the receiver takes the connection but never shakes hands', async () => {
    const { send, receiver } = await setup();
    const url = `https://127.0.0.1:${receiver.port}/`;
    expect(await send({ url }, { timeoutMs: SHORT_MS })).toMatchObject({
      phase: 'not_sent',
      code: 'connect_timeout',
    });
    expect(receiver.requests).toEqual([]);
  });

  test.each([
    ['GET with a line break in a header', { headers: { 'x-a': 'b\r\nhost: evil' } }],
    ['a NUL in a header', { headers: { 'x-a': 'b\0' } }],
    ['a header beyond Latin-1', { headers: { 'x-a': '✓' } }],
    ['a malformed header name', { headers: { 'x a': 'b' } }],
    ['an empty header name', { headers: { '': 'b' } }],
    ['a header name in upper case', { headers: { 'X-A': 'b' } }],
    ['another Host', { headers: { Host: 'evil' } }],
    ['CONNECT', { method: 'CONNECT' }],
    ['TRACE', { method: 'TRACE' }],
    ['a lower-case method', { method: 'post' }],
    ['a method with a line break', { method: 'GET / HTTP/1.1\r\nx: y' }],
    ['a line break in the path', { url: 'http://127.0.0.1/a\r\nx: y' }],
  ])('when the request has %s', async (_, request) => {
    const { send, receiver } = await setup();
    expect(await send(request)).toMatchObject({ phase: 'not_sent', code: 'invalid_request' });
    expect(receiver.connections).toBe(0);
  });

  test.each([
    'host',
    'content-length',
    'transfer-encoding',
    'connection',
    'keep-alive',
    'upgrade',
    'te',
    'trailer',
    'expect',
    'proxy-authorization',
    'proxy-connection',
  ])('when the caller sets the header %s', async (name) => {
    const { send, receiver } = await setup();
    expect(await send({ headers: { [name]: '1' } })).toEqual({
      phase: 'not_sent',
      code: 'invalid_request',
      message: `The header ${name} cannot be set.`,
      durationMs: 0,
    });
    expect(receiver.connections).toBe(0);
  });

  test.each([...FORBIDDEN_HEADERS, 'proxy-connection'])(
    'for the header %s, which is refused already when a definition is saved',
    (name) => expect(setterOf(name)).toBe('pawl'),
  );

  test('and a malformed credential is not repeated in the message', async () => {
    const { send } = await setup();
    const result = await send({ headers: { authorization: 'Bearer s3cr3t\n' } });
    expect(result).toMatchObject({ phase: 'not_sent', code: 'invalid_request' });
    expect(JSON.stringify(result)).not.toContain('s3cr3t');
  });

  test('when the caller gives up before it begins, or while it connects', async () => {
    const { send, receiver } = await setup(answerOk, { resolve: () => new Promise(() => {}) });
    const gone = { signal: AbortSignal.abort() };
    expect(await send({}, gone)).toMatchObject({ phase: 'not_sent', code: 'cancelled' });
    const leaving = new AbortController();
    const url = `http://api.example.com:${receiver.port}/`;
    const result = send({ url }, { signal: leaving.signal });
    leaving.abort();
    expect(await result).toMatchObject({ phase: 'not_sent', code: 'cancelled' });
    expect(receiver.connections).toBe(0);
  });
});

describe('a TLS receiver', () => {
  const tls = { receiver: { tls: {} }, resolve: async () => [{ address: '127.0.0.1', family: 4 }] };
  const at = (port: number, name = 'receiver.example') => ({ url: `https://${name}:${port}/` });

  test('is reached under its own name, which it learns before the request', async () => {
    const both = { tls: { ALPNProtocols: ['h2', 'http/1.1'] } };
    const { send, receiver } = await setup(answerOk, { ...tls, receiver: both, ca: receiverCert });
    expect(await send(at(receiver.port))).toMatchObject({ phase: 'answered', status: 200 });
    expect(receiver.requests[0]?.socket).toMatchObject({
      servername: 'receiver.example',
      alpnProtocol: 'http/1.1',
    });
  });

  test('with a certificate nobody signed gets nothing, whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { send, receiver } = await setup(answerOk, tls);
    expect(await send(at(receiver.port))).toMatchObject({ phase: 'not_sent', code: 'tls' });
    expect(receiver.requests).toEqual([]);
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'with a certificate for another name gets nothing, on a resumed session neither (%s)',
    async (maxVersion) => {
      const { send, receiver } = await setup(answerOk, {
        ...tls,
        receiver: { tls: { maxVersion } },
        ca: receiverCert,
      });
      for (let i = 0; i < 3; i++) {
        expect(await send(at(receiver.port, 'other.example'))).toEqual({
          phase: 'not_sent',
          code: 'tls',
          message: "The receiver's certificate is for another host name.",
          durationMs: expect.any(Number),
        });
      }
      expect(receiver.requests).toEqual([]);
    },
  );

  test('that answers the handshake with something else gets nothing', async () => {
    const { send } = await setup();
    const garbage = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
    });
    await new Promise<void>((listening) => garbage.listen(0, '127.0.0.1', listening));
    cleanups.push(() => garbage.close());
    const { port } = garbage.address() as { port: number };
    expect(await send({ url: `https://127.0.0.1:${port}/` })).toMatchObject({
      phase: 'not_sent',
      code: 'tls',
    });
  });

  test('that speaks only obsolete versions gets nothing', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const { send, receiver } = await setup(answerOk, { ...tls, receiver: { tls: old }, ca: receiverCert });
    expect(await send(at(receiver.port))).toMatchObject({ phase: 'not_sent', code: 'tls' });
    expect(receiver.requests).toEqual([]);
  });
});

describe('the outcome is unknown', () => {
  test('when the receiver takes the request and never answers', async () => {
    const { send, receiver } = await setup(() => {});
    const result = await send({}, { timeoutMs: WRITTEN_MS });
    expect(result).toMatchObject({
      phase: 'unknown',
      code: 'timeout',
      requestBytes: receiver.requests[0]?.text.length,
    });
    expect(result).not.toHaveProperty('status');
  });

  test('when the answer stops after its headers', async () => {
    const { send } = await setup(write(OK_HEAD));
    expect(await send({}, { timeoutMs: WRITTEN_MS })).toMatchObject({
      phase: 'unknown',
      code: 'timeout',
      status: 200,
    });
  });

  test('when the answer drips, however regularly', async () => {
    const closed = Promise.withResolvers<void>();
    const { send } = await setup(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 1);
      socket.once('close', () => {
        clearInterval(drip);
        closed.resolve();
      });
    });
    expect(await send({}, { timeoutMs: WRITTEN_MS })).toMatchObject({
      phase: 'unknown',
      code: 'timeout',
      status: 200,
    });
    await closed.promise;
  });

  test('when the connection is reset before the answer', async () => {
    const { send, receiver } = await setup(({ socket }) => socket.resetAndDestroy());
    expect(await send()).toMatchObject({ phase: 'unknown', code: 'reset' });
    expect(receiver.requests).toHaveLength(1);
  });

  test.each([
    [
      'reset',
      ({ socket }: ReceivedRequest) => void socket.write(`${OK_HEAD}half`, () => socket.resetAndDestroy()),
    ],
    ['closed', ({ socket }: ReceivedRequest) => void socket.end(`${OK_HEAD}half`)],
    [
      'closed within a chunk',
      ({ socket }: ReceivedRequest) =>
        void socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nhalf'),
    ],
    [
      'closed after announcing so',
      ({ socket }: ReceivedRequest) =>
        void socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9\r\n\r\nhalf`),
    ],
    [
      'closed within a chunk after announcing so',
      ({ socket }: ReceivedRequest) =>
        void socket.end(
          'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nff\r\nhalf',
        ),
    ],
  ])('when the connection is %s in the middle of the body', async (_, answer) => {
    const { send } = await setup(answer);
    expect(await send()).toMatchObject({ phase: 'unknown', code: 'reset', status: 200 });
  });

  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['a malformed header', 'HTTP/1.1 200 OK\r\nbad header\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a malformed chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    ['an upgrade nobody asked for', 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
    ['leave to continue, which nobody asked for', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['endless interim answers', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000)],
  ])('when the answer is %s', async (_, text) => {
    const { send } = await setup(write(text));
    expect(await send()).toMatchObject({ phase: 'unknown', code: 'bad_response' });
  });

  test.each([
    ['one huge header', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`],
    ['very many headers', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}\r\n`],
    [
      'huge trailers',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
    ],
  ])('when the answer has %s', async (_, text) => {
    const { send } = await setup(write(text));
    expect(await send()).toMatchObject({ phase: 'unknown', code: 'too_large' });
  });

  test('when the caller gives up after the request went out', async () => {
    const leaving = new AbortController();
    const { send } = await setup(() => leaving.abort());
    const results = await Promise.all([1, 2, 3].map(() => send({}, { signal: leaving.signal })));
    expect(results.some((result) => result.phase === 'unknown')).toBe(true);
    for (const result of results) expect(result).toMatchObject({ code: 'cancelled' });
  });
});

describe('connections', () => {
  test('are kept and used again', async () => {
    const { send, receiver } = await setup(answerOk, { connectionsPerOrigin: 1 });
    for (let i = 0; i < 5; i++) expect(await send()).toMatchObject({ phase: 'answered' });
    expect(receiver.connections).toBe(1);
  });

  test('are capped per origin; the rest wait and are all answered', async () => {
    const { send, receiver } = await setup(answerOk, { connectionsPerOrigin: 2 });
    const results = await Promise.all(Array.from({ length: 20 }, () => send()));
    expect(results.every((result) => result.phase === 'answered')).toBe(true);
    expect(receiver.requests).toHaveLength(20);
    expect(receiver.mostOpen).toBe(2);
  });

  test('that the receiver closed while idle cost nothing', async () => {
    const { send, receiver } = await setup();
    expect(await send()).toMatchObject({ phase: 'answered' });
    const first = receiver.requests[0]?.socket;
    const closed = new Promise((done) => first?.once('close', done));
    first?.end();
    await closed;
    expect(await send()).toMatchObject({ phase: 'answered' });
    expect(receiver.connections).toBe(2);
  });

  test('that the receiver closes instead of answering leave an unknown, and the request is not repeated', async () => {
    const { send, receiver } = await setup(
      (request) => {
        if (request.number === 1) answerOk(request);
        else request.socket.destroy();
      },
      { connectionsPerOrigin: 1 },
    );
    expect(await send()).toMatchObject({ phase: 'answered' });
    expect(await send({ method: 'GET', body: null })).toMatchObject({ phase: 'unknown', code: 'reset' });
    expect(receiver.requests).toHaveLength(2);
    expect(receiver.connections).toBe(1);
  });

  test('are not spent on a request whose deadline passed while it waited', async () => {
    const held: ReceivedRequest[] = [];
    const arrived = Promise.withResolvers<void>();
    const { send, receiver } = await setup(
      (request) => {
        if (request.number > 1) return answerOk(request);
        held.push(request);
        arrived.resolve();
      },
      { connectionsPerOrigin: 1 },
    );
    const first = send({ body: 'first' });
    await arrived.promise;
    expect(await send({ body: 'late' }, { timeoutMs: SHORT_MS })).toMatchObject({
      phase: 'not_sent',
      code: 'connect_timeout',
    });
    const third = send({ body: 'third' });
    for (const request of held) answerOk(request);
    expect(await first).toMatchObject({ phase: 'answered' });
    expect(await third).toMatchObject({ phase: 'answered' });
    expect(receiver.requests.map(({ text }) => text.split('\r\n\r\n')[1])).toEqual(['first', 'third']);
    expect(receiver.connections).toBe(1);
  });

  test('have a bounded line before them, and no origin holds up another', async () => {
    const arrived = Promise.withResolvers<void>();
    const held: ReceivedRequest[] = [];
    const slow = await setup(
      (request) => {
        held.push(request);
        arrived.resolve();
      },
      { connectionsPerOrigin: 1, maxWaitingPerOrigin: 2 },
    );
    const running = slow.send();
    await arrived.promise;
    const leaving = new AbortController();
    const waiting = [slow.send({}, { signal: leaving.signal }), slow.send({}, { signal: leaving.signal })];
    expect(await slow.send()).toMatchObject({ phase: 'not_sent', code: 'busy' });

    const other = await startReceiver(answerOk);
    cleanups.push(() => other.close());
    expect(await slow.send({ url: `${other.origin}/` })).toMatchObject({ phase: 'answered' });

    leaving.abort();
    for (const result of await Promise.all(waiting))
      expect(result).toMatchObject({ phase: 'not_sent', code: 'cancelled' });
    for (const request of held) answerOk(request);
    expect(await running).toMatchObject({ phase: 'answered' });
    expect(slow.receiver.requests).toHaveLength(1);
  });

  test('are closed after what is under way has ended; nothing more is taken', async () => {
    const held: ReceivedRequest[] = [];
    const arrived = Promise.withResolvers<void>();
    const { send, sender, receiver } = await setup((request) => {
      held.push(request);
      arrived.resolve();
    });
    const running = send();
    await arrived.promise;
    const closing = sender.close();
    expect(await send()).toMatchObject({ phase: 'not_sent', code: 'closed' });
    const socketClosed = new Promise((done) => held[0]?.socket.once('close', done));
    for (const request of held) answerOk(request);
    expect(await running).toMatchObject({ phase: 'answered' });
    await closing;
    await socketClosed;
    await sender.close();
    expect(receiver.requests).toHaveLength(1);
  });
});
