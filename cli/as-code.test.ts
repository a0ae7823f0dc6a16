// Configuration as code against the API as it is, over a socket: what is planned, what is done, and what is refused.
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { setupApi, type TestApi, type TestTenant } from '../api/api.testkit.ts';
import { makeConnection } from '../api/samples.testkit.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import { runApply, runPlan } from './as-code/apply.ts';
import { readSourceFiles } from './as-code/files.ts';
import { type Client, createClient } from './client.ts';
import { pull } from './commands/pull.ts';
import { pawl } from './pawl.testkit.ts';

let api: TestApi;
let server: Server;
let url: string;
let folder: string;

beforeAll(async () => {
  api = await setupApi();
  server = serve({ fetch: api.app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), 'pawl-as-code-'));
  for (const { call, key } of [api.a, api.b]) {
    await makeConnection(call, 'orders');
    await call('POST', '/sources', { body: { kind: 'generic', name: 'shop events' } });
    await call('POST', '/endpoints', { body: { url: 'http://127.0.0.1:9/in', description: 'warehouse' } });
    await call('POST', '/api-keys', { body: { name: 'order service' } });
    expect(key).toMatch(/^pawl_/);
  }
});
afterAll(async () => {
  server.closeAllConnections();
  await rm(folder, { recursive: true });
  await api.stop();
});

interface Said {
  status: number;
  out: string;
  complaints: string;
}

interface Options {
  key?: string;
  prune?: boolean;
  confirm?: () => Promise<boolean>;
}

async function asCode(
  what: 'plan' | 'apply',
  documents: readonly Json[] | string,
  { key = api.a.key, prune = false, confirm }: Options = {},
): Promise<Said> {
  const text =
    typeof documents === 'string' ? documents : documents.map((one) => stringify(one)).join('---\n');
  const out: string[] = [];
  const complaints: string[] = [];
  const voice = { say: (line: string) => out.push(line), complain: (line: string) => complaints.push(line) };
  const client: Client = createClient({ url, apiKey: key });
  const common = { client, files: [{ path: 'pawl.yaml', text }], prune, json: false, voice };
  const status =
    what === 'plan'
      ? await runPlan({ ...common, detailedExitCode: true })
      : await runApply({ ...common, confirm: confirm ?? null });
  return { status, out: out.join('\n'), complaints: complaints.join('\n') };
}

const NOTHING = /^Nothing to do: \d+ objects? as declared\.$/m;

/** After it the tenant is as the documents say, and applying them again changes no row. */
async function settles(documents: readonly Json[] | string, of: TestTenant = api.a): Promise<void> {
  const key = of.key;
  expect(await asCode('apply', documents, { key })).toMatchObject({ status: 0, complaints: '' });
  const rows = await api.countRows();
  expect(await asCode('plan', documents, { key })).toEqual({
    status: 0,
    out: expect.stringMatching(NOTHING),
    complaints: '',
  });
  expect(await asCode('apply', documents, { key })).toMatchObject({
    status: 0,
    out: expect.stringMatching(NOTHING),
  });
  expect(await api.countRows()).toEqual(rows);
}

const machine = (path: string): JsonObject => ({
  initial: 'open',
  states: {
    open: {
      on: {
        SHIP: {
          target: 'shipped',
          actions: [{ action_type: 'WEBHOOK', name: 'ship', params: { connection: 'orders', path } }],
        },
      },
    },
    shipped: { type: 'final' },
  },
});

const workflow = (name: string, spec: JsonObject = {}): JsonObject => ({
  kind: 'Workflow',
  name,
  spec: { definition: machine('/ship'), ...spec },
});

