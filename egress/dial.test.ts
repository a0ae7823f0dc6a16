import { afterEach, describe, expect, test, vi } from 'vitest';
import { BLOCKED_MESSAGE, type Policy, parseTarget, STRICT_POLICY } from './address-rules.ts';
import type { Resolve } from './dial.ts';
import { HOSTILE_HOSTS, HOSTILE_URLS } from './hostile-urls.testkit.ts';
import { answerOk, LOOPBACK_POLICY, type Receiver, startReceiver } from './receiver.testkit.ts';
import { createGuardedConnector, createSender, type SenderOptions } from './sender.ts';

const anyPort: Policy = { allowHttp: true, allowedPorts: 'any', allowedCidrs: [] };
const everythingIsLoopback: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];
const answers = (...addresses: string[]) => addresses.map((address) => ({ address, family: 4 }));
const blocked = { phase: 'not_sent', code: 'blocked', message: BLOCKED_MESSAGE };

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setup(options: Partial<SenderOptions> & { host?: string } = {}) {
  const receiver = await startReceiver(answerOk, options.host === undefined ? {} : { host: options.host });
  cleanups.push(() => receiver.close());
  const sender = createSender({ policy: LOOPBACK_POLICY, userAgent: 'Pawl/test', ...options });
  cleanups.push(() => sender.close());
  const get = (url: string) =>
    sender.send({ method: 'GET', url, headers: {}, body: null }, { timeoutMs: 10_000 });
  return { receiver, get };
}

/** Dials the way the pool does, past every check that is made on the URL. */
function dial(hostname: string, receiver: Receiver, policy: Policy, resolve?: Resolve): Promise<string> {
  const connect = createGuardedConnector(policy, resolve === undefined ? {} : { resolve });
  const target = { hostname, host: hostname, protocol: 'http:', port: String(receiver.port) };
  return new Promise((done) => {
    connect(target, (...[error, socket]) => {
      socket?.destroy();
      done(error === null ? 'connected' : (error as Error & { code: string }).code);
    });
  });
}

describe('a request to a hostile place makes no connection', () => {
  test.each(HOSTILE_HOSTS)('when the host is %s', async (host) => {
    const { receiver, get } = await setup({ policy: anyPort, resolve: everythingIsLoopback });
    expect(await get(`http://${host}:${receiver.port}/`)).toMatchObject({ phase: 'not_sent' });
    expect(receiver.connections).toBe(0);
  });

  test.each(HOSTILE_HOSTS)('when the host %s gets as far as the dialler', async (host) => {
    const { receiver } = await setup();
    const bare = host.replace(/^\[|\]$/g, '');
    expect(await dial(bare, receiver, anyPort, everythingIsLoopback)).toBe('blocked');
    expect(receiver.connections).toBe(0);
  });

  test.each(['127.1', '2130706433', '0x7f000001', '0177.0.0.1', 'localhost', '0'])(
    'when the system resolver itself reads %s as loopback',
    async (host) => {
      const { receiver } = await setup();
      expect(await dial(host, receiver, anyPort)).toBe('blocked');
      expect(receiver.connections).toBe(0);
    },
  );

  test.each(HOSTILE_URLS)('when the URL is %j', async (url) => {
    const { receiver, get } = await setup({ policy: anyPort, resolve: everythingIsLoopback });
    expect(await get(url.replace('PORT', String(receiver.port)))).toMatchObject({ phase: 'not_sent' });
    expect(receiver.connections).toBe(0);
  });

  test.each([22, 25, 5432, 6379])('when the port is %d', async (port) => {
    const { receiver, get } = await setup({ policy: STRICT_POLICY, resolve: everythingIsLoopback });
    expect(await get(`https://api.example.com:${port}/`)).toMatchObject(blocked);
    expect(receiver.connections).toBe(0);
  });

  test('and is counted when the operator allows the place, so the counter can be trusted', async () => {
    const { receiver, get } = await setup({ resolve: everythingIsLoopback });
    expect(await get(`http://api.example.com:${receiver.port}/`)).toMatchObject({ phase: 'answered' });
    expect(await dial('127.0.0.1', receiver, LOOPBACK_POLICY)).toBe('connected');
    expect(receiver.connections).toBe(2);
  });

  test('when a template changed the URL after it was checked', async () => {
    const { receiver, get } = await setup({ policy: anyPort, resolve: everythingIsLoopback });
    const saved = 'https://<<context.region>>.example.com/';
    expect(parseTarget(saved.replace('<<context.region>>', 'eu'), anyPort).ok).toBe(true);
    const rendered = saved
      .replace('https', 'http')
      .replace('<<context.region>>', `127.0.0.1:${receiver.port}/?`);
    expect(await get(rendered)).toMatchObject(blocked);
    expect(receiver.connections).toBe(0);
  });

  test('although another policy holds an open socket to the same origin', async () => {
    const trusting = await setup();
    const strict = await setup({ policy: anyPort });
    const url = `${trusting.receiver.origin}/`;
    expect(await trusting.get(url)).toMatchObject({ phase: 'answered' });
    expect(await strict.get(url)).toMatchObject(blocked);
    expect(trusting.receiver.connections).toBe(1);
  });
});

