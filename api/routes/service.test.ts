import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setupApi, type TestApi } from '../api.testkit.ts';
import { type OpenApiDocument, operationsOf } from '../openapi.ts';

let api: TestApi;
let document: OpenApiDocument;

beforeAll(async () => {
  api = await setupApi();
  document = (await (await api.app.request('/openapi.json')).json()) as OpenApiDocument;
});
afterAll(() => api.stop());

test('says that the process is up and that it can work', async () => {
  for (const [path, status] of [
    ['/healthz', 'ok'],
    ['/readyz', 'degraded'],
  ] as const) {
    const response = await api.app.request(path);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status, version: '0.0.0-test' });
  }
});

test('says what keeps it from working, and what only waits', async () => {
  const asked = async () => (await api.app.request('/readyz')).json();
  await api.asOwner((sql) => sql`delete from workers`);
  expect(await asked()).toMatchObject({ status: 'degraded', checks: { database: 'ok', workers: 'none' } });
  await api.asOwner(
    (sql) => sql`insert into workers (id, name, version, heartbeat_at)
    values (gen_random_uuid(), 'one', '0', now() - interval '1 minute')`,
  );
  expect(await asked()).toMatchObject({ status: 'degraded', checks: { workers: 'silent' } });
  await api.asOwner((sql) => sql`update workers set heartbeat_at = now()`);
  expect(await asked()).toMatchObject({
    status: 'ready',
    checks: { database: 'ok', migrations: 'ok', keys: 'ok', workers: 'ok' },
  });
});

test('says that it cannot work before the database is migrated, while the process is up', async () => {
  const bare = await setupApi();
  try {
    await bare.asOwner((sql) => sql`alter table utility_ledger rename to elsewhere`);
    const ready = await bare.app.request('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      code: 'database_not_migrated',
      checks: { database: 'ok', migrations: 'missing: utility_ledger' },
    });
    expect((await bare.app.request('/healthz')).status).toBe(200);
  } finally {
    await bare.stop();
  }
});

test('says that it cannot work when the database is away', async () => {
  const cut = await setupApi();
  await cut.db.close();
  const ready = await cut.app.request('/readyz');
  expect(ready.status).toBe(503);
  expect(ready.headers.get('retry-after')).toBe('1');
  expect(await ready.json()).toMatchObject({ code: 'database_unavailable' });
  await cut.stop();
});

describe('the description of the API', () => {
  test('is OpenAPI 3.1 and refers to nothing that is not in it', () => {
    expect(document.openapi).toBe('3.1.0');
    const text = JSON.stringify(document);
    const names = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name));
    expect([...names].filter((name) => !(String(name) in (document.components?.schemas ?? {})))).toEqual([]);
  });

  test('gives every operation a summary, a known tag, an answer and the form of its problems', () => {
    const tags = new Set(document.tags?.map(({ name }) => name));
    for (const { method, path, operation } of operationsOf(document)) {
      const name = `${method} ${path}`;
      expect(operation.summary, name).toMatch(/\S/);
      expect(
        operation.tags?.filter((tag) => !tags.has(tag)),
        name,
      ).toEqual([]);
      expect(operation.tags, name).toHaveLength(1);
      expect(
        Object.keys(operation.responses ?? {}).some((status) => status.startsWith('2')),
        name,
      ).toBe(true);
      expect(operation.responses?.default, name).toMatchObject({
        content: { 'application/problem+json': {} },
      });
      // Senders of webhooks have signatures instead, and public keys are for everybody.
      const open = path.startsWith('/api/integrations/') || path.endsWith('/jwks.json');
      expect(operation.security, name).toEqual(open ? [] : [{ bearer: [] }, { session: [] }]);
    }
  });

  test('declares every parameter of its paths', () => {
    for (const { method, path, operation } of operationsOf(document)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = (operation.parameters ?? []).flatMap((parameter) =>
        'in' in parameter && parameter.in === 'path' ? [parameter.name] : [],
      );
      expect(declared.sort(), `${method} ${path}`).toEqual(inPath.sort());
    }
  });
});

describe('the reference page', () => {
  test('shows every operation and every schema, and needs no script and nobody else', async () => {
    const response = await api.app.request('/docs/api');
    const page = await response.text();
    for (const { path } of operationsOf(document)) expect(page).toContain(path);
    for (const name of Object.keys(document.components?.schemas ?? {})) {
      expect(page).toContain(`id="schema-${name}"`);
    }
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(/);
    expect(page.match(/(?:src|href)="(?!#|\/openapi\.json")[^"]*"/g)).toBeNull();
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-/,
    );
  });

  test('links only to what is on it', async () => {
    const page = await (await api.app.request('/docs/api')).text();
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const missing = [...page.matchAll(/href="#([^"]+)"/g)].filter(([, id]) => !ids.includes(id));
    expect(missing.map(([, id]) => id)).toEqual([]);
  });
});

describe('the catalogue of providers', () => {
  test('has all that a wizard needs', async () => {
    const { status, body } = await api.a.call('GET', '/providers');
    expect(status).toBe(200);
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining(['generic_rest', 'twilio', 'sendgrid']),
    );
    for (const provider of body.items) {
      const { properties } = provider.credentials_schema;
      for (const { name, label, help } of provider.fields) {
        expect(label && help).toBeTruthy();
        expect(properties).toHaveProperty(name);
      }
      expect(properties).toMatchObject(
        Object.fromEntries(Object.keys(provider.credentials_example).map((name) => [name, {}])),
      );
      for (const { id, input_schema, example } of provider.operations) {
        expect(input_schema.properties, id).toMatchObject(
          Object.fromEntries(Object.keys(example).map((name) => [name, {}])),
        );
      }
      expect(provider.webhook).toMatchObject({ help: expect.any(String), example: expect.any(Object) });
      expect(provider.limits.concurrency).toBeGreaterThan(0);
    }
  });

  test('shows one of them as the list does, and knows no others', async () => {
    const { body } = await api.a.call('GET', '/providers');
    for (const provider of body.items) {
      expect((await api.a.call('GET', `/providers/${provider.id}`)).body).toEqual(provider);
    }
    for (const id of ['carrier_pigeon', '__proto__', 'TWILIO']) {
      const { status, body: problem } = await api.a.call('GET', `/providers/${id}`);
      expect([status, problem.code]).toEqual([404, 'provider_not_found']);
    }
  });

  test('gives examples of credentials that a connection can be made of', async () => {
    const { body } = await api.a.call('GET', '/providers');
    for (const { id, credentials_example } of body.items) {
      const made = await api.a.call('POST', '/tenant/connections', {
        body: { provider: id, connection_name: `example of ${id}`, credentials: credentials_example },
      });
      expect([id, made.status]).toEqual([id, 201]);
    }
  });
});
