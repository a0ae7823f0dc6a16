import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../engine/json.ts';
import { createDecrypter } from '../../vault/decrypt.ts';
import { setupApi, type TestApi, type TestTenant } from '../api.testkit.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
const CANARY = 'c4n4ry-2b7f';

let api: TestApi;
/** What was heard on `pawl_changed`, in order. */
let heard: string[];

beforeAll(async () => {
  heard = [];
  api = await setupApi({ onChange: (payload) => heard.push(payload) });
});
afterAll(() => api.stop());

let names = 0;
const newConnection = (more: JsonObject = {}): JsonObject => ({
  provider: 'generic_rest',
  connection_name: `connection ${++names}`,
  credentials: { base_url: 'http://127.0.0.1:9000/base', auth_header: `Bearer ${CANARY}` },
  ...more,
});

async function make(of: TestTenant = api.a, more: JsonObject = {}) {
  const { status, body } = await of.call('POST', '/tenant/connections', { body: newConnection(more) });
  expect(status).toBe(201);
  return body;
}

/** As stored, ciphertext included. */
async function stored(id: string) {
  const [row] = await api.operator.sql`select * from connections where id = ${id}`;
  return row as Record<string, never> & {
    credentials: Buffer;
    keyId: string;
    version: number;
    allowedOrigin: string;
  };
}

describe('creating', () => {
  test('is refused, to be tried again, while the keys of the tenant are being shredded', async () => {
    const { tenant, call } = api.a;
    await make();
    // The API has not heard of it yet.
    await api.asOwner((sql) => sql`delete from tenant_keys where tenant_id = ${tenant.id}`);
    const refused = await call('POST', '/tenant/connections', { body: newConnection() });
    expect(refused).toMatchObject({ status: 503, body: { code: 'tenant_key_changed' } });
    const again = await make();
    expect((await stored(again.id)).keyId).toBe(again.key_id);
  });

  test('stores credentials that decrypt for this tenant, connection, provider and origin alone', async () => {
    const made = await make(api.a, { settings: { concurrency: 3, rate_limit: { per_second: 10 } } });
    expect(made).toMatchObject({
      provider: 'generic_rest',
      fields: { base_url: 'http://127.0.0.1:9000/base', auth_header: '***' },
      allowed_origin: 'http://127.0.0.1:9000',
      key_id: expect.stringMatching(UUID),
      settings: { concurrency: 3, rate_limit: { per_second: 10 } },
      enabled: true,
      flag: null,
      last_test: null,
      version: 1,
    });
    const row = await stored(made.id);
    const binding = {
      tenantId: api.a.tenant.id,
      connectionId: made.id,
      provider: 'generic_rest',
      allowedOrigin: 'http://127.0.0.1:9000',
    };
    const decrypt = createDecrypter(api.keys);
    expect(await decrypt(row.credentials, binding)).toEqual({
      base_url: 'http://127.0.0.1:9000/base',
      auth_header: `Bearer ${CANARY}`,
    });
    const others = [
      { ...binding, tenantId: api.b.tenant.id },
      { ...binding, connectionId: api.a.tenant.id },
      { ...binding, provider: 'twilio' },
      { ...binding, allowedOrigin: 'http://127.0.0.1:9001' },
    ];
    for (const other of others)
      await expect(decrypt(row.credentials, other)).rejects.toMatchObject({ kind: 'Corrupt' });
  });

  test('says where the connection is, logs it, and makes its maker the Owner', async () => {
    const { headers, body } = await api.a.call('POST', '/tenant/connections', { body: newConnection() });
    const path = headers.get('location') ?? '';
    expect(path).toBe(`/api/v1/tenant/connections/${body.id}`);
    expect((await api.a.call('GET', path)).body).toEqual(body);
    const roles = await api.a.call('GET', `/role-assignments?connection_id=${body.id}`);
    expect(roles.body.items).toMatchObject([
      { principal_type: 'service', principal_id: api.a.keyId, role: 'Owner', connection_id: body.id },
    ]);
    const log = await api.a.call('GET', `/audit?subject_id=${body.id}`);
    expect(log.body.items).toMatchObject([{ kind: 'connection.created', actor: `key:${api.a.keyId}` }]);
  });

  test.each<[string, JsonObject, string, string]>([
    ['an unknown provider', { provider: 'carrier_pigeon' }, '/provider', 'unknown_provider'],
    ['a missing credential', { credentials: {} }, '/credentials/base_url', 'missing_field'],
    [
      'a credential of the wrong type',
      { credentials: { base_url: 7 } },
      '/credentials/base_url',
      'invalid_field',
    ],
    [
      'an unknown credential',
      { credentials: { base_url: 'https://example.com', passwort: CANARY } },
      '/credentials/passwort',
      'unknown_field',
    ],
    ['credentials that are a list', { credentials: [] }, '/credentials', 'invalid_field'],
    ['an unknown field', { colour: 'red' }, '/colour', 'unknown_field'],
    ['an unknown setting', { settings: { retries: 3 } }, '/settings/retries', 'unknown_field'],
    ['a setting out of bounds', { settings: { concurrency: 0 } }, '/settings/concurrency', 'invalid_field'],
    ['an empty name', { connection_name: '  ' }, '/connection_name', 'invalid_field'],
  ])(
    'refuses %s, naming the place, repeating no value and writing nothing',
    async (_, wrong, pointer, code) => {
      const before = await api.countRows();
      const { status, body } = await api.a.call('POST', '/tenant/connections', {
        body: newConnection(wrong),
      });
      expect(status).toBe(422);
      expect(body.problems).toContainEqual(expect.objectContaining({ pointer, code }));
      expect(JSON.stringify(body)).not.toContain(CANARY);
      expect(await api.countRows()).toEqual(before);
    },
  );

  test('refuses a second connection of the same name in the tenant, and allows it in another', async () => {
    const { connection_name } = await make();
    const before = await api.countRows();
    const second = await api.a.call('POST', '/tenant/connections', {
      body: newConnection({ connection_name }),
    });
    expect(second).toMatchObject({ status: 409, body: { code: 'connection_name_taken' } });
    expect(await api.countRows()).toEqual(before);
    await make(api.b, { connection_name });
  });
});