const shop = (): JsonObject[] => [
  { kind: 'RoleAssignment', spec: { group: 'shipping', role: 'Reader' } },
  { kind: 'RoleAssignment', spec: { api_key: 'order service', role: 'Contributor', connection: 'orders' } },
  { kind: 'Group', name: 'shipping', spec: { members: [{ group: 'night shift' }, { subject: 'auth0|7' }] } },
  { kind: 'Group', name: 'night shift' },
  {
    kind: 'Subscription',
    name: 'tell the warehouse',
    spec: { scope: 'shop', trigger: { kind: 'job_done' }, endpoint: { name: 'warehouse' } },
  },
  {
    kind: 'Subscription',
    name: 'failures',
    spec: {
      trigger: { kind: 'action_failed' },
      action: {
        action_type: 'WEBHOOK',
        params: { connection: 'orders', path: '/failed', body: { job: '<<job.id>>' } },
      },
    },
  },
  {
    kind: 'Trigger',
    name: 'orders come in',
    spec: {
      source: 'shop events',
      event_types: ['order.*'],
      action: {
        type: 'start_job',
        workflow: 'order',
        key: 'string(event.number)',
        input: { from: '<<event.from>>' },
      },
    },
  },
  { kind: 'Supply', spec: { connection: 'orders', scope: 'shop/orders' } },
  { kind: 'Supply', spec: { connection: 'orders', everywhere: true } },
  workflow('order', { scope: 'shop/orders/intake', description: 'From cart to door' }),
  { kind: 'Scope', name: 'shop/orders/intake' },
];

describe('files in a tenant that has nothing of them', () => {
  test('are planned in the order in which things need each other, and a plan changes nothing', async () => {
    const rows = await api.countRows();
    const { status, out } = await asCode('plan', shop());
    expect(status).toBe(2);
    expect(out.split('\n').filter((line) => line.startsWith('+'))).toEqual([
      '+ Scope shop',
      '+ Scope shop/orders',
      '+ Scope shop/orders/intake',
      '+ Workflow order',
      '+ Supply orders → shop/orders',
      '+ Supply orders → everywhere',
      '+ Trigger shop events: orders come in',
      '+ Subscription tell the warehouse',
      '+ Subscription failures',
      '+ Group shipping',
      '+ Group night shift',
      '+ RoleAssignment group shipping: Reader',
      '+ RoleAssignment api_key order service: Contributor on orders',
    ]);
    expect(out).toContain('    definition: 2 states (open, shipped)');
    expect(out).toContain('13 to create, 0 to change, 0 to delete; 0 as declared.');
    expect(await api.countRows()).toEqual(rows);
  });

  test('are applied, published, and the second time there is nothing to do and nothing is written', async () => {
    await settles(shop());
    const { body: made } = await api.a.call('GET', '/workflows/order');
    expect(made).toMatchObject({ description: 'From cart to door', published_version: 1, latest_version: 1 });
    const { body: version } = await api.a.call('GET', '/workflows/order/versions/1');
    const [action] = version.definition.states.open.on.SHIP.actions;
    expect(action.params).toEqual({ connection_id: expect.stringMatching(/^[0-9a-f-]{36}$/), path: '/ship' });
  });

  test('say the same in another tenant, where names have other ids', async () => {
    await settles(shop(), api.b);
  });
});

