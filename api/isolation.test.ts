import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, setupApi, type TestApi } from './api.testkit.ts';
import {
  BODIES,
  FOREIGN_BODIES,
  FOREIGN_QUERIES,
  fillPath,
  makeThings,
  NAMES_NOTHING,
  OF_NOBODY,
  strangers,
  type Things,
} from './foreign-ids.testkit.ts';
import { type DescribedOperation, describeApi, operationsOf } from './openapi.ts';

let api: TestApi;
let routes: DescribedOperation[];
let mine: Things;
let foreign: Things;

beforeAll(async () => {
  api = await setupApi();
  mine = await makeThings(api.a, 'my own');
  foreign = await makeThings(api.b, 'somebody else');
  routes = operationsOf(describeApi(api.app, 'x')).filter(({ path }) => path.startsWith('/api/v1/'));
});
afterAll(() => api.stop());

const nameOf = ({ method, path }: DescribedOperation) => `${method.toUpperCase()} ${path}`;

/** Every id of `things`, and the names nobody else knows. */
const marksOf = (things: Things): string[] => Object.values(things);

/** All rows of a tenant, to see whether any has changed. */
async function rowsOf(tenantId: string): Promise<string> {
  const tables = await api.operator.sql`
    select c.relname from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname`;
  const dumps: string[] = [];
  for (const { relname } of tables) {
    const rows = await api.operator.sql`
      select t::text as text from ${api.operator.sql(relname)} t where tenant_id = ${tenantId} order by 1`;
    dumps.push(relname, ...rows.map(({ text }) => text));
  }
  return dumps.join('\n');
}

describe('with a key of one tenant and the ids of another', () => {
  test('every route with an id in its path answers 404, exactly as for an id that never was', async () => {
    const before = await rowsOf(api.b.tenant.id);
    const withId = routes.filter(
      ({ path }) => path.includes('{') && !OF_NOBODY.some((shape) => shape.test(path)),
    );
    expect(withId.length).toBeGreaterThan(15);
    for (const route of withId) {
      const needsBody =
        (route.operation.requestBody as { required?: boolean } | undefined)?.required === true;
      const body = BODIES[nameOf(route)];
      if (needsBody && body === undefined) {
        throw new Error(`${nameOf(route)}: give it a body in foreign-ids.testkit.ts`);
      }
      const ask = (path: string): Promise<Answer> =>
        api.a.call(route.method.toUpperCase(), path, body === undefined ? {} : { body });
      const theirs = await ask(fillPath(route.path, foreign));
      expect(theirs.status, nameOf(route)).toBe(404);
      const nobodys = await ask(fillPath(route.path, { ...foreign, ...strangers() }));
      const { request_id: _, ...told } = theirs.body;
      const { request_id: __, ...toldOfNobody } = nobodys.body;
      expect(anonymous(told), nameOf(route)).toEqual(anonymous(toldOfNobody));
    }
    expect(await rowsOf(api.b.tenant.id)).toBe(before);
  });

  test('every such route does answer its owner, so the 404 means something', async () => {
    for (const route of routes.filter(({ method, path }) => method === 'get' && path.includes('{'))) {
      if (route.path.endsWith('/stream')) continue;
      const { status } = await api.b.call('GET', fillPath(route.path, foreign));
      expect(status, nameOf(route)).toBe(200);
    }
  });

  test("one's own thing beside another's is not found either", async () => {
    const path = `/tenant/connections/${mine.connection}/tests/${foreign.connectionTest}`;
    expect((await api.a.call('GET', path)).status).toBe(404);
  });

  test('every list shows what is mine and nothing of theirs', async () => {
    const lists = routes.filter(({ method, path }) => method === 'get' && !path.includes('{'));
    const texts: string[] = [];
    for (const route of lists) {
      const { status, body } = await api.a.call('GET', route.path);
      expect(status, nameOf(route)).toBe(200);
      const text = JSON.stringify(body);
      for (const mark of marksOf(foreign)) expect(text, nameOf(route)).not.toContain(mark);
      texts.push(text);
    }
    const all = texts.join('\n');
    for (const mark of [
      mine.connection,
      mine.apiKey,
      mine.group,
      mine.invitation,
      mine.member,
      mine.roleAssignment,
      mine.workflow,
      mine.job,
      mine.actionRun,
      mine.source,
      mine.inboundEvent,
      mine.trigger,
      mine.scope,
      mine.supply,
      mine.endpoint,
      mine.subscription,
      mine.delivery,
    ]) {
      expect(all).toContain(mark);
    }
  });

  test('lists that are asked for them are empty', async () => {
    for (const query of FOREIGN_QUERIES) {
      const { status, body } = await api.a.call('GET', query(foreign));
      if (status === 404) continue;
      expect([status, body.items], query(foreign)).toEqual([200, []]);
    }
  });

  test('bodies that name them are refused, and nothing is written for either tenant', async () => {
    const before = [await rowsOf(api.a.tenant.id), await rowsOf(api.b.tenant.id)];
    for (const { route, body, status, code } of FOREIGN_BODIES) {
      const [method = '', path = ''] = route.split(' ');
      const answer = await api.a.call(method, path, { body: body(foreign) });
      expect([answer.status, answer.body.code], route).toEqual([status, code]);
    }
    expect([await rowsOf(api.a.tenant.id), await rowsOf(api.b.tenant.id)]).toEqual(before);
  });

  test('every route that takes a body without an id in its path is among those tried', () => {
    const tried = new Set([...FOREIGN_BODIES.map(({ route }) => route), ...NAMES_NOTHING]);
    const open = routes.filter(({ path, method }) => method !== 'get' && !path.includes('{')).map(nameOf);
    expect(open.filter((name) => !tried.has(name))).toEqual([]);
    expect([...tried].filter((name) => !open.includes(name))).toEqual([]);
  });
});

test('whoever owns the things is not refused for the same bodies', async () => {
  for (const { route, body, code } of FOREIGN_BODIES) {
    const [method = '', path = ''] = route.split(' ');
    const answer = await api.b.call(method, path, { body: body(foreign) });
    expect(answer.body.code, route).not.toBe(code);
  }
});

/** Ids apart, which a sentence may repeat from the request. */
function anonymous(told: object): unknown {
  return JSON.parse(JSON.stringify(told).replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id'));
}