describe('where a connection may lead', () => {
  test.each([
    'http://10.0.0.1/hook',
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:10.0.0.1]/',
    'ftp://example.com/',
  ])('refuses %s when saving, with the pointer of the address', async (url) => {
    const before = await api.countRows();
    const made = await api.a.call('POST', '/tenant/connections', {
      body: newConnection({ credentials: { base_url: url } }),
    });
    expect(made.status).toBe(422);
    expect(made.body.problems[0].pointer).toBe('/credentials/base_url');
    expect(await api.countRows()).toEqual(before);
  });

  test('answers alike for every forbidden address', async () => {
    const answers = await Promise.all(
      ['http://10.0.0.1/', 'http://192.168.0.1:5432/', 'http://169.254.169.254/'].map((base_url) =>
        api.a.call('POST', '/tenant/connections', { body: newConnection({ credentials: { base_url } }) }),
      ),
    );
    for (const { body } of answers) {
      expect(body.problems).toEqual([
        {
          pointer: '/credentials/base_url',
          code: 'address_not_allowed',
          message: 'The address is not allowed.',
          severity: 'error',
        },
      ]);
    }
  });

  test('refuses to point a connection there later, and keeps what there is', async () => {
    const { id } = await make();
    const before = await stored(id);
    const changed = await api.a.call('POST', `/tenant/connections/${id}/rotate`, {
      body: { credentials: { base_url: 'http://10.0.0.1' } },
    });
    expect(changed.body.problems).toMatchObject([
      { pointer: '/credentials/base_url', code: 'address_not_allowed' },
    ]);
    expect(await stored(id)).toEqual(before);
  });
});

describe('reading', () => {
  test('lists page by page, newest first, without gaps or repeats', async () => {
    const made = [await make(api.b), await make(api.b), await make(api.b)].map(({ id }) => id);
    const all = (await api.b.call('GET', '/tenant/connections')).body.items.map(({ id }: JsonObject) => id);
    expect(all.slice(0, 3)).toEqual(made.reverse());
    const paged: unknown[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await api.b.call('GET', `/tenant/connections?limit=1${query}`);
      paged.push(...body.items.map(({ id }: JsonObject) => id));
      cursor = body.next_cursor;
    }
    expect(paged).toEqual(all);
  });

  test('filters by provider and by whether it is enabled', async () => {
    const { id } = await make();
    await api.a.call('PATCH', `/tenant/connections/${id}`, { body: { enabled: false } });
    const off = await api.a.call('GET', '/tenant/connections?enabled=false');
    expect(off.body.items.map(({ id }: JsonObject) => id)).toEqual([id]);
    const twilio = await api.a.call('GET', '/tenant/connections?provider=twilio');
    expect(twilio.body.items).toEqual([]);
  });
});

