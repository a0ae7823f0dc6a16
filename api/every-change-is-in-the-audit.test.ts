// Every route that changes something, asked once by somebody at a known address: the log says who it was, and from where.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Caller, setupApi, type TestApi } from './api.testkit.ts';
import { BODIES, fillPath, makeThings, type Things } from './foreign-ids.testkit.ts';
import { type DescribedOperation, describeApi, operationsOf } from './openapi.ts';

const ADDRESS = '203.0.113.9';

/** They answer what would happen, and change nothing. */
const ONLY_ASKING = [
  'POST /workflows/validate',
  'POST /workflows/simulate',
  'POST /workflows/{workflow}/simulate',
  'POST /jobs/{id}/what-if',
  'POST /triggers/{id}/test',
  'POST /triggers/test',
  'POST /subscriptions/preview',
];
/** There is nothing for them to change here, as nothing failed: the tests of those routes look at the log. */
const AFTER_FAILURES: Readonly<Record<string, string>> = {
  'POST /actions/{id}/retry': 'status 409',
  'POST /actions/{id}/resend': 'status 409',
  'POST /deliveries/{id}/replay': 'status 409',
  'POST /deliveries/replay': 'nothing',
  'POST /tenant/connections/{id}/circuit/close': 'nothing',
  'POST /endpoints/{id}/circuit/close': 'nothing',
  'POST /tenant/connections/{id}/pause/lift': 'nothing',
  'POST /endpoints/{id}/pause/lift': 'nothing',
};
/** Before what is deleted last can be. */
const DELETED_FIRST = /members|subscriptions|supplies|triggers|previous-secret|gap-filler/;

interface Entry {
  id: string;
  kind: string;
  actor: string;
  address: string | null;
}

let api: TestApi;
let changing: DescribedOperation[];

beforeAll(async () => {
  api = await setupApi();
  const all = operationsOf(describeApi(api.app, 'x')).filter(({ path }) => path.startsWith('/api/v1/'));
  const late = ({ method, path }: DescribedOperation) => {
    if (method === 'delete') return DELETED_FIRST.test(path) ? 3 : path.includes('workflows') ? 4 : 5;
    return method === 'patch' ? 1 : /revoke|cancel/.test(path) ? 2 : 0;
  };
  changing = all.filter(({ method }) => method !== 'get').sort((a, b) => late(a) - late(b));
});
afterAll(() => api.stop());

const seen = new Set<string>();

/** Entries since the last look. */
async function newEntries(): Promise<Entry[]> {
  const rows = await api.asOwner(
    (sql) => sql<Entry[]>`
      select id, kind, actor, data ->> 'address' as address from event_log where tenant_id = ${api.a.tenant.id}`,
  );
  const fresh = rows.filter(({ id }) => !seen.has(id));
  for (const { id } of fresh) seen.add(id);
  return fresh;
}

/** As the owner, over a socket whose other end is known. */
const fromSomewhere: Caller = async (method, path, { body, headers } = {}) => {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await api.app.request(
    `/api/v1${path}`,
    {
      method,
      headers: {
        authorization: `Bearer ${api.a.key}`,
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(text)),
        }),
        ...headers,
      },
      ...(text !== undefined && { body: text }),
    },
    { incoming: { socket: { remoteAddress: ADDRESS } } },
  );
  const answer = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: answer === '' ? null : JSON.parse(answer),
  };
};

test('who changes something, and from which address, is in the audit', async () => {
  const told: Record<string, string> = {};
  const look = async (name: string, status: number) => {
    const entries = await newEntries();
    const by = entries.filter(({ actor }) => actor === `key:${api.a.keyId}`);
    const addressed = by.length > 0 && by.every(({ address }) => address === ADDRESS);
    const all = addressed ? 'who and where' : by.length > 0 ? 'who' : 'nothing';
    told[name] = status < 300 ? all : `status ${status}`;
  };
  const call: Caller = async (method, path, options) => {
    const answer = await fromSomewhere(method, path, options);
    const route = changing.find((one) => one.method === method.toLowerCase() && fits(one, path));
    if (route) await look(nameOf(route), answer.status);
    return answer as never;
  };
  await newEntries();
  const things: Things = await makeThings({ ...api.a, call }, 'one of each');
  // So that jobs have another version to move to.
  const { workflow } = things;
  const first = await call('GET', `/workflows/${workflow}/versions/1`);
  const { definition } = first.body;
  await call('POST', `/workflows/${workflow}/versions`, {
    body: { definition: { ...definition, description: 'again' } },
  });
  await call('POST', `/workflows/${workflow}/migrate`, { body: { from_version: 1, version: 2 } });
  const other = await call('POST', '/jobs', { body: { workflow, key: 'to be moved' } });
  await call('POST', `/jobs/${other.body.job.id}/migrate`, { body: { version: 2 } });
  // What ran, and what it ran through, is kept: these two never did.
  const unused = await call('POST', '/workflows', { body: { name: 'never ran' } });
  const spare = {
    provider: 'generic_rest',
    connection_name: 'spare',
    credentials: { base_url: 'http://127.0.0.1:9' },
  };
  const unusedConnection = await call('POST', '/tenant/connections', { body: spare });
  const toDelete = { ...things, workflow: unused.body.id, connection: unusedConnection.body.id };
  for (const route of changing) {
    const name = nameOf(route);
    if (told[name] !== undefined) continue;
    const path = fillPath(route.path, route.method === 'delete' ? toDelete : things).replace('/api/v1', '');
    const body = BODIES[`${route.method.toUpperCase()} ${route.path}`];
    const sends = route.method !== 'delete' && (body !== undefined || !route.path.includes('{'));
    const { status } = await fromSomewhere(
      route.method.toUpperCase(),
      path,
      sends ? { body: body ?? {} } : {},
    );
    await look(name, status);
  }
  const expected = Object.fromEntries(
    changing.map((route) => {
      const name = nameOf(route);
      if (ONLY_ASKING.includes(name)) return [name, expect.stringMatching(/^(nothing|status 4)/)];
      return [name, AFTER_FAILURES[name] ?? 'who and where'];
    }),
  );
  expect(told).toEqual(expected);
});

const fits = ({ path: template }: DescribedOperation, path: string) =>
  new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(`/api/v1${path}`);

const nameOf = ({ method, path }: DescribedOperation) =>
  `${method.toUpperCase()} ${path.replace('/api/v1', '')}`;