describe('a difference', () => {
  test('of one thing is the only thing that is shown and done', async () => {
    const changed = shop().map((one) =>
      one.kind === 'Workflow'
        ? workflow('order', { ...(one.spec as JsonObject), definition: machine('/v2/ship') })
        : one,
    );
    const { out } = await asCode('plan', changed);
    expect(out.split('\n').slice(0, 3)).toEqual([
      '~ Workflow order',
      '    definition/states/open/on/SHIP/actions/0/params/path: "/ship" → "/v2/ship"',
      '',
    ]);
    await settles(changed);
    const { body } = await api.a.call('GET', '/workflows/order');
    expect(body).toMatchObject({ published_version: 2, latest_version: 2 });
  });

  test('of order alone is one in a definition, where order means something', async () => {
    const { states, ...rest } = machine('/ship');
    const { open, shipped } = states as { open: JsonObject; shipped: JsonObject };
    await settles([workflow('ordered')]);
    const reordered = [workflow('ordered', { definition: { ...rest, states: { shipped, open } } })];
    expect((await asCode('plan', reordered)).out).toContain('    definition: in another order');
    await settles(reordered);
  });

  test('of what a subscription waits for replaces it, also after a replacement that broke off', async () => {
    const waitingFor = (kind: string, rest: JsonObject = {}): JsonObject[] => [
      {
        kind: 'Subscription',
        name: 'watch',
        spec: {
          trigger: { kind, ...rest },
          endpoint: { name: 'http://127.0.0.1:9/in', body: { id: '<<job.id>>' } },
        },
      },
    ];
    await settles(waitingFor('job_started'));
    const { body: endpoints } = await api.a.call('GET', '/endpoints');
    await api.a.call('POST', '/subscriptions', {
      body: {
        name: 'watch (taking over)',
        trigger: { kind: 'job_done' },
        endpoint: { endpoint_id: endpoints.items[0].id },
      },
    });
    const next = waitingFor('state_entered', { state: 'open' });
    expect((await asCode('plan', next)).out).toMatch(/^± Subscription watch {2}\(made anew/);
    await settles(next);
    const { body } = await api.a.call('GET', '/subscriptions');
    const names = body.items.map(({ name }: { name: string }) => name);
    expect(names.filter((name: string) => name.startsWith('watch'))).toEqual(['watch']);
  });

  test('of members takes out of a group whoever is not in the file', async () => {
    await settles([{ kind: 'Group', name: 'shipping', spec: { members: [{ subject: 'auth0|8' }] } }]);
    const { body } = await api.a.call('GET', '/groups');
    const { id } = body.items.find(({ name }: { name: string }) => name === 'shipping');
    const { body: members } = await api.a.call('GET', `/groups/${id}/members`);
    expect(members.items).toMatchObject([{ member_type: 'user', member_id: 'auth0|8' }]);
  });

  test('leaves a draft of somebody else alone while the published version is as declared', async () => {
    await settles([workflow('drafted')]);
    const { body } = await api.a.call('GET', '/workflows/drafted/versions/1');
    const draft = { ...body.definition, description: 'somebody tries something' };
    await api.a.call('POST', '/workflows/drafted/versions', { body: { definition: draft } });
    await settles([workflow('drafted')]);
    expect((await api.a.call('GET', '/workflows/drafted')).body).toMatchObject({ latest_version: 2 });
  });
});

describe('deleting', () => {
  const gone: JsonObject[] = [
    { kind: 'Workflow', name: 'short-lived', absent: true },
    { kind: 'Scope', name: 'brief', absent: true },
    { kind: 'Supply', absent: true, spec: { connection: 'orders', scope: 'brief' } },
  ];

  test('happens to what a document says is absent, and only with --prune', async () => {
    await settles([
      workflow('short-lived'),
      { kind: 'Scope', name: 'brief' },
      { kind: 'Supply', spec: { connection: 'orders', scope: 'brief' } },
    ]);
    const rows = await api.countRows();
    const held = await asCode('apply', gone);
    expect(held).toMatchObject({
      status: 0,
      out: expect.stringContaining('(stays: deleting takes --prune)'),
    });
    expect(await api.countRows()).toEqual(rows);
    const { status, out } = await asCode('apply', gone, { prune: true });
    expect([status, out]).toEqual([0, expect.stringContaining('deleted Scope brief')]);
    expect((await api.a.call('GET', '/workflows/short-lived')).status).toBe(404);
    await settles(gone);
  });
});

describe('files that are wrong', () => {
  test('are told with every problem at once, each with its line, and nothing is done', async () => {
    const rows = await api.countRows();
    const broken = `
kind: Workflow
name: broken
spec:
  scope: shop/orders/intakes
  definition:
    initial: nowhere
    states:
      a:
        entry:
          action_type: WEBHOOK
          params: { connection: order, path: /x }
---
kind: Supplies
---
kind: Supply
spec: { connection: slak, scope: shop }
---
kind: Subscription
name: wrong
spec: { trigger: { kind: job_dome }, endpoint: { name: warehouse } }
---
kind: RoleAssignment
spec: { user: nobody@example.com, role: Reader }
---
kind: RoleAssignment
spec: { user: nobody@example.com, role: Emperor }
---
kind: Group
name: shipping
name: twice
---
kind: Trigger
name: t
spec: { source: shop events, event_types: [a], filter: "evnt.x ==", action: { type: start_job, workflow: odrer } }
`;
    const { status, out, complaints } = await asCode('apply', broken);
    expect([status, out]).toEqual([1, '']);
    const lines = complaints.split('\n');
    const said = [
      /^pawl\.yaml:5:3: \/spec\/scope: There is no scope "shop\/orders\/intakes"; the nearest name is "shop\/orders\/intake"\./,
      /^pawl\.yaml:7:5: \/spec\/definition\/initial: /,
      /^pawl\.yaml:12:21: \/spec\/definition\/states\/a\/entry\/params\/connection: There is no connection "order"; the nearest name is "orders"\./,
      /^pawl\.yaml:14:1: \/kind: .*one of Scope, Workflow/,
      /^pawl\.yaml:17:9: \/spec\/connection: There is no connection "slak"/,
      /^pawl\.yaml:21:20: \/spec\/trigger\/kind: /,
      /^pawl\.yaml:24:9: \/spec\/user: There is no member "nobody@example\.com".*Invite them first/,
      /^pawl\.yaml:27:\d+: \/spec\/role: .*must be a role in the organisation: Owner, /,
      /^pawl\.yaml:31:1: Map keys must be unique/,
      /^pawl\.yaml:35:\d+: \/spec\/filter: /,
      /^pawl\.yaml:35:\d+: \/spec\/action\/workflow: There is no workflow "odrer"; the nearest name is "order"/,
    ];
    for (const problem of said) expect(lines).toContainEqual(expect.stringMatching(problem));
    expect(lines.at(-1)).toBe(`${lines.length - 2} problems: there is no plan until they are mended.`);
    expect(await api.countRows()).toEqual(rows);
  });

  const id = '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f';
  const long = 'x'.repeat(201);
  const member = { member_type: 'user', member_id: 'a\u0007b' };
  const role = { principal_type: 'group', principal_id: 'a\u0007b', role: 'Reader' };
  test.each([
    ['a workflow of a long name', '/workflows', { name: 'x'.repeat(101) }, { kind: 'Workflow', spec: {} }],
    ['a workflow with a slash', '/workflows', { name: 'a/b' }, { kind: 'Workflow', spec: {} }],
    ['a workflow called like an id', '/workflows', { name: id }, { kind: 'Workflow', spec: {} }],
    ['a scope of a long name', '/scopes', { name: long, kind: 'stack' }, { kind: 'Scope' }],
    ['a group of a long name', '/groups', { name: long }, { kind: 'Group' }],
    ['text that cannot be stored', '/groups', { name: 'a\u0000b' }, { kind: 'Group' }],
    [
      'a member with a control character',
      `/groups/${id}/members`,
      member,
      { kind: 'Group', name: 'g', spec: { members: [{ subject: member.member_id }] } },
    ],
    [
      'a role of a control character',
      '/role-assignments',
      role,
      { kind: 'RoleAssignment', spec: { token_group: role.principal_id, role: role.role } },
    ],
  ])('%s is refused by the plan as the API refuses it', async (_, path, body, document) => {
    expect((await api.a.call('POST', path, { body })).status).toBe(422);
    const named = 'name' in body ? { ...document, name: body.name } : document;
    const { status, complaints } = await asCode('plan', JSON.stringify(named));
    expect([status, complaints]).toEqual([1, expect.stringContaining('1 problem')]);
  });

  test('say where else the same thing stands', async () => {
    const { complaints } = await asCode('plan', [
      { kind: 'Scope', name: 'a' },
      { kind: 'Scope', name: ['a'] },
    ]);
    expect(complaints).toContain('pawl.yaml:4:1: Scope "a" stands in pawl.yaml:1 already. Keep one of them.');
  });
});

describe('who may not', () => {
  test('is refused before anything is changed, and may still look', async () => {
    const { key } = await api.keyWith(['Reader']);
    const rows = await api.countRows();
    const wanted = [...shop(), { kind: 'Scope', name: 'reader' }];
    expect(await asCode('plan', wanted, { key })).toMatchObject({ status: 2, complaints: '' });
    await expect(asCode('apply', wanted, { key })).rejects.toMatchObject({
      code: 'plan_forbidden',
      message: expect.stringContaining('scope.write'),
    });
    expect(await api.countRows()).toEqual(rows);
  });

  test('learns what is done and what is not when it is refused on the way, and goes on from there', async () => {
    // A Contributor may do everything here but give roles in the organisation; on a connection it has one.
    const { key, id } = await api.keyWith(['Contributor']);
    const { body } = await api.a.call('GET', '/tenant/connections');
    const role = {
      principal_type: 'service',
      principal_id: id,
      role: 'Reader',
      connection_id: body.items[0].id,
    };
    await api.a.call('POST', '/role-assignments', { body: role });
    const wanted = [
      { kind: 'Scope', name: 'half' },
      { kind: 'RoleAssignment', spec: { subject: 'somebody', role: 'Reader' } },
    ];
    const { status, out, complaints } = await asCode('apply', wanted, { key });
    expect(status).toBe(1);
    expect(out).toContain('created Scope half');
    expect(complaints).toContain('RoleAssignment subject somebody: Reader: forbidden: ');
    expect(complaints).toContain('1 change done.\nnot done: RoleAssignment subject somebody: Reader');
    expect((await asCode('plan', wanted)).out).toContain(
      '1 to create, 0 to change, 0 to delete; 1 as declared.',
    );
    await settles(wanted);
  });
});

describe('being asked', () => {
  test('a no changes nothing, and a yes is to what was shown', async () => {
    const wanted = [{ kind: 'Scope', name: 'asked' }];
    const rows = await api.countRows();
    const no = await asCode('apply', wanted, { confirm: async () => false });
    expect([no.status, no.out]).toEqual([1, expect.stringContaining('Nothing was changed.')]);
    expect(await api.countRows()).toEqual(rows);
    const meanwhile = async () => {
      await api.a.call('POST', '/scopes', { body: { kind: 'stack', name: 'asked' } });
      return true;
    };
    await expect(asCode('apply', wanted, { confirm: meanwhile })).rejects.toMatchObject({
      code: 'plan_outdated',
    });
    const yes = await asCode('apply', [{ kind: 'Scope', name: 'asked/twice' }], {
      confirm: async () => true,
    });
    expect(yes).toMatchObject({ status: 0, out: expect.stringContaining('created Scope asked/twice') });
  });

  test('the command asks nobody where nobody sits, and says what it did as JSON', async () => {
    const file = join(folder, 'one.json');
    await writeFile(file, JSON.stringify([{ kind: 'Scope', name: 'from the command' }]));
    const env = { PAWL_URL: url, PAWL_API_KEY: api.a.key };
    const refused = await pawl(['apply', '-f', file], env);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('add --yes') });
    const { status, stdout } = await pawl(['apply', '-f', file, '--yes', '--json'], env);
    expect([status, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({
        done: [{ action: 'create', kind: 'Scope', name: 'from the command' }],
        failure: null,
      }),
    ]);
    const again = await pawl(['plan', '-f', folder, '--detailed-exitcode'], env);
    expect([again.status, again.stdout]).toEqual([0, 'Nothing to do: 1 object as declared.\n']);
  });
});

