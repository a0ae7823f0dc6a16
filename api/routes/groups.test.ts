import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Caller, setupApi, type TestApi } from '../api.testkit.ts';
import { join } from '../browser.testkit.ts';

let api: TestApi;
beforeAll(async () => {
  api = await setupApi();
});
afterAll(() => api.stop());

let names = 0;

async function newGroup(call: Caller = api.a.call): Promise<string> {
  const { status, body } = await call('POST', '/groups', { body: { name: `group ${++names}` } });
  expect(status).toBe(201);
  return body.id;
}

const put = (group: string, type: 'user' | 'group', id: string) =>
  api.a.call('POST', `/groups/${group}/members`, { body: { member_type: type, member_id: id } });

const give = (group: string, role: string, connection_id: string | null = null) =>
  api.a.call('POST', '/role-assignments', {
    body: { principal_type: 'group', principal_id: group, role, connection_id },
  });

/** A member of the tenant without roles. */
async function member() {
  const browser = api.visitor();
  const email = `member${++names}@example.com`;
  const { body } = await api.a.call('POST', '/invitations', { body: { email } });
  const id = await join(browser, email, body.token);
  const roles = async () => (await browser.call('GET', '/me')).body.roles.sort();
  return { browser, id, roles };
}

test('a group is made, listed, renamed and removed, and the audit has it all', async () => {
  const id = await newGroup();
  const { body } = await api.a.call('GET', `/groups/${id}`);
  expect((await api.a.call('GET', '/groups')).body.items).toContainEqual(body);
  const renamed = await api.a.call('PATCH', `/groups/${id}`, { body: { name: 'on-call' } });
  expect(renamed.body).toEqual({ ...body, name: 'on-call' });
  const same = await api.a.call('PATCH', `/groups/${id}`, { body: { name: 'on-call' } });
  expect(same.status).toBe(200);
  const other = await newGroup();
  for (const taken of [
    await api.a.call('POST', '/groups', { body: { name: 'on-call' } }),
    await api.a.call('PATCH', `/groups/${other}`, { body: { name: 'on-call' } }),
  ]) {
    expect([taken.status, taken.body.code]).toEqual([409, 'group_name_taken']);
  }
  expect((await api.a.call('DELETE', `/groups/${id}`)).status).toBe(204);
  expect((await api.a.call('GET', `/groups/${id}`)).status).toBe(404);
  const log = await api.a.call('GET', `/audit?subject_id=${id}`);
  expect(log.body.items.map(({ kind }: { kind: string }) => kind)).toEqual([
    'group.deleted',
    'group.renamed',
    'group.renamed',
    'group.created',
  ]);
});

describe('the roles of a group', () => {
  test('reach its members through groups in groups, from that moment until they are out', async () => {
    const ada = await member();
    const [inner, middle, outer] = [await newGroup(), await newGroup(), await newGroup()];
    await give(outer, 'Reader');
    await give(inner, 'IntegrationCreator');
    expect(await ada.roles()).toEqual([]);
    await put(middle, 'group', inner);
    const placed = await put(outer, 'group', middle);
    expect(placed.status).toBe(201);
    await put(inner, 'user', ada.id);
    expect(await ada.roles()).toEqual(['IntegrationCreator', 'Reader']);
    expect((await ada.browser.call('GET', '/jobs')).status).toBe(200);
    expect((await api.a.call('DELETE', `/groups/${outer}/members/${placed.body.id}`)).status).toBe(204);
    expect(await ada.roles()).toEqual(['IntegrationCreator']);
    expect((await ada.browser.call('GET', '/jobs')).status).toBe(403);
    expect((await api.a.call('DELETE', `/groups/${inner}`)).status).toBe(204);
    expect(await ada.roles()).toEqual([]);
  });

  test('go with the group', async () => {
    const ada = await member();
    const group = await newGroup();
    await put(group, 'user', ada.id);
    await give(group, 'Reader');
    expect(await ada.roles()).toEqual(['Reader']);
    await api.a.call('DELETE', `/groups/${group}`);
    expect(await ada.roles()).toEqual([]);
    const { body } = await api.a.call('GET', `/role-assignments?principal_id=${group}`);
    expect(body.items).toEqual([]);
  });

  test('on a connection hold there', async () => {
    const ada = await member();
    const { body: connection } = await api.a.call('POST', '/tenant/connections', {
      body: {
        provider: 'generic_rest',
        connection_name: `c${++names}`,
        credentials: { base_url: 'http://127.0.0.1' },
      },
    });
    const group = await newGroup();
    await put(group, 'user', ada.id);
    await give(group, 'Reader', connection.id);
    expect((await ada.browser.call('GET', `/tenant/connections/${connection.id}`)).status).toBe(200);
  });
});

describe('somebody in a group', () => {
  test('is there once, however often they are put there', async () => {
    const group = await newGroup();
    const first = await put(group, 'user', 'ada');
    const before = await api.countRows();
    const again = await put(group, 'user', 'ada');
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    expect(await api.countRows()).toEqual(before);
    expect((await api.a.call('GET', `/groups/${group}/members`)).body.items).toEqual([first.body]);
  });

  test('is no group of another tenant, and none that is not there', async () => {
    const group = await newGroup();
    const before = await api.countRows();
    const foreign = await newGroup(api.b.call);
    for (const id of [foreign, '019a5c3e-0000-7000-8000-000000000001', 'x']) {
      expect(await put(group, 'group', id)).toMatchObject({ status: 404, body: { code: 'group_not_found' } });
    }
    expect(await api.countRows()).toEqual({
      ...before,
      groups: (before.groups ?? 0) + 1,
      event_log: (before.event_log ?? 0) + 1,
    });
  });
});

describe('groups', () => {
  test('are never in themselves, whatever is put where', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 1, maxLength: 12 }),
        async (pairs) => {
          const groups = await Promise.all(Array.from({ length: 5 }, () => newGroup()));
          const inside = new Set<string>();
          const reaches = (from: number, to: number): boolean =>
            from === to || groups.some((_, next) => inside.has(`${from}>${next}`) && reaches(next, to));
          for (const [outer, inner] of pairs) {
            const { status } = await put(groups[outer] ?? '', 'group', groups[inner] ?? '');
            // Refused exactly where the outer one is already somewhere in the inner one.
            const cycle = reaches(inner, outer);
            expect(status).toBe(cycle ? 409 : inside.has(`${outer}>${inner}`) ? 200 : 201);
            if (!cycle) inside.add(`${outer}>${inner}`);
          }
        },
      ),
      { numRuns: 10 },
    );
  });

  test('that are put into each other at once end up in one of the two ways', async () => {
    const [one, two] = [await newGroup(), await newGroup()];
    const answers = await Promise.all([put(one, 'group', two), put(two, 'group', one)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });
});
