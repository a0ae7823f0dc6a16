import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setupApi, type TestApi } from './api.testkit.ts';

const MAX_BODY_BYTES = 2_000;

let api: TestApi;
let before: Record<string, number>;

beforeAll(async () => {
  api = await setupApi({ maxBodyBytes: MAX_BODY_BYTES });
  before = await api.countRows();
});
afterAll(() => api.stop());

/** Sends bytes as they are to a route that would create something. */
async function send(
  body: string | Uint8Array<ArrayBuffer> | ReadableStream,
  headers: Record<string, string> = {},
) {
  const response = await api.app.request('/api/v1/tenant/connections', {
    method: 'POST',
    headers: { authorization: `Bearer ${api.a.key}`, 'content-type': 'application/json', ...headers },
    body,
    // Node asks for it when a body is a stream.
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it looks for
  const answered: any = await response.json();
  return { status: response.status, headers: response.headers, body: answered };
}

const valid = (name: string) =>
  JSON.stringify({
    provider: 'generic_rest',
    connection_name: name,
    credentials: { base_url: 'http://127.0.0.1' },
  });

describe('a body that cannot be taken is refused and nothing is written', () => {
  test.each<[string, string | Uint8Array<ArrayBuffer>, number, string]>([
    ['broken off JSON', '{"provider": "generic_rest", ', 400, 'malformed_json'],
    ['two documents', '{} {}', 400, 'malformed_json'],
    ['a byte order mark', `\u{feff}${valid('bom')}`, 400, 'malformed_json'],
    ['bytes that are not UTF-8', new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]), 400, 'malformed_json'],
    ['an empty body', '', 400, 'malformed_json'],
    ['a list', '[]', 422, 'invalid_request'],
    ['null', 'null', 422, 'invalid_request'],
    ['a number that overflows', '{"a": [1e999]}', 422, 'number_too_large'],
    ['deep nesting', '['.repeat(101) + ']'.repeat(101), 422, 'json_too_deep'],
    ['deep nesting that is not even JSON', '{"a":'.repeat(400), 422, 'json_too_deep'],
    ['the character U+0000', valid('a\\u0000b').replace('\\\\', '\\'), 422, 'text_not_storable'],
    ['half a surrogate pair', valid('a\\ud800b').replace('\\\\', '\\'), 422, 'text_not_storable'],
    ['a field called __proto__', '{"__proto__": {"provider": "generic_rest"}}', 422, 'invalid_request'],
    ['half a surrogate pair in a key', '{"a\\udfff": 1}', 422, 'text_not_storable'],
  ])('%s', async (_, body, status, code) => {
    expect(await send(body)).toMatchObject({ status, body: { status, code } });
    expect(await api.countRows()).toEqual(before);
  });

  test('too many bytes, as announced', async () => {
    const refused = await send(valid('x'.repeat(MAX_BODY_BYTES)), { 'content-length': '2001' });
    expect(refused).toMatchObject({ status: 413, body: { code: 'body_too_large', max_bytes: 2_000 } });
    expect(await api.countRows()).toEqual(before);
  });

  test('too many bytes of unannounced length, of which no more is read than is allowed', async () => {
    let sentBytes = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sentBytes += 500;
        controller.enqueue(new Uint8Array(500).fill(0x20));
      },
    });
    const refused = await send(endless);
    expect(refused).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
    expect(sentBytes).toBeLessThan(MAX_BODY_BYTES * 3);
    expect(await api.countRows()).toEqual(before);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])(
    'content of type "%s"',
    async (type) => {
      const refused = await send(valid('typed'), { 'content-type': type });
      expect(refused).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
      expect(await api.countRows()).toEqual(before);
    },
  );

  test('unknown fields and wrong ones, all at once and each with its pointer', async () => {
    const { status, body } = await send('{"provider": 7, "nmae": "x", "settings": {"concurrency": "many"}}');
    expect(status).toBe(422);
    expect(body.problems.map(({ pointer, code }: Record<string, string>) => [pointer, code])).toEqual(
      expect.arrayContaining([
        ['/provider', 'invalid_field'],
        ['/connection_name', 'missing_field'],
        ['/credentials', 'invalid_field'],
        ['/settings/concurrency', 'invalid_field'],
        ['/nmae', 'unknown_field'],
      ]),
    );
    expect(await api.countRows()).toEqual(before);
  });
});