test('the example of the documentation is applied as it stands there', async () => {
  await makeConnection(api.a.call, 'warehouse');
  const page = await readFile(new URL('../docs/as-code.md', import.meta.url), 'utf8');
  const [, example = ''] = /^```yaml apply\n(.*?)^```$/ms.exec(page) ?? [];
  await settles(example);
  expect((await api.a.call('GET', '/workflows/order')).body.published_version).toBeGreaterThan(0);
});

describe('pulling', () => {
  test('writes files that change nothing where they come from, and no secret', async () => {
    await asCode('apply', shop());
    const to = join(folder, 'pulled');
    const said: string[] = [];
    const voice = { say: (line: string) => said.push(line), complain: (line: string) => said.push(line) };
    const client = createClient({ url, apiKey: api.a.key });
    await pull({ client, folder: to, force: false, voice });
    await expect(pull({ client, folder: to, force: false, voice })).rejects.toMatchObject({
      code: 'folder_not_empty',
    });
    const files = await readSourceFiles([to]);
    expect(files.map(({ path }) => path.slice(to.length + 1))).toContain('workflows/order.yaml');
    expect(await readFile(join(to, 'workflows/order.yaml'), 'utf8')).toContain('connection: orders');
    expect(files.map(({ text }) => text).join()).not.toMatch(/s3cret-canary|whsec_|pawl_/);
    const out: string[] = [];
    const spoken = { say: (line: string) => out.push(line), complain: (line: string) => out.push(line) };
    await runPlan({ client, files, prune: false, json: false, voice: spoken, detailedExitCode: true });
    expect(out).toEqual([expect.stringMatching(NOTHING)]);
  });
});