describe('a name', () => {
  const url = ({ port }: Receiver) => `http://api.example.com:${port}/`;

  test.each([
    ['IPv4 first', ['127.0.0.1', '127.0.0.2']],
    ['IPv4 last', ['127.0.0.2', '127.0.0.1']],
    ['AAAA among A', ['127.0.0.1', 'fd00:ec2::254']],
    ['A among AAAA', ['::1', '10.0.0.1']],
    ['a mapped address', ['127.0.0.1', '::ffff:169.254.169.254']],
    ['the target of a CNAME', ['169.254.169.254']],
    ['something that is no address', ['127.0.0.1', 'internal.example']],
  ])('is refused when any of its answers is denied: %s', async (_, addresses) => {
    const { receiver, get } = await setup({ resolve: async () => answers(...addresses) });
    expect(await get(url(receiver))).toMatchObject(blocked);
    expect(receiver.connections).toBe(0);
  });

  test('is judged anew for every socket, so an answer that turns private is refused', async () => {
    const turns = [answers('127.0.0.1'), answers('127.0.0.2'), answers('127.0.0.1')];
    const receiver = await startReceiver(({ socket }) =>
      socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
    );
    cleanups.push(() => receiver.close());
    const { get } = await setup({ resolve: async () => turns.shift() ?? [] });
    expect(await get(url(receiver))).toMatchObject({ phase: 'answered', status: 200 });
    expect(await get(url(receiver))).toMatchObject(blocked);
    expect(receiver.connections).toBe(1);
    expect(await get(url(receiver))).toMatchObject({ phase: 'answered' });
  });

  test('is dialled at the address that was judged, and keeps its name in the host header', async () => {
    let questions = 0;
    const { receiver, get } = await setup({
      resolve: async () => {
        questions += 1;
        return answers('127.0.0.1');
      },
    });
    expect(await get(url(receiver))).toMatchObject({ phase: 'answered' });
    expect(receiver.requests[0]?.text).toContain(`host: api.example.com:${receiver.port}\r\n`);
    expect(receiver.requests[0]?.socket.localAddress).toBe('127.0.0.1');
    expect(questions).toBe(1);
  });

  test('is reached by its second address when nothing listens at the first', async () => {
    const { receiver, get } = await setup({ resolve: async () => answers('::1', '127.0.0.1') });
    expect(await get(url(receiver))).toMatchObject({ phase: 'answered' });
    expect(receiver.connections).toBe(1);
  });

  test('that has no addresses, or does not exist, fails as dns and may be tried again', async () => {
    const empty = await setup({ resolve: async () => [] });
    expect(await empty.get(url(empty.receiver))).toMatchObject({ phase: 'not_sent', code: 'dns' });
    const unknown = await setup({
      resolve: async () => {
        throw Object.assign(new Error('queryA ENOTFOUND api.example.com'), { code: 'ENOTFOUND' });
      },
    });
    expect(await unknown.get(url(unknown.receiver))).toMatchObject({ phase: 'not_sent', code: 'dns' });
  });

  test('is asked for once by sockets opened at the same moment', async () => {
    let questions = 0;
    let answer: () => void = () => {};
    const { receiver, get } = await setup({
      resolve: () => {
        questions += 1;
        return new Promise((resolve) => {
          answer = () => resolve(answers('127.0.0.1'));
        });
      },
    });
    const results = Promise.all([get(url(receiver)), get(url(receiver)), get(url(receiver))]);
    await vi.waitFor(() => expect(questions).toBe(1));
    answer();
    for (const result of await results) expect(result).toMatchObject({ phase: 'answered' });
    expect(questions).toBe(1);
    expect(receiver.connections).toBe(3);
  });
});

test.each([301, 302, 303, 307, 308])('a %d redirect is an answer and is never followed', async (status) => {
  const elsewhere = await setup();
  const receiver = await startReceiver(({ socket }) =>
    socket.write(
      `HTTP/1.1 ${status} Moved\r\nlocation: ${elsewhere.receiver.origin}/secret\r\ncontent-length: 0\r\n\r\n`,
    ),
  );
  cleanups.push(() => receiver.close());
  expect(await elsewhere.get(`${receiver.origin}/`)).toMatchObject({
    phase: 'answered',
    status,
    headers: { location: `${elsewhere.receiver.origin}/secret` },
  });
  expect(elsewhere.receiver.connections).toBe(0);
});

test('proxy variables of the environment are ignored', async () => {
  const proxy = await startReceiver(answerOk);
  cleanups.push(() => proxy.close());
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])
    vi.stubEnv(name, proxy.origin);
  vi.stubEnv('NO_PROXY', '');
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  const { receiver, get } = await setup();
  expect(await get(`${receiver.origin}/`)).toMatchObject({ phase: 'answered' });
  expect(proxy.connections).toBe(0);
});