describe('rotating', () => {
  const rotate = (id: string, credentials: JsonObject, of: TestTenant = api.a) =>
    of.call('POST', `/tenant/connections/${id}/rotate`, { body: { credentials } });

  test('replaces the credentials: encrypted anew, version counted, logged, everybody told', async () => {
    const { id } = await make();
    const before = await stored(id);
    const credentials = { base_url: 'http://127.0.0.2:9100', auth_header: 'Bearer rotated' };
    const { status, body } = await rotate(id, credentials);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, version: 2, allowed_origin: 'http://127.0.0.2:9100' });
    expect(body).toEqual((await api.a.call('GET', `/tenant/connections/${id}`)).body);
    const after = await stored(id);
    expect(after.credentials.equals(before.credentials)).toBe(false);
    const binding = { tenantId: api.a.tenant.id, connectionId: id, provider: 'generic_rest' };
    const decrypt = createDecrypter(api.keys);
    expect(await decrypt(after.credentials, { ...binding, allowedOrigin: after.allowedOrigin })).toEqual(
      credentials,
    );
    const log = await api.a.call('GET', `/audit?subject_id=${id}&kind=connection.rotated`);
    expect(log.body.items).toMatchObject([
      {
        actor: `key:${api.a.keyId}`,
        data: { version: 2, allowed_origin: 'http://127.0.0.2:9100', key_id: after.keyId },
      },
    ]);
    await expect.poll(() => heard).toContain(`connection:${api.a.tenant.id}:${id}`);
  });

  test('clears what the provider said of the old ones, and leaves everything else', async () => {
    const { id, connection_name } = await make(api.a, { settings: { concurrency: 3 } });
    await api.asOwner(
      (sql) => sql`
        update connections set flag = 'refused', flagged_at = now(), last_test = '{"ok": false}', enabled = false
        where id = ${id}`,
    );
    const { body } = await rotate(id, { base_url: 'http://127.0.0.2:9100' });
    expect(body).toMatchObject({
      flag: null,
      flagged_at: null,
      last_test: null,
      enabled: false,
      connection_name,
      settings: { concurrency: 3 },
      fields: { base_url: 'http://127.0.0.2:9100' },
    });
    expect(body.fields).not.toHaveProperty('auth_header');
  });

  test('refuses what does not fit the provider, repeating no value and keeping what there is', async () => {
    const { id } = await make();
    const [before, rows] = [await stored(id), await api.countRows()];
    const { status, body } = await rotate(id, { auth_header: `Bearer ${CANARY}\n`, colour: CANARY });
    expect([status, body.code]).toEqual([422, 'invalid_connection']);
    expect(body.problems.map(({ pointer }: JsonObject) => pointer).sort()).toEqual([
      '/credentials/auth_header',
      '/credentials/base_url',
      '/credentials/colour',
    ]);
    expect(JSON.stringify(body)).not.toContain(CANARY);
    expect(await stored(id)).toEqual(before);
    expect(await api.countRows()).toEqual(rows);
  });

  test('is the one way to do it: a change that brings credentials is told so, and changes nothing', async () => {
    const { id } = await make();
    const before = await stored(id);
    const { status, body } = await api.a.call('PATCH', `/tenant/connections/${id}`, {
      body: { connection_name: 'not this either', credentials: { base_url: 'http://127.0.0.2' } },
    });
    expect(status).toBe(422);
    expect(body.problems).toMatchObject([
      { pointer: '/credentials', code: 'invalid_field', message: expect.stringContaining('/rotate`') },
    ]);
    expect(await stored(id)).toEqual(before);
  });
});

