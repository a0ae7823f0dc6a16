import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../engine/json.ts';
import { type Caller, setupApi, type TestApi } from '../api.testkit.ts';
import type { OrganisationRole } from '../auth/principal.ts';
import { makeConnection } from '../samples.testkit.ts';

let api: TestApi;

beforeAll(async () => {
  api = await setupApi();
});
afterAll(() => api.stop());

const ask = (method: string, path: string, body?: Json) =>
  api.a.call(method, path, body === undefined ? {} : { body });
async function made(path: string, body: JsonObject): Promise<string> {
  const answer = await ask('POST', path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.id;
}
const scope = (kind: string, name: string, parent: string | null = null) =>
  made('/scopes', { kind, name, parent_id: parent });

describe('scopes', () => {
  test('are a tree: stacks hold namespaces, namespaces hold modules', async () => {
    const stack = await scope('stack', 'shop');
    const namespace = await scope('namespace', 'eu', stack);
    await scope('module', 'cart', namespace);
    await scope('module', 'auth', namespace);
    const { body } = await ask('GET', '/scopes');
    expect(body.items).toMatchObject([
      {
        name: 'shop',
        children: [{ name: 'eu', children: [{ name: 'auth', children: [] }, { name: 'cart' }] }],
      },
    ]);
    for (const [kind, parent] of [
      ['namespace', null],
      ['module', stack],
      ['stack', stack],
      ['namespace', namespace],
    ] as const) {
      const { status, body } = await ask('POST', '/scopes', { kind, name: 'x', parent_id: parent });
      expect([status, body.code, body.problems[0].pointer]).toEqual([422, 'scope_kind_wrong', '/parent_id']);
    }
    const unknown = await ask('POST', '/scopes', { kind: 'namespace', name: 'x', parent_id: v7() });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'scope_not_found']);
  });

  test('have a name of their own in their place, stacks in the organisation too', async () => {
    const [one, other] = [await scope('stack', 'one'), await scope('stack', 'other')];
    await scope('namespace', 'same', one);
    const moved = await scope('namespace', 'same', other);
    const taken = [
      await ask('POST', '/scopes', { kind: 'stack', name: 'one' }),
      await ask('PATCH', `/scopes/${other}`, { name: 'one' }),
      await ask('PATCH', `/scopes/${moved}`, { parent_id: one }),
    ];
    expect(taken.map(({ status, body }) => [status, body.code])).toEqual(
      taken.map(() => [409, 'scope_name_taken']),
    );
    const renamed = await ask('PATCH', `/scopes/${moved}`, { parent_id: one, name: 'another' });
    expect(renamed.body).toMatchObject({ parent_id: one, name: 'another' });
  });

  test('are deleted when nothing stands in them', async () => {
    const stack = await scope('stack', 'leaving');
    const namespace = await scope('namespace', 'n', stack);
    const module = await scope('module', 'm', namespace);
    const connection = await makeConnection(api.a.call, 'leaving');
    const refused = async (id: string) => {
      const { status, body } = await ask('DELETE', `/scopes/${id}`);
      return [status, body.code];
    };
    expect(await refused(stack)).toEqual([409, 'scope_not_empty']);
    const supply = await made('/supplies', { connection_id: connection, scope_id: module });
    expect(await refused(module)).toEqual([409, 'scope_not_empty']);
    await ask('DELETE', `/supplies/${supply}`);
    const workflow = await made('/workflows', { name: 'leaving', scope_id: module });
    expect(await refused(module)).toEqual([409, 'scope_not_empty']);
    await ask('PATCH', `/workflows/${workflow}`, { scope_id: null });
    for (const id of [module, namespace, stack])
      expect((await ask('DELETE', `/scopes/${id}`)).status).toBe(204);
  });

  test('take workflows in modules only', async () => {
    const stack = await scope('stack', 'with workflows');
    const refused = await ask('POST', '/workflows', { name: 'misplaced', scope_id: stack });
    expect([refused.status, refused.body.code]).toEqual([422, 'scope_kind_wrong']);
    const module = await scope('module', 'm', await scope('namespace', 'n', stack));
    const id = await made('/workflows', { name: 'placed', scope_id: module });
    expect((await ask('GET', `/workflows/${id}`)).body.scope_id).toBe(module);
    const gone = await ask('PATCH', `/workflows/${id}`, { scope_id: v7() });
    expect([gone.status, gone.body.code]).toEqual([404, 'scope_not_found']);
  });
});

