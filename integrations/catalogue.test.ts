import { describe, expect, it } from 'vitest';
import type { Json } from '../engine/json.ts';
import { buildRequest } from './build-request.ts';
import {
  allowedOrigins,
  describeProviders,
  getProvider,
  operationReferences,
  providers,
  validateCredentials,
} from './catalogue.ts';
import { exampleCalls } from './contract.testkit.ts';
import { isSecretField } from './credential-fields.ts';
import { exampleCredentials } from './example-credentials.ts';
import { context } from './integrations.testkit.ts';

describe('the catalogue', () => {
  it('finds its providers by id and nothing else', () => {
    expect(providers.length).toBeGreaterThan(12);
    expect(new Set(providers.map(({ id }) => id)).size).toBe(providers.length);
    for (const provider of providers) expect(getProvider(provider.id)).toBe(provider);
    for (const id of ['', 'Twilio', 'constructor', '__proto__']) expect(getProvider(id)).toBeUndefined();
  });

  it('describes every provider as plain JSON, with a schema that names its fields', () => {
    const described = describeProviders();
    expect(JSON.parse(JSON.stringify(described))).toEqual(described);
    for (const provider of described) {
      expect(Object.keys(provider.credentials_schema.properties as object)).toEqual(
        provider.fields.map(({ name }) => name),
      );
      expect(provider.credentials_schema.required ?? []).toEqual(
        provider.fields.filter(({ optional }) => !optional).map(({ name }) => name),
      );
      expect(provider.credentials_schema.additionalProperties).toBe(false);
      expect(provider.docs_url).toMatch(/^https:/);
    }
    expect(described.find(({ id }) => id === 'twilio')?.operations).toMatchObject([
      { id: 'twilio.send_message', idempotent: false, input_schema: { type: 'object', required: ['to'] } },
    ]);
  });

  it('has a secret field, an origin and a limit for every provider', () => {
    for (const provider of providers) {
      expect(provider.fields.some(({ name }) => isSecretField(provider, name))).toBe(true);
      expect(provider.limits.concurrency).toBeGreaterThan(0);
    }
    expect(allowedOrigins('twilio', { account_sid: `AC${'0'.repeat(32)}`, auth_token: 'x' })).toEqual([
      'https://api.twilio.com',
    ]);
    expect(allowedOrigins('sendgrid', { api_key: 'x' })).toEqual(['https://api.sendgrid.com']);
    expect(allowedOrigins('fax', {})).toBeNull();
  });
});

describe('every provider', () => {
  it.each(providers.map((provider) => [provider.id, provider] as const))(
    '%s has examples that its own schemas take, and that make requests',
    (_, provider) => {
      const credentials = exampleCredentials(provider);
      expect(validateCredentials(provider.id, credentials)).toEqual([]);
      for (const { name, example } of provider.fields) expect({ name, example }).toHaveProperty('example');
      for (const [name, call] of Object.entries(exampleCalls(provider))) {
        const built = buildRequest(provider, call, credentials, context);
        expect({ name, ...built }).toMatchObject({ name, ok: true });
      }
    },
  );

  it.each(providers.map((provider) => [provider.id, provider] as const))(
    '%s has a sentence for every field, operation and input',
    (_, provider) => {
      for (const { label, help, secret, link } of provider.fields) {
        expect(label).not.toBe('');
        expect(help).toMatch(/[.:]$|\.`?$/);
        expect(link ?? 'https://').toMatch(/^https:\/\//);
        expect(typeof secret).toBe('boolean');
      }
      expect(provider.webhook?.help).toMatch(/\.$/);
      const described = describeProviders().find(({ id }) => id === provider.id);
      for (const { title, help, input_schema } of described?.operations ?? []) {
        expect(title).not.toBe('');
        expect(help).toMatch(/\.$/);
        expect(input_schema.additionalProperties).toBe(false);
      }
    },
  );
});

describe('new credentials', () => {
  it('are refused for an unknown provider, naming the known ones', () => {
    for (const id of ['fax', '', '__proto__']) {
      const problems = validateCredentials(id, {});
      expect(problems).toMatchObject([{ pointer: '/provider', code: 'unknown_provider', severity: 'error' }]);
      for (const { id: known } of providers) expect(problems[0]?.message).toContain(known);
    }
  });

  it('have every wrong field named at once', () => {
    const problems = validateCredentials('twilio', { account_sid: 'hunter2', 'a/b~c': 1 });
    expect(problems.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      '/credentials/account_sid invalid_field',
      '/credentials/auth_token missing_field',
      '/credentials/a~1b~0c unknown_field',
    ]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
    expect(problems.map(({ message }) => message)).toEqual([
      '`account_sid` must be `AC` and 32 hexadecimal characters.',
      '`auth_token` is required.',
      '`a/b~c` is not known here.',
    ]);
  });
});

describe('an operation’s input in a definition', () => {
  const check = (id: string, input: Json): string[] =>
    (operationReferences().get(id)?.check(input) ?? []).map(({ pointer, code }) => `${pointer} ${code}`);

  it.each<[string, string, Json]>([
    [
      'twilio.send_message',
      'a template for every value',
      { to: '<<context.phone>>', from: '<<context.from>>', media_url: ['<<context.url>>'], body: 'x' },
    ],
    [
      'twilio.send_message',
      'a template where another type belongs',
      { to: '+1', from: '+2', media_url: '<<context.urls>>' },
    ],
    [
      'twilio.send_message',
      'the other delimiters',
      { to: '+1', messaging_service_sid: '{{context.sid}}', body: 'x' },
    ],
    ['twilio.send_message', 'a template for the whole', '<<context.message>>'],
    [
      'sendgrid.send_mail',
      'templates inside a choice',
      { to: [{ email: '<<context.email>>' }], from: '<<context.from>>', subject: 'x', text: 'y' },
    ],
  ])('%s: %s is accepted', (id, _, input) => {
    expect(check(id, input)).toEqual([]);
  });

  it.each<[string, Json, string[]]>([
    ['twilio.send_message', {}, ['/to missing_field']],
    [
      'twilio.send_message',
      { to: '<<context.phone>>', from: '+1', body: 'x', text: 'y' },
      ['/text unknown_field'],
    ],
    ['twilio.send_message', { to: '<<context.phone>>', from: '+1' }, [' invalid_field']],
    [
      'sendgrid.send_mail',
      { to: [{ email: 'nobody' }], from: '<<context.from>>', subject: 'x', text: 'y' },
      ['/to/0/email invalid_field'],
    ],
  ])('%s: %j is refused at once', (id, input, expected) => {
    expect(check(id, input)).toEqual(expected);
  });

  it('is checked for the operations there are', () => {
    const ids = describeProviders().flatMap(({ operations }) => operations.map(({ id }) => id));
    expect([...operationReferences().keys()]).toEqual(ids);
    expect(ids).toEqual(
      expect.arrayContaining(['twilio.send_message', 'linear.create_issue', 'pagerduty.resolve']),
    );
  });
});
