import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildRequest, buildTestRequest, isSafeToRepeat } from './build-request.ts';
import { defineOperation, defineProvider } from './define-provider.ts';
import { context, operation, requestOf, webhook } from './integrations.testkit.ts';
import { judgeStatus } from './judge-status.ts';

const base = {
  id: 'example',
  title: 'Example',
  docsUrl: 'https://docs.example.com',
  fields: [{ name: 'api_key', label: 'API key', help: '', secret: true }],
  credentials: z.strictObject({ api_key: z.string() }),
  origins: (): readonly [string, ...string[]] => ['https://api.example.com', 'https://auth.example.com'],
  operations: {},
  test: { unavailable: 'Every call has an effect.' },
  limits: { concurrency: 1 },
};

/** A provider that sends wherever the action says, as a careless file would. */
const careless = defineProvider({
  ...base,
  request: (input) => ({ method: 'POST', url: input.path, headers: { 'x-a': '1' }, body: null }),
});

const credentials = { api_key: 'k' };

describe('a request', () => {
  it.each(['https://api.example.com/x', 'https://auth.example.com/', 'https://API.example.com:443/x'])(
    'may go to the hosts of its connection: %s',
    (url) => {
      expect(requestOf(careless, webhook({ path: url }), credentials).url).toBe(new URL(url).href);
    },
  );

  it.each([
    'https://evil.example/',
    'http://api.example.com/',
    'https://api.example.com:8443/',
    'https://api.example.com.evil.example/',
    'https://evil.example/api.example.com',
    'https://api.example.com@evil.example/',
    'https://user@api.example.com/',
    'https://user:pass@api.example.com/',
    'https:\\\\evil.example\\@api.example.com',
    '//evil.example/',
    '/x',
    '',
    'javascript:x',
    'data:,x',
  ])('never goes anywhere else: %s', (url) => {
    expect(buildRequest(careless, webhook({ path: url }), credentials, context)).toMatchObject({
      ok: false,
      code: 'host_changed',
    });
  });

  it('goes out in the spelling that was checked', () => {
    const { url } = requestOf(
      careless,
      webhook({ path: 'https://api.example.com\\@evil.example' }),
      credentials,
    );
    expect(url).toBe('https://api.example.com/@evil.example');
  });

  it('says who sends it, and carries the same key on every attempt', () => {
    expect(requestOf(careless, webhook({ path: 'https://api.example.com/' }), credentials).headers).toEqual({
      'x-a': '1',
      'user-agent': 'Pawl/test',
      'idempotency-key': context.idempotencyKey,
    });
  });

  it('is not made from credentials that do not fit, and repeats none of them', () => {
    const built = buildRequest(careless, webhook(), { api_key: 7, other: 'hush-hush' }, context);
    expect(built).toMatchObject({
      ok: false,
      code: 'credentials_invalid',
      problems: [
        { pointer: '/credentials/api_key', code: 'invalid_field' },
        { pointer: '/credentials/other', code: 'unknown_field' },
      ],
    });
    expect(JSON.stringify(built)).not.toContain('hush-hush');
  });

  it('is not hidden when a provider has a bug', () => {
    const broken = defineProvider({
      ...base,
      request: () => {
        throw new TypeError('a bug');
      },
    });
    expect(() => buildRequest(broken, webhook(), credentials, context)).toThrow('a bug');
  });
});