describe('supplies', () => {
  test('are made once, listed by connection and scope, and logged', async () => {
    const connection = await makeConnection(api.a.call, 'supplied');
    const stack = await scope('stack', 'supplied');
    const id = await made('/supplies', { connection_id: connection, scope_id: stack });
    const again = await ask('POST', '/supplies', { connection_id: connection, scope_id: stack });
    expect([again.status, again.body.id]).toEqual([200, id]);
    const { body } = await ask('GET', `/supplies?connection=${connection}&scope=${stack}`);
    expect(body.items).toMatchObject([{ id, created_by: `key:${api.a.keyId}` }]);
    expect((await ask('DELETE', `/supplies/${id}`)).status).toBe(204);
    const log = await ask('GET', `/audit?subject_id=${connection}`);
    const kinds = log.body.items.map(({ kind }: { kind: string }) => kind);
    expect(kinds).toEqual(['connection.supply_ended', 'connection.supplied', 'connection.created']);
  });

  test('the organisation-wide one is a flag of the connection', async () => {
    const id = await makeConnection(api.a.call, 'everywhere');
    expect((await ask('GET', `/tenant/connections/${id}`)).body.supplied_to_all).toBe(false);
    const { body } = await ask('PATCH', `/tenant/connections/${id}`, { supplied_to_all: true });
    expect(body.supplied_to_all).toBe(true);
  });

  test('go with their connection', async () => {
    const connection = await makeConnection(api.a.call, 'going');
    const stack = await scope('stack', 'staying');
    await made('/supplies', { connection_id: connection, scope_id: stack });
    await ask('DELETE', `/tenant/connections/${connection}`);
    expect((await ask('GET', `/supplies?scope=${stack}`)).body.items).toEqual([]);
  });
});

describe('whoever holds a role on one connection', () => {
  let mine: string;
  let other: string;
  let stack: string;

  beforeAll(async () => {
    mine = await makeConnection(api.a.call, 'mine');
    other = await makeConnection(api.a.call, 'theirs');
    stack = await scope('stack', 'for mine');
    await made('/supplies', { connection_id: other, scope_id: stack });
  });

  async function contributorOn(connection: string, roles: readonly OrganisationRole[] = []): Promise<Caller> {
    const { id, call } = await api.keyWith(roles);
    const of = { principal_type: 'service', principal_id: id, role: 'Contributor' };
    await made('/role-assignments', { ...of, connection_id: connection });
    return call;
  }
  const supply = (call: Caller, connection: string) =>
    call('POST', '/supplies', { body: { connection_id: connection, scope_id: stack } });
  const subscribe = (call: Caller, connection: string) =>
    call('POST', '/subscriptions', {
      body: {
        name: `to ${connection}`,
        trigger: { kind: 'job_done' },
        action: { action_type: 'WEBHOOK', params: { connection_id: connection, path: '/x' } },
      },
    });

  test('supplies that connection, and sees of the others nothing', async () => {
    const call = await contributorOn(mine);
    expect((await supply(call, mine)).status).toBe(201);
    expect((await supply(call, other)).status).toBe(403);
    const seen = await call('GET', '/supplies');
    expect(seen.body.items.map(({ connection_id: of }: { connection_id: string }) => of)).toEqual([mine]);
    const theirs = (await ask('GET', `/supplies?connection=${other}`)).body.items[0].id;
    expect((await call('DELETE', `/supplies/${theirs}`)).status).toBe(404);
    expect((await call('POST', '/endpoints', { body: { url: 'http://127.0.0.1:9/x' } })).status).toBe(403);
    expect((await call('GET', '/deliveries')).body.items).toEqual([]);
  });

  test('subscribes it when reading jobs is allowed too: a connection of one’s own is no way to them', async () => {
    const call = await contributorOn(mine);
    const refused = await subscribe(call, mine);
    expect([refused.status, refused.body.permission]).toEqual([403, 'job.read']);
    const reader = await contributorOn(mine, ['Reader']);
    expect((await subscribe(reader, mine)).status).toBe(201);
    const elsewhere = await subscribe(reader, other);
    expect([elsewhere.status, elsewhere.body.permission]).toEqual([403, 'subscription.write']);
    expect((await call('GET', '/subscriptions')).body.items).toHaveLength(1);
  });
});