describe('changing', () => {
  test('keeps the flag and the ciphertext when only the name changes', async () => {
    const { id } = await make();
    await api.asOwner(
      (sql) => sql`update connections set flag = 'refused', flagged_at = now() where id = ${id}`,
    );
    const before = await stored(id);
    const { body } = await api.a.call('PATCH', `/tenant/connections/${id}`, {
      body: { connection_name: 'renamed', settings: { concurrency: 1 } },
    });
    expect(body).toMatchObject({ connection_name: 'renamed', flag: 'refused', version: 2 });
    expect((await stored(id)).credentials.equals(before.credentials)).toBe(true);
    const log = await api.a.call('GET', `/audit?subject_id=${id}&kind=connection.updated`);
    expect(log.body.items[0].data).toEqual({
      version: 2,
      connection_name: 'renamed',
      settings: { concurrency: 1 },
    });
  });

  test('refuses the name of another connection and changes nothing', async () => {
    const [one, two] = [await make(), await make()];
    const before = await stored(two.id);
    const { status, body } = await api.a.call('PATCH', `/tenant/connections/${two.id}`, {
      body: { connection_name: one.connection_name },
    });
    expect([status, body.code]).toEqual([409, 'connection_name_taken']);
    expect(await stored(two.id)).toEqual(before);
  });

  test('of nothing changes nothing', async () => {
    const made = await make();
    const before = await api.countRows();
    const { status, body } = await api.a.call('PATCH', `/tenant/connections/${made.id}`, { body: {} });
    expect(status).toBe(200);
    expect(body).toEqual(made);
    expect(await api.countRows()).toEqual(before);
  });

  test('does not let the provider change', async () => {
    const { id } = await make();
    const { status, body } = await api.a.call('PATCH', `/tenant/connections/${id}`, {
      body: { provider: 'twilio' },
    });
    expect(status).toBe(422);
    expect(body.problems).toMatchObject([{ pointer: '/provider', code: 'unknown_field' }]);
  });
});

