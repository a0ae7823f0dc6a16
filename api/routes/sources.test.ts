import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../engine/json.ts';
import { setupApi, type TestApi } from '../api.testkit.ts';

let api: TestApi;
const changes: string[] = [];

beforeAll(async () => {
  api = await setupApi({ onChange: (payload) => changes.push(payload) });
});
afterAll(() => api.stop());

let names = 0;
// biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for
async function add(body: object = {}): Promise<any> {
  const made = await api.a.call('POST', '/sources', {
    body: { kind: 'generic', name: `source ${++names}`, ...body },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
}
const auditOf = async (id: string) =>
  (await api.a.call('GET', `/audit?subject_id=${id}`)).body.items.reverse() as {
    kind: string;
    data: JsonObject;
  }[];

describe('adding a source', () => {
  test('tells the URL, fills in what was left out, and shows a secret that was made once', async () => {
    const { secret, ...source } = await add({ kind: 'github', name: 'main' });
    expect(secret).toMatch(/^\S{32,}$/);
    expect(source).toMatchObject({
      kind: 'github',
      name: 'main',
      config: {},
      is_active: true,
      url: `http://localhost/api/integrations/webhook/${source.id}`,
      last_received_at: null,
      previous_secret_until: null,
    });
    expect((await api.a.call('GET', `/sources/${source.id}`)).body).toEqual(source);
    expect((await api.a.call('GET', '/sources?kind=github')).body.items).toContainEqual(source);
  });

  test('keeps a secret that was given to itself', async () => {
    const made = await add({ secret: 'a secret of the sender' });
    expect(made).not.toHaveProperty('secret');
    const everything = await Promise.all([
      api.a.call('GET', '/sources'),
      api.a.call('GET', `/sources/${made.id}`),
      api.a.call('GET', `/audit?subject_id=${made.id}`),
    ]);
    expect(JSON.stringify([made, everything])).not.toContain('a secret of the sender');
    const rows = await api.operator.sql`select s::text as text from sources s where id = ${made.id}`;
    expect(rows[0]?.text).not.toContain(Buffer.from('a secret of the sender').toString('hex'));
  });

  test.each([
    ['an unknown kind', { kind: 'carrier_pigeon' }, ['/kind']],
    ['settings that do not fit', { config: { header: 'a b', colour: 'red' } }, ['/config/header', '/config']],
    ['a secret that does not fit', { secret: 'short' }, ['/secret']],
  ])('is refused for %s, with pointers', async (_, body, pointers) => {
    const { status, body: told } = await api.a.call('POST', '/sources', {
      body: { kind: 'generic', name: 'refused', ...body },
    });
    expect([status, told.code]).toEqual([422, 'invalid_source']);
    const found = told.problems.map(({ pointer }: { pointer: string }) => pointer);
    for (const pointer of pointers) expect(found.some((at: string) => at.startsWith(pointer))).toBe(true);
  });

  test('whose secret only the sender makes, and shows once it has the URL, takes nothing until that is given', async () => {
    const { status, body: source } = await api.a.call('POST', '/sources', {
      body: { kind: 'stripe', name: 'secret to come' },
    });
    expect([status, source.secret, source.url]).toEqual([201, undefined, expect.stringContaining(source.id)]);
    const secret = `whsec_${'a'.repeat(32)}`;
    const post = async () => {
      const body = '{"id":"evt_1","type":"charge.succeeded"}';
      const t = Math.floor(Date.now() / 1_000);
      const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
      const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${t},v1=${v1}` };
      return api.app.request(new URL(source.url).pathname, { method: 'POST', headers, body });
    };
    expect((await post()).status).toBe(401);
    const rotate = (body: JsonObject) => api.a.call('POST', `/sources/${source.id}/rotate`, { body });
    expect((await rotate({})).body.problems).toMatchObject([{ pointer: '/secret', code: 'missing_field' }]);
    expect((await rotate({ secret })).body).toMatchObject({ previous_secret_until: null });
    expect((await post()).status).toBe(200);
    const second = await rotate({ secret: `whsec_${'b'.repeat(32)}` });
    expect([second.status, second.body.previous_secret_until]).toEqual([200, expect.any(String)]);
    expect((await auditOf(source.id)).flatMap(({ data }) => data.overlap_hours ?? [])).toEqual([0, 24]);
  });

  test('is refused for a name that is taken', async () => {
    const { name } = await add();
    const again = await api.a.call('POST', '/sources', { body: { kind: 'generic', name } });
    expect([again.status, again.body.code]).toEqual([409, 'source_name_taken']);
    const other = await add();
    const renamed = await api.a.call('PATCH', `/sources/${other.id}`, { body: { name } });
    expect([renamed.status, renamed.body.code]).toEqual([409, 'source_name_taken']);
  });
});

describe('changing a source', () => {
  test('takes effect at once, everywhere, and is in the audit', async () => {
    const source = await add({ config: { event_type_path: 'kind' } });
    await api.a.deliver(source, { kind: 'first' });
    const changed = await api.a.call('PATCH', `/sources/${source.id}`, {
      body: { config: { event_type_path: 'sort' } },
    });
    expect(changed.body).toMatchObject({ version: 2, config: { event_type_path: 'sort', scheme: 'hmac' } });
    await api.a.deliver(source, { sort: 'second' });
    const { body } = await api.a.call('GET', `/inbound-events?source=${source.id}`);
    expect(body.items.map((item: { event_type: string }) => item.event_type)).toEqual(['second', 'first']);
    await expect.poll(() => changes).toContain(`source:${api.a.tenant.id}:${source.id}`);
    expect((await auditOf(source.id)).map(({ kind }) => kind)).toEqual(['source.created', 'source.updated']);
  });

  test('keeps the settings that the change leaves out, and drops those it has as null', async () => {
    const config = { scheme: 'shared_secret', header: 'x-token', delivery_id_path: 'id' };
    const source = await add({ config, secret: 'a secret of the sender' });
    const change = async (config: JsonObject) =>
      (await api.a.call('PATCH', `/sources/${source.id}`, { body: { config } })).body.config;
    expect(await change({ event_type_path: 'sort' })).toEqual({
      ...source.config,
      event_type_path: 'sort',
    });
    const { delivery_id_path: _, ...without } = source.config;
    expect(await change({ delivery_id_path: null, event_type_path: null })).toEqual(without);
    const wrong = await api.a.call('PATCH', `/sources/${source.id}`, { body: { config: { colour: 'red' } } });
    expect([wrong.status, wrong.body.code]).toEqual([422, 'invalid_source']);
  });

  test('to inactive answers its sender 404, exactly as for a source that never was', async () => {
    const source = await add();
    expect((await api.a.deliver(source, { n: 1 })).status).toBe(200);
    await api.a.call('PATCH', `/sources/${source.id}`, { body: { is_active: false } });
    const refused = await api.a.deliver(source, { n: 2 });
    const unknown = await api.a.deliver({ ...source, id: '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f' }, { n: 2 });
    for (const { status, body } of [refused, unknown]) {
      expect({ ...body, request_id: null }).toEqual({ ...unknown.body, request_id: null });
      expect([status, body.code]).toEqual([404, 'source_not_found']);
    }
    await api.a.call('PATCH', `/sources/${source.id}`, { body: { is_active: true } });
    expect((await api.a.deliver(source, { n: 2 })).status).toBe(200);
  });
});

describe('rotating the secret', () => {
  test('mends a source whose stored secret no key opens, and nothing of that one overlaps', async () => {
    const source = await add();
    const forget = () => api.deps.knownSources.changed(`source:${api.a.tenant.id}:${source.id}`);
    await api.asOwner((sql) => sql`update sources set secret = 'garbage' where id = ${source.id}`);
    forget();
    expect((await api.a.deliver(source, {})).status).toBe(500);
    const rotated = await api.a.call('POST', `/sources/${source.id}/rotate`);
    expect([rotated.status, rotated.body.previous_secret_until]).toEqual([200, null]);
    forget();
    expect((await api.a.deliver(rotated.body, {})).status).toBe(200);
  });

  test('accepts both until the overlap is over', async () => {
    const source = await add();
    const rotated = await api.a.call('POST', `/sources/${source.id}/rotate`);
    expect(rotated.status).toBe(200);
    expect(rotated.body.secret).not.toBe(source.secret);
    const dayMs = 86_400_000;
    const until = Date.parse(rotated.body.previous_secret_until);
    expect(Math.abs(until - api.deps.clock.now().getTime() - dayMs)).toBeLessThan(60_000);
    expect((await api.a.deliver(source, { by: 'old' })).status).toBe(200);
    expect((await api.a.deliver(rotated.body, { by: 'new' })).status).toBe(200);

    await api.asOwner((sql) => sql`update sources set previous_until = now() where id = ${source.id}`);
    api.deps.changed('everything');
    expect((await api.a.deliver(source, { by: 'old again' })).status).toBe(401);
    expect((await api.a.deliver(rotated.body, { by: 'new again' })).status).toBe(200);
    expect((await api.a.call('GET', `/sources/${source.id}`)).body.previous_secret_until).toBeNull();
  });

  test('again, while both are accepted, is refused: the sender may use the first', async () => {
    const source = await add();
    const rotate = (body: JsonObject) => api.a.call('POST', `/sources/${source.id}/rotate`, { body });
    const { body: second } = await rotate({});
    const again = await rotate({});
    expect([again.status, again.body.code]).toEqual([409, 'source_rotation_overlaps']);
    expect((await api.a.deliver(source, { by: 'first' })).status).toBe(200);
    expect((await api.a.deliver(second, { by: 'second' })).status).toBe(200);

    const end = () => api.a.call('DELETE', `/sources/${source.id}/previous-secret`);
    expect([(await end()).status, (await end()).status]).toEqual([204, 204]);
    expect((await api.a.deliver(source, { by: 'first again' })).status).toBe(401);
    const { body: third } = await rotate({});
    expect((await api.a.deliver(second, { by: 'second again' })).status).toBe(200);
    expect((await api.a.deliver(third, { by: 'third' })).status).toBe(200);

    const { body: only } = await rotate({ overlap_hours: 0 });
    for (const old of [second, third]) expect((await api.a.deliver(old, {})).status).toBe(401);
    expect((await api.a.deliver(only, { by: 'only' })).status).toBe(200);
    const kinds = (await auditOf(source.id)).map(({ kind }) => kind.replace('source.', ''));
    expect(kinds).toEqual(['created', 'rotated', 'overlap_ended', 'rotated', 'rotated']);
  });

  test('without an overlap refuses the old one at once', async () => {
    const source = await add();
    const secret = 'another one, of the sender';
    const { body } = await api.a.call('POST', `/sources/${source.id}/rotate`, {
      body: { secret, overlap_hours: 0 },
    });
    expect(body).not.toHaveProperty('secret');
    expect((await api.a.deliver(source, {})).status).toBe(401);
    expect((await api.a.deliver({ id: source.id, secret }, {})).status).toBe(200);
    expect((await auditOf(source.id)).at(-1)).toMatchObject({
      kind: 'source.rotated',
      data: { overlap_hours: 0 },
    });
  });
});

test('deleting a source takes its triggers and its address with it, and keeps what it received', async () => {
  const source = await add();
  await api.a.deliver(source, { n: 1 });
  await api.a.call('POST', '/workflows', {
    body: { name: 'w', definition: { initial: 's', states: { s: {} } } },
  });
  const trigger = await api.a.call('POST', '/triggers', {
    body: {
      source_id: source.id,
      name: 't',
      event_types: ['*'],
      action: { type: 'start_job', workflow: 'w' },
    },
  });
  expect(trigger.status).toBe(201);
  expect((await api.a.call('DELETE', `/sources/${source.id}`)).status).toBe(204);
  expect((await api.a.call('GET', `/triggers/${trigger.body.id}`)).status).toBe(404);
  expect((await api.a.deliver(source, { n: 2 })).status).toBe(404);
  expect(await api.operator.sql`select from source_addresses where id = ${source.id}`).toHaveLength(0);
  const { body } = await api.a.call('GET', `/inbound-events?source=${source.id}`);
  expect(body.items).toHaveLength(1);
  const replay = await api.a.call('POST', `/inbound-events/${body.items[0].id}/replay`);
  expect([replay.status, replay.body.code]).toEqual([409, 'inbound_event_not_replayable']);
});

test('the catalogue tells of every kind what it asks for and what to do at the sender’s side', async () => {
  const { body } = await api.caller(`Bearer ${(await api.keyWith([])).key}`)('GET', '/source-kinds');
  const ids = body.items.map(({ id }: { id: string }) => id);
  expect(ids).toEqual(expect.arrayContaining(['generic', 'github', 'slack', 'stripe', 'twilio']));
  const generic = body.items.find(({ id }: { id: string }) => id === 'generic');
  expect(generic.setup.steps.join()).toContain('{url}');
  expect(generic.config_schema.properties).toHaveProperty('event_type_path');
  expect(generic.secret.made_by).toBe('either');
});

test('whoever may only create sources sees the one it made, once', async () => {
  const { call } = await api.keyWith(['IntegrationCreator']);
  const made = await call('POST', '/sources', { body: { kind: 'generic', name: 'made by a creator' } });
  expect(made.status).toBe(201);
  expect((await call('GET', `/sources/${made.body.id}`)).status).toBe(403);
});
