import { describe, expect, it } from 'vitest';
import { buildRequest, buildTestRequest } from '../build-request.ts';
import { allowedOrigins, validateCredentials } from '../catalogue.ts';
import { describeContract } from '../contract.testkit.ts';
import { answer, context, judging, requestOf, sent, webhook } from '../integrations.testkit.ts';
import { genericRest } from './generic_rest.ts';

const credentials = { base_url: 'https://api.example.com/v1', auth_header: 'Bearer s3cret-token' };

describeContract({
  provider: genericRest,
  credentials,
  calls: {
    'a POST': webhook({ path: '/hooks', body: { id: 7 } }),
    'a POST that says it is idempotent': webhook({ path: '/hooks', body: { id: 7 }, idempotent: true }),
    'a PUT': webhook({ method: 'PUT', path: '/jobs/7', body: { id: 7 } }),
  },
  origins: /^https:\/\/api\.example\.com$/,
  accepted: { status: 200, body: { ok: true } },
  unauthorized: { status: 401 },
  limits: {
    seconds: { status: 429, headers: { 'retry-after': '5' }, waitMs: 5000 },
    'an HTTP date': {
      status: 429,
      headers: { 'retry-after': 'Sat, 01 Mar 2025 12:00:30 GMT' },
      waitMs: 30_000,
    },
    'no header': { status: 429, waitMs: null },
  },
  repeatable: ['a POST that says it is idempotent', 'a PUT'],
});

describe('a webhook to a REST API', () => {
  it('POSTs JSON behind the base URL with the Authorization header', () => {
    const call = webhook({
      path: '/hooks/job-started',
      query: 'a=1',
      headers: { 'X-Source': 'pawl' },
      body: { job_id: '7', state: 'é' },
    });
    expect(requestOf(genericRest, call, credentials)).toEqual({
      method: 'POST',
      url: 'https://api.example.com/v1/hooks/job-started?a=1',
      headers: {
        authorization: 'Bearer s3cret-token',
        'content-type': 'application/json',
        'x-source': 'pawl',
        'user-agent': 'Pawl/test',
        'idempotency-key': context.idempotencyKey,
      },
      body: '{"job_id":"7","state":"é"}',
    });
  });

  it('carries a key in a header of the API’s own, or in the query', () => {
    const call = webhook({ method: 'GET', path: '/x?a=1', query: 'b=2' });
    const keyed = {
      base_url: 'https://api.example.com',
      auth_header: 'k3y-of-the-api',
      auth_header_name: 'X-Api-Key',
      auth_query_value: 'qu3ry/key+of',
    };
    const request = requestOf(genericRest, call, keyed);
    expect(request.url).toBe('https://api.example.com/x?a=1&b=2&key=qu3ry%2Fkey%2Bof');
    expect(request.headers).toMatchObject({ 'x-api-key': 'k3y-of-the-api' });
    expect(request.headers).not.toHaveProperty('authorization');
    expect(sent(buildTestRequest(genericRest, keyed, context)).url).toBe(
      'https://api.example.com/?key=qu3ry%2Fkey%2Bof',
    );
    for (const own of [
      webhook({ path: '/x', query: 'key=1' }),
      webhook({ path: '/x', headers: { 'x-api-key': '1' } }),
    ]) {
      expect(buildRequest(genericRest, own, keyed, context)).toMatchObject({ ok: false });
    }
  });

  it.each([
    [{ auth_header_name: 'Host', auth_header: 'a' }, '/credentials/auth_header_name'],
    [{ auth_header_name: 'Content-Length', auth_header: 'a' }, '/credentials/auth_header_name'],
    [{ auth_header_name: 'X Key', auth_header: 'a' }, '/credentials/auth_header_name'],
    [{ auth_query_name: 'a&b', auth_query_value: 'key' }, '/credentials/auth_query_name'],
  ])('does not take %j', (more, pointer) => {
    const problems = validateCredentials('generic_rest', { base_url: 'https://api.example.com', ...more });
    expect(problems.map((problem) => problem.pointer)).toContain(pointer);
  });

  it('needs no authentication', () => {
    const request = requestOf(genericRest, webhook({ method: 'GET', path: '/x' }), {
      base_url: 'http://127.0.0.1:8080',
    });
    expect(request).toMatchObject({ method: 'GET', url: 'http://127.0.0.1:8080/x', body: null });
    expect(request.headers).not.toHaveProperty('authorization');
  });

  it.each([
    [{ path: '/../admin' }, 'path_invalid'],
    [{ path: 'https://evil.example/' }, 'path_invalid'],
    [{ path: '@evil.example/' }, 'path_invalid'],
    [{ query: 'a=\n' }, 'query_invalid'],
    [{ headers: { authorization: 'Bearer mine' } }, 'header_not_allowed'],
    [{ headers: { host: 'evil.example' } }, 'header_not_allowed'],
    [{ headers: { a: 'b\r\nc: d' } }, 'header_invalid'],
    [{ method: 'TRACE' }, 'method_invalid'],
    [{ method: 'GET', body: {} }, 'body_not_allowed'],
  ])('is refused with %j: %s', (input, code) => {
    const built = buildRequest(genericRest, webhook(input), credentials, context);
    expect(built).toMatchObject({ ok: false, code });
    expect(JSON.stringify(built)).not.toContain('s3cret');
  });

  it('is judged by its status', () => {
    expect(genericRest.judge(answer(200, { ok: false }), judging(false))).toEqual({ outcome: 'succeeded' });
    expect(genericRest.judge(answer(500), judging(true))).toMatchObject({ retry: true });
  });
});