test('supplying to a scope and to everybody at the same moment waits for each other, and both are done', async () => {
  const { id } = await make();
  const scope = await api.a.call('POST', '/scopes', { body: { kind: 'stack', name: 'shop' } });
  const answers = await Promise.all([
    api.a.call('POST', '/supplies', { body: { connection_id: id, scope_id: scope.body.id } }),
    api.a.call('PATCH', `/tenant/connections/${id}`, { body: { supplied_to_all: true } }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([201, 200]);
});

describe('deleting', () => {
  const webhookTo = (connectionId: string): JsonObject => ({
    id: 'calls',
    initial: 'waiting',
    states: {
      waiting: {
        on: {
          GO: {
            target: 'over',
            actions: [{ action_type: 'WEBHOOK', params: { connection_id: connectionId, path: '/x' } }],
          },
        },
      },
      over: { type: 'final' },
    },
  });

  test('takes the credentials and the roles along, and is logged', async () => {
    const { id } = await make();
    expect((await api.a.call('DELETE', `/tenant/connections/${id}`)).status).toBe(204);
    expect((await api.a.call('GET', `/tenant/connections/${id}`)).status).toBe(404);
    expect(await stored(id)).toBeUndefined();
    const roles = await api.a.call('GET', `/role-assignments?connection_id=${id}`);
    expect(roles.body.items).toEqual([]);
    const log = await api.a.call('GET', `/audit?subject_id=${id}&kind=connection.deleted`);
    expect(log.body.items).toHaveLength(1);
    expect((await api.a.call('DELETE', `/tenant/connections/${id}`)).status).toBe(404);
  });

  test('is refused while a published version names it, unless forced', async () => {
    const { id } = await make();
    const workflow = await api.a.call('POST', '/workflows', {
      body: { name: 'caller', definition: webhookTo(id) },
    });
    expect(workflow.status).toBe(201);
    // A version that nobody published holds nothing.
    expect((await api.a.call('DELETE', `/tenant/connections/${id}`)).status).toBe(204);

    const other = await make();
    await api.a.call('POST', '/workflows/caller/versions', { body: { definition: webhookTo(other.id) } });
    await api.a.call('POST', '/workflows/caller/publish', { body: { version: 2 } });
    const refused = await api.a.call('DELETE', `/tenant/connections/${other.id}`);
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: 'connection_in_use',
        workflows: [{ name: 'caller', version: 2, published: true, has_live_jobs: false }],
      },
    });
    expect((await api.a.call('DELETE', `/tenant/connections/${other.id}?force=true`)).status).toBe(204);
  });

  test('is refused while a scheduled export delivers through it, and what uses it names the export', async () => {
    const { id } = await make();
    const destination = { type: 'http', connection_id: id, path: '/events' };
    const made = await api.a.call('POST', '/metering/exports', {
      body: { name: 'billing', destination, format: 'cloudevents', interval_minutes: 60 },
    });
    expect(made.status).toBe(201);
    const exports = [{ id: made.body.id, name: 'billing' }];
    const uses = await api.a.call('GET', `/tenant/connections/${id}/uses`);
    expect(uses.body).toEqual({ workflows: [], subscriptions: [], metering_exports: exports, sources: [] });
    const refused = await api.a.call('DELETE', `/tenant/connections/${id}`);
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'connection_in_use', metering_exports: exports },
    });
    await api.a.call('DELETE', `/metering/exports/${made.body.id}`);
    expect((await api.a.call('DELETE', `/tenant/connections/${id}`)).status).toBe(204);
  });

  test.each<[string, (id: string, name: string) => [string, JsonObject]]>([
    [
      'a subscription',
      (id, name) => {
        const action = { action_type: 'WEBHOOK', params: { connection_id: id, method: 'POST', path: '/x' } };
        return ['/subscriptions', { name, trigger: { kind: 'job_done' }, action }];
      },
    ],
    [
      'an export',
      (id, name) => {
        const destination = { type: 'http', connection_id: id };
        return ['/metering/exports', { name, destination, interval_minutes: 60 }];
      },
    ],
  ])('at the moment when %s is made that goes through it, only one of both is done', async (_, using) => {
    for (let n = 0; n < 6; n++) {
      const { id, connection_name: name } = await make();
      const [path, body] = using(id, name);
      const [made, deleted] = await Promise.all([
        api.a.call('POST', path, { body }),
        api.a.call('DELETE', `/tenant/connections/${id}`),
      ]);
      const isMade = made.status === 201;
      expect([isMade, deleted.status]).toEqual([isMade, isMade ? 409 : 204]);
    }
  });

  test('at the moment when a version is published that names it, only one of both is done', async () => {
    for (let n = 0; n < 6; n++) {
      const { id } = await make();
      const body = { name: `published ${n}`, definition: webhookTo(id) };
      const { body: workflow } = await api.a.call('POST', '/workflows', { body });
      const [published, deleted] = await Promise.all([
        api.a.call('POST', `/workflows/${workflow.id}/publish`, { body: { version: 1 } }),
        api.a.call('DELETE', `/tenant/connections/${id}`),
      ]);
      expect([
        [200, 409],
        [422, 204],
      ]).toContainEqual([published.status, deleted.status]);
    }
  });

  test('names what uses it to whoever may see that, and to nobody else', async () => {
    const { call } = await api.keyWith(['IntegrationCreator']);
    const { id } = (await call('POST', '/tenant/connections', { body: newConnection() })).body;
    await api.a.call('POST', '/workflows', { body: { name: 'unseen', definition: webhookTo(id) } });
    await api.a.call('POST', '/workflows/unseen/publish', { body: { version: 1 } });
    const uses = (await call('GET', `/tenant/connections/${id}/uses`)).body;
    expect(uses).toEqual({ workflows: null, subscriptions: [], metering_exports: null, sources: null });
    const refused = await call('DELETE', `/tenant/connections/${id}`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'connection_in_use', ...uses } });
    expect(JSON.stringify(refused.body)).not.toContain('unseen');
    expect((await api.a.call('DELETE', `/tenant/connections/${id}`)).body.detail).toContain('unseen');
  });

  test('is refused while a live job runs a version that names it', async () => {
    const { id } = await make();
    const name = 'outlived';
    await api.a.call('POST', '/workflows', { body: { name, definition: webhookTo(id) } });
    await api.a.call('POST', `/workflows/${name}/publish`, { body: { version: 1 } });
    const job = await api.a.call('POST', '/jobs', { body: { workflow: name } });
    expect(job.status).toBe(201);
    const { id: another } = await make();
    await api.a.call('POST', `/workflows/${name}/versions`, { body: { definition: webhookTo(another) } });
    await api.a.call('POST', `/workflows/${name}/publish`, { body: { version: 2 } });
    const refused = await api.a.call('DELETE', `/tenant/connections/${id}`);
    expect(refused.body.workflows).toMatchObject([{ version: 1, published: false, has_live_jobs: true }]);
    await api.a.call('POST', `/jobs/${job.body.job.id}/cancel`, { body: { reason: 'over' } });
    expect((await api.a.call('DELETE', `/tenant/connections/${id}`)).status).toBe(204);
  });
});