describe('an operation', () => {
  const create = defineOperation({
    title: 'Create',
    help: '',
    idempotent: true,
    input: z.strictObject({ name: z.string(), count: z.int().default(1) }),
    request: (input, given: { api_key: string }) => ({
      method: 'POST',
      url: `https://api.example.com/${input.name}/${input.count}`,
      headers: { 'x-api-key': given.api_key },
      body: null,
    }),
  });
  const provider = defineProvider({
    ...base,
    operations: { create, remove: { ...create, idempotent: false } },
    request: () => ({ method: 'POST', url: 'https://api.example.com/', headers: {}, body: null }),
  });

  it('turns its checked input into a request', () => {
    expect(requestOf(provider, operation('example.create', { name: 'a' }), credentials)).toMatchObject({
      url: 'https://api.example.com/a/1',
      headers: { 'x-api-key': 'k' },
    });
  });

  it('names every wrong place of its input', () => {
    expect(
      buildRequest(provider, operation('example.create', { count: 'x', extra: 1 }), credentials, context),
    ).toMatchObject({
      ok: false,
      code: 'input_invalid',
      problems: [
        { pointer: '/name', code: 'missing_field' },
        { pointer: '/count', code: 'invalid_field' },
        { pointer: '/extra', code: 'unknown_field' },
      ],
    });
  });

  it.each([
    'create',
    'example.',
    'example.drop',
    'other.create',
    'example.constructor',
    'example.__proto__',
    '',
  ])('that the provider does not offer is refused: %j', (id) => {
    expect(buildRequest(provider, operation(id, {}), credentials, context)).toMatchObject({
      ok: false,
      code: 'unknown_operation',
    });
    expect(isSafeToRepeat(provider, operation(id, {}))).toBe(false);
  });

  it('is repeated when the action says so, else when the operation does', () => {
    expect(isSafeToRepeat(provider, operation('example.create', {}))).toBe(true);
    expect(isSafeToRepeat(provider, operation('example.remove', {}))).toBe(false);
    expect(isSafeToRepeat(provider, operation('example.create', {}, false))).toBe(false);
    expect(isSafeToRepeat(provider, operation('example.remove', {}, true))).toBe(true);
  });
});

describe('a webhook', () => {
  it.each([
    ['GET', null, true],
    ['head', null, true],
    ['PUT', null, true],
    ['DELETE', null, true],
    ['POST', null, false],
    ['PATCH', null, false],
    ['POST', true, true],
    ['PUT', false, false],
  ])('with %s that says %j is safe to repeat: %j', (method, idempotent, expected) => {
    expect(isSafeToRepeat(careless, webhook({ method, idempotent }))).toBe(expected);
  });

  it('with POST is safe to repeat where the provider is', () => {
    const safe = defineProvider({
      ...base,
      safeToRepeat: true,
      request: () => ({ method: 'POST', url: '', headers: {}, body: null }),
    });
    expect(isSafeToRepeat(safe, webhook())).toBe(true);
    expect(isSafeToRepeat(safe, webhook({ idempotent: false }))).toBe(false);
  });
});

describe('a webhook whose provider looks at what is posted', () => {
  const asked = defineProvider({
    ...base,
    safeToRepeat: ({ path }) => path === '/purge',
    request: () => ({ method: 'POST', url: '', headers: {}, body: null }),
  });

  it.each([
    ['POST', '/purge', null, true],
    ['POST', '/create', null, false],
    ['PUT', '/create', null, true],
    ['POST', '/purge', false, false],
    ['POST', '/create', true, true],
  ])('with %s to %s that says %j is safe to repeat: %j', (method, path, idempotent, expected) => {
    expect(isSafeToRepeat(asked, webhook({ method, path, idempotent }))).toBe(expected);
  });
});

describe('a test call', () => {
  it('is not made up where the provider has none', () => {
    expect(buildTestRequest(careless, credentials, context)).toMatchObject({
      ok: false,
      code: 'test_unavailable',
      message: 'Every call has an effect.',
    });
  });

  it('may go to another host of the provider, and nowhere else', () => {
    const testing = (url: string) =>
      defineProvider({
        ...base,
        request: () => ({ method: 'POST', url: '', headers: {}, body: null }),
        test: {
          request: () => ({ method: 'GET', url, headers: {}, body: null }),
          describe: () => ({ ok: true, code: 'ok', message: '' }),
        },
      });
    const elsewhere = buildTestRequest(testing('https://auth.example.com/me'), credentials, context);
    expect(elsewhere).toMatchObject({ ok: true, request: { headers: { 'user-agent': 'Pawl/test' } } });
    expect(buildTestRequest(testing('https://evil.example/me'), credentials, context)).toMatchObject({
      code: 'host_changed',
    });
  });
});

it('gives every provider the shared rules it does not replace', () => {
  expect(careless.judge).toBe(judgeStatus);
  expect(careless.safeToRepeat).toBe(false);
});