describe('the credentials of a REST API', () => {
  const pointers = (input: unknown): string[] =>
    validateCredentials('generic_rest', input).map(({ pointer, code }) => `${pointer} ${code}`);

  it.each([
    'https://api.example.com',
    'https://api.example.com/',
    'https://api.example.com/v1/x',
    'http://127.0.0.1:8080',
    'https://[2001:db8::1]:8443/a%20b',
  ])('may have the base URL %s', (url) => {
    expect(pointers({ base_url: url })).toEqual([]);
  });

  it.each([
    '',
    'api.example.com',
    'ftp://api.example.com',
    'https://',
    'https:api.example.com',
    'https:\\\\api.example.com',
    'https://user:pw@api.example.com',
    'https://api.example.com?k=v',
    'https://api.example.com#x',
    ' https://api.example.com',
    'https://api.example.com ',
    'https://api.example.com/a b',
    'https://api.example.com/../x',
    'https://api.example.com//x',
    'https://api.example.com/%2e%2e/x',
    'https://api.example.com:99999',
    'https://exa\nmple.com',
    7,
    null,
  ])('may not have the base URL %j', (url) => {
    expect(pointers({ base_url: url })).toEqual(['/credentials/base_url invalid_field']);
  });

  it('may not have a base URL without end', () => {
    expect(pointers({ base_url: `https://a.example/${'a'.repeat(2048)}` })).toEqual([
      '/credentials/base_url invalid_field',
    ]);
  });

  it('may not break out of the header', () => {
    for (const auth_header of ['', 'Bearer x\r\nX-Evil: 1', 'Bearer x\n', ' Bearer x', 'Bearer é']) {
      expect(pointers({ base_url: 'https://a.example', auth_header })).toEqual([
        '/credentials/auth_header invalid_field',
      ]);
    }
  });

  it('have every wrong field named, and no value repeated', () => {
    const input = { base_url: 'hunter2', auth_header: '\nhunter2', test_path: 'hunter2', token: 'hunter2' };
    expect(pointers(input)).toEqual([
      '/credentials/base_url invalid_field',
      '/credentials/auth_header invalid_field',
      '/credentials/test_path invalid_field',
      '/credentials/token unknown_field',
    ]);
    expect(JSON.stringify(validateCredentials('generic_rest', input))).not.toContain('hunter2');
    expect(pointers({})).toEqual(['/credentials/base_url missing_field']);
    expect(pointers('hunter2')).toEqual(['/credentials invalid_field']);
  });

  it('are bound to the origin of the base URL', () => {
    expect(allowedOrigins('generic_rest', { base_url: 'https://API.example.com:443/v1' })).toEqual([
      'https://api.example.com',
    ]);
    expect(allowedOrigins('generic_rest', { base_url: 'nonsense' })).toBeNull();
  });
});

describe('the test of a REST API', () => {
  it('GETs the base URL, or the path that was set', () => {
    const request = (more: object) =>
      sent(buildTestRequest(genericRest, { ...credentials, ...more }, context));
    expect(request({})).toMatchObject({
      method: 'GET',
      url: 'https://api.example.com/v1',
      headers: { authorization: 'Bearer s3cret-token' },
    });
    expect(request({ test_path: '/me?x=1' })).toMatchObject({ url: 'https://api.example.com/v1/me?x=1' });
  });

  it('says what the answer means', () => {
    if ('unavailable' in genericRest.test) throw new Error('unavailable');
    const { describe: meaning } = genericRest.test;
    expect(meaning(answer(204))).toMatchObject({ ok: true });
    expect(meaning(answer(401))).toMatchObject({
      ok: false,
      code: 'http_401',
      message: expect.stringContaining('refused the credential'),
    });
    expect(meaning(answer(404))).toMatchObject({
      ok: false,
      message: expect.stringContaining('Set a test path'),
    });
  });
});