describe('testing', () => {
  test('asks a worker, and answers 202 with a test to ask for when none is there', async () => {
    const { id } = await make();
    const asked = await api.a.call('POST', `/tenant/connections/${id}/test`);
    expect(asked).toMatchObject({
      status: 202,
      body: { connection_id: id, status: 'waiting', result: null },
    });
    const path = `/tenant/connections/${id}/tests/${asked.body.id}`;
    expect((await api.a.call('GET', path)).body).toEqual(asked.body);
    const result = {
      ok: true,
      code: 'ok',
      message: 'The API answered 200.',
      status: 200,
      duration_ms: 12,
      answer: null,
    };
    await api.asOwner(
      (sql) =>
        sql`update connection_tests set answered_at = now(), result = ${JSON.stringify(result)}::text::jsonb
          where id = ${asked.body.id}`,
    );
    expect((await api.a.call('GET', path)).body).toMatchObject({ status: 'answered', result });
  });

  test('answers at once what a worker answered meanwhile', async () => {
    const patient = await setupApi({ deps: { testWaitMs: 30_000 } });
    try {
      const { body: connection } = await patient.a.call('POST', '/tenant/connections', {
        body: newConnection(),
      });
      const asked = patient.a.call('POST', `/tenant/connections/${connection.id}/test`);
      const result = { ok: false, code: 'unauthorized', message: 'The API answered 401.' };
      await expect
        .poll(() =>
          patient.asOwner(
            (sql) => sql`
              update connection_tests set answered_at = now(), result = ${JSON.stringify(result)}::text::jsonb
              where connection_id = ${connection.id} returning id`,
          ),
        )
        .toHaveLength(1);
      expect(await asked).toMatchObject({ status: 200, body: { status: 'answered', result } });
    } finally {
      await patient.stop();
    }
  });

  test.each([
    ['pagerduty', { routing_key: '0'.repeat(32) }],
    ['slack', { webhook_url: 'https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnop' }],
  ])('says of a %s connection without a harmless call that there is none', async (provider, credentials) => {
    const { body: made } = await api.a.call('POST', '/tenant/connections', {
      body: { connection_name: `untestable-${provider}`, provider, credentials },
    });
    const asked = await api.a.call('POST', `/tenant/connections/${made.id}/test`);
    expect(asked).toMatchObject({ status: 409, body: { code: 'connection_test_unavailable' } });
    expect((await api.a.call('GET', `/tenant/connections/${made.id}`)).body.last_test).toBeNull();
  });

  test('is not found under another connection', async () => {
    const [one, two] = [await make(), await make()];
    const asked = await api.a.call('POST', `/tenant/connections/${one.id}/test`);
    const elsewhere = await api.a.call('GET', `/tenant/connections/${two.id}/tests/${asked.body.id}`);
    expect(elsewhere).toMatchObject({ status: 404, body: { code: 'connection_test_not_found' } });
  });
});

test('no answer and no row holds a credential in clear', async () => {
  const { id } = await make();
  const answers = await Promise.all([
    api.a.call('GET', '/tenant/connections'),
    api.a.call('GET', `/tenant/connections/${id}`),
    api.a.call('GET', '/audit?limit=200'),
    api.a.call('POST', `/tenant/connections/${id}/rotate`, {
      body: { credentials: { base_url: 'http://127.0.0.1', auth_header: `Bearer ${CANARY}` } },
    }),
    api.app.request('/api/v1/tenant/connections', {
      method: 'POST',
      headers: { authorization: `Bearer ${api.a.key}`, 'content-type': 'application/json' },
      body: `{"credentials": {"auth_header": "${CANARY}" oops}}`,
    }),
  ]);
  for (const answer of answers) {
    const text = answer instanceof Response ? await answer.text() : JSON.stringify(answer.body);
    expect(text).not.toContain(CANARY);
  }
  const tables = await api.operator.sql`
    select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`;
  for (const { relname } of tables) {
    const rows = await api.asOwner((sql) => sql`select t::text as text from ${sql(relname)} t`);
    const dump = rows.map(({ text }) => text).join('\n');
    for (const form of [
      CANARY,
      Buffer.from(CANARY).toString('hex'),
      Buffer.from(CANARY).toString('base64'),
    ]) {
      expect(dump, relname).not.toContain(form);
    }
  }
});