// Few names, so that one run finds what another left, and changes it.
const name = fc.constantFrom('one', 'two', 'three');
const path = fc.array(name, { minLength: 1, maxLength: 3 });
const json = fc.jsonValue({ maxDepth: 2 }).map((value): Json => JSON.parse(JSON.stringify(value)));
const configuration = fc.record({
  paths: fc.uniqueArray(path, { minLength: 1, maxLength: 3, selector: (one) => JSON.stringify(one) }),
  workflows: fc.uniqueArray(
    fc.record({
      name,
      description: fc.string({ maxLength: 20 }),
      publish: fc.boolean(),
      archived: fc.boolean(),
      meta: fc.dictionary(name, json),
    }),
    { maxLength: 3, selector: (one) => one.name },
  ),
  subscription: fc.record({
    trigger: fc.constantFrom<JsonObject>({ kind: 'job_done' }, { kind: 'state_entered', state: 'a' }),
    filter: fc.constantFrom(null, 'job.status == "DONE"', 'context.n > 3'),
    enabled: fc.boolean(),
  }),
  body: fc.option(fc.record({ id: fc.constant('<<job.id>>'), n: fc.integer() }), { nil: undefined }),
  members: fc.uniqueArray(name, { maxLength: 3 }),
});

type Configuration = typeof configuration extends fc.Arbitrary<infer T> ? T : never;

function documentsOf({ paths, workflows, subscription, body, members }: Configuration): Json[] {
  const module = paths.find((one) => one.length === 3) ?? null;
  const states = { a: { on: { GO: 'b' } }, b: { type: 'final' } };
  const endpoint = { name: 'warehouse', ...(body && { body }) };
  return [
    ...paths.map((name) => ({ kind: 'Scope', name })),
    ...workflows.map(({ name, meta, ...spec }) => ({
      kind: 'Workflow',
      name,
      spec: { ...spec, scope: module, definition: { initial: 'a', meta, states } },
    })),
    { kind: 'Subscription', name: 'generated', spec: { scope: paths[0] ?? null, ...subscription, endpoint } },
    { kind: 'Group', name: 'generated', spec: { members: members.map((subject) => ({ subject })) } },
  ];
}

test('whatever was declared and applied is then as declared', async () => {
  await fc.assert(
    fc.asyncProperty(configuration, (given) => settles(documentsOf(given))),
    { numRuns: 15 },
  );
});