describe('a body is taken', () => {
  test.each([
    ['with a charset', 'application/json; charset=utf-8', valid('charset')],
    ['as a +json type', 'application/merge-patch+json', valid('plus json')],
    ['nested as deep as is allowed', 'application/json', null],
    ['with text that only looks like a forbidden escape', 'application/json', valid('c:\\u0000')],
    [
      'with a whole surrogate pair, escaped',
      'application/json',
      valid('P').replace('"P"', '"\\ud83d\\ude00"'),
    ],
  ])('%s', async (_, type, text) => {
    const body = text ?? '['.repeat(100) + ']'.repeat(100);
    const { status } = await send(body, { 'content-type': type });
    expect(status).toBe(text === null ? 422 : 201);
  });
});

describe('a query that cannot be taken is refused', () => {
  test.each([
    ['limit=0', '/query/limit', 'invalid_request'],
    ['limit=201', '/query/limit', 'invalid_request'],
    ['limit=many', '/query/limit', 'invalid_request'],
    ['limit=1&limit=2', '/query/limit', 'invalid_request'],
    ['colour=red', '/query/colour', 'invalid_request'],
    ['provider=a%00b', undefined, 'text_not_storable'],
    ['cursor=garbage', '/query/cursor', 'invalid_cursor'],
    ['cursor=WyJ4Il0', '/query/cursor', 'invalid_cursor'],
    ['cursor=W10', '/query/cursor', 'invalid_cursor'],
    [`cursor=${Buffer.from('["1","2"]').toString('base64url')}`, '/query/cursor', 'invalid_cursor'],
  ])('%s', async (query, pointer, code) => {
    const { status, body } = await api.a.call('GET', `/tenant/connections?${query}`);
    expect([status, body.code]).toEqual([422, code]);
    expect(body.problems?.map((problem: { pointer: string }) => problem.pointer)).toEqual(
      pointer && [pointer],
    );
  });
});

test('the character U+0000 in a path is refused', async () => {
  const { status, body } = await api.a.call('GET', '/workflows/a%00b');
  expect([status, body.code]).toEqual([422, 'text_not_storable']);
});

describe('every answer', () => {
  const paths = ['/healthz', '/docs/api', '/openapi.json', '/nowhere', '/api/v1/me', '/api/v1/nowhere'];

  test.each(paths)('of %s says how it may be used', async (path) => {
    const { headers } = await api.app.request(path);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('that came over https asks for https from then on', async () => {
    const { headers } = await api.app.request('/healthz', { headers: { 'x-forwarded-proto': 'https' } });
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
  });

  test('carries the request id it was given, if that is one', async () => {
    const given = await api.app.request('/healthz', { headers: { 'x-request-id': 'client-0001' } });
    expect(given.headers.get('x-request-id')).toBe('client-0001');
    const strange = await api.app.request('/healthz', { headers: { 'x-request-id': 'a b<script>' } });
    expect(strange.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('of an error is a problem document', async () => {
    const { status, headers, body } = await api.a.call('GET', '/nowhere');
    expect(status).toBe(404);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body).toEqual({
      type: 'https://pawl.dev/problems/route_not_found',
      title: 'Not found',
      status: 404,
      detail: 'There is no GET /api/v1/nowhere.',
      code: 'route_not_found',
      request_id: headers.get('x-request-id'),
    });
  });

  test('of an error that nobody foresaw tells nothing but where to look', async () => {
    const broken = await setupApi({
      deps: { tenants: { get: () => Promise.reject(new Error('secret detail')), changed: () => {} } },
    });
    try {
      const { status, body } = await broken.a.call('GET', '/me');
      expect([status, body.code, body.title]).toEqual([500, 'internal_error', 'An error on our side']);
      expect(JSON.stringify(body)).not.toContain('secret detail');
    } finally {
      await broken.stop();
    }
  });
});
