import { afterAll, beforeAll, expect, test } from 'vitest';
import { countJobsPerState, type JobCountRow } from '../../db/statements/workflows.ts';
import { type Answer, setupApi, type TestApi } from '../api.testkit.ts';
import { counter, makeConnection, publish, startJob, webhook, workOrder } from '../samples.testkit.ts';

let api: TestApi;
let connection: string;
beforeAll(async () => {
  api = await setupApi();
  connection = await makeConnection(api.a.call);
});
afterAll(() => api.stop());

test('creates a workflow, and finds it by name and by id', async () => {
  const { call } = api.a;
  const made = await call('POST', '/workflows', { body: { name: 'Ordinary', description: 'An order.' } });
  expect(made.status).toBe(201);
  expect(made.headers.get('location')).toBe(`/api/v1/workflows/${made.body.id}`);
  expect(made.body).toMatchObject({
    name: 'Ordinary',
    published_version: null,
    latest_version: null,
    archived_at: null,
  });
  expect((await call('GET', '/workflows/Ordinary')).body).toEqual(made.body);
  expect((await call('GET', `/workflows/${made.body.id.toUpperCase()}`)).body).toEqual(made.body);
});

test('refuses a name that is taken, and one that looks like an id or a path', async () => {
  const { call } = api.a;
  await call('POST', '/workflows', { body: { name: 'once' } });
  const before = await api.countRows();
  const again = await call('POST', '/workflows', { body: { name: 'once', definition: counter } });
  expect([again.status, again.body.code]).toEqual([409, 'workflow_name_taken']);
  for (const name of ['019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f', 'a/b', ' a', '', 'x'.repeat(101)]) {
    const refused = await call('POST', '/workflows', { body: { name } });
    expect([refused.status, refused.body.code]).toEqual([422, 'invalid_request']);
    expect(refused.body.problems[0].pointer).toBe('/name');
  }
  expect(await api.countRows()).toEqual(before);
});

test('lists workflows newest first, page by page, each once', async () => {
  const { call } = api.b;
  for (const name of ['one', 'two', 'three']) await call('POST', '/workflows', { body: { name } });
  const names: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Answer = await call('GET', `/workflows?limit=2${cursor && `&cursor=${cursor}`}`);
    names.push(...page.body.items.map(({ name }: { name: string }) => name));
    cursor = page.body.next_cursor;
  }
  expect(names).toEqual(['three', 'two', 'one']);
  const tampered = await call('GET', '/workflows?cursor=bm90aGluZw');
  expect([tampered.status, tampered.body.code]).toEqual([422, 'invalid_cursor']);
});

test('reports every problem of a definition at once, and saves nothing', async () => {
  const { call } = api.a;
  await call('POST', '/workflows', { body: { name: 'wrong' } });
  const before = await api.countRows();
  const definition = {
    initial: 'nowhere',
    states: {
      a: {
        on: {
          GO: {
            target: 'b',
            guard: 'event.amount >',
            actions: [
              webhook('one', connection, { what: '<<nonsense.id>>' }),
              webhook('two', '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f', {}),
            ],
          },
        },
      },
    },
    colour: 'red',
  };
  const refused = await call('POST', '/workflows/wrong/versions', { body: { definition } });
  expect([refused.status, refused.body.code]).toEqual([422, 'definition_invalid']);
  const pointers = refused.body.problems
    .filter(({ severity }: { severity: string }) => severity === 'error')
    .map(({ pointer }: { pointer: string }) => pointer);
  expect(pointers).toEqual(
    expect.arrayContaining([
      '/initial',
      '/colour',
      '/states/a/on/GO/target',
      '/states/a/on/GO/guard',
      '/states/a/on/GO/actions/0/params/body/what',
      '/states/a/on/GO/actions/1/params/connection_id',
    ]),
  );
  expect(
    refused.body.problems.find(({ pointer }: { pointer: string }) => pointer.endsWith('/what')).message,
  ).toContain('nonsense');
  expect(await api.countRows()).toEqual(before);
  const validated = await call('POST', '/workflows/validate', { body: { definition } });
  expect(validated.body).toEqual({ valid: false, problems: refused.body.problems });
});

test('another tenant’s connection is as unknown to a definition as one that never was', async () => {
  const { body: foreign } = await api.b.call('POST', '/workflows/validate', {
    body: { definition: workOrder(connection) },
  });
  const never = '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f';
  const { body: unknown } = await api.b.call('POST', '/workflows/validate', {
    body: { definition: workOrder(never) },
  });
  expect(foreign.valid).toBe(false);
  expect(JSON.stringify(foreign).replaceAll(connection, never)).toBe(JSON.stringify(unknown));
});

test('refuses a version that is based on another than the latest, unless it says the same', async () => {
  const { call } = api.a;
  await call('POST', '/workflows', { body: { name: 'shared', definition: counter } });
  const save = (definition: object, based_on: number) =>
    call('POST', '/workflows/shared/versions', { body: { definition, based_on } as never });
  const mine = { ...counter, description: 'mine' };
  expect((await save(mine, 1)).status).toBe(201);
  const theirs = await save({ ...counter, description: 'theirs' }, 1);
  expect([theirs.status, theirs.body.code, theirs.body.latest]).toEqual([409, 'version_conflict', 2]);
  expect(theirs.body.detail).toBe(
    'Version 2 was saved after version 1, on which yours is based. Look at what it changed, then save yours with `based_on`: 2.',
  );
  expect((await save(mine, 1)).status).toBe(200);
});

test('numbers versions one after another, and gives the latest again when nothing changed', async () => {
  const { call } = api.a;
  const first = await call('POST', '/workflows', { body: { name: 'versions', definition: counter } });
  expect(first.body.latest_version).toBe(1);
  const same = await call('POST', '/workflows/versions/versions', { body: { definition: counter } });
  expect([same.status, same.body.version]).toEqual([200, 1]);
  const changed = { ...counter, description: 'counts' };
  const [one, two] = await Promise.all([
    call('POST', '/workflows/versions/versions', { body: { definition: changed } }),
    call('POST', '/workflows/versions/versions', { body: { definition: changed } }),
  ]);
  expect([one.status, two.status].sort()).toEqual([200, 201]);
  expect([one.body.version, two.body.version]).toEqual([2, 2]);
  const back = await call('POST', '/workflows/versions/versions', { body: { definition: counter } });
  expect([back.status, back.body.version]).toEqual([201, 3]);
  const listed = await call('GET', '/workflows/versions/versions?limit=2');
  expect(listed.body.items.map(({ version }: { version: number }) => version)).toEqual([3, 2]);
  const next = await call('GET', `/workflows/versions/versions?limit=2&cursor=${listed.body.next_cursor}`);
  expect(next.body.items.map(({ version }: { version: number }) => version)).toEqual([1]);
  expect((await call('GET', '/workflows/versions/versions/1')).body.checksum).toBe(back.body.checksum);
});

test('a definition comes back in the order it was written, and another order is another version', async () => {
  const { call } = api.a;
  const states = { zeta: { initial: 'b', states: { b: {}, a: {} } }, alpha: {}, mu: {} };
  const definition = { type: 'parallel', states };
  await call('POST', '/workflows', { body: { name: 'ordered', definition } });
  const saved = await call('GET', '/workflows/ordered/versions/1');
  expect(JSON.stringify(saved.body.definition)).toBe(JSON.stringify(definition));
  const { zeta, ...others } = states;
  const reordered = { type: 'parallel', states: { ...others, zeta } };
  const second = await call('POST', '/workflows/ordered/versions', { body: { definition: reordered } });
  expect([second.status, second.body.version]).toEqual([201, 2]);
});

test('what is no version of a workflow is not found', async () => {
  const { call } = api.a;
  await call('POST', '/workflows', { body: { name: 'empty' } });
  for (const version of ['1', '0', 'x', '1e9', '99999999999']) {
    const missing = await call('GET', `/workflows/empty/versions/${version}`);
    expect([missing.status, missing.body.code]).toEqual([404, 'workflow_version_not_found']);
  }
  expect((await call('POST', '/workflows/empty/publish', { body: { version: 1 } })).status).toBe(404);
  expect((await call('GET', `/workflows/${'x'.repeat(300)}`)).body.code).toBe('workflow_not_found');
});

test('a version that no database counts to is refused, wherever it is named', async () => {
  const { call } = api.a;
  const definition = { id: 'one', initial: 'a', states: { a: {} } };
  await call('POST', '/workflows', { body: { name: 'numbered', definition } });
  const version = 2 ** 31;
  const answers = [
    await call('POST', '/workflows/numbered/publish', { body: { version } }),
    await call('POST', '/workflows/numbered/simulate', { body: { version, event: { type: 'GO' } } }),
    await call('POST', '/workflows/numbered/migrate', { body: { from_version: version, version: 1 } }),
    await call('POST', '/jobs/0190c8a0-0000-7000-8000-000000000001/what-if', { body: { version } }),
    await call('GET', `/workflows/numbered/impact?version=${version}`),
  ];
  for (const { status, body } of answers) {
    expect([status, body.problems]).toEqual([
      422,
      [expect.objectContaining({ message: expect.stringContaining('999999999') })],
    ]);
  }
});

test('the layout of a version changes, its definition and number do not', async () => {
  const { call } = api.a;
  await call('POST', '/workflows', { body: { name: 'drawn', definition: counter } });
  const before = (await call('GET', '/workflows/drawn/versions/1')).body;
  const drawn = await call('PATCH', '/workflows/drawn/versions/1', {
    body: { layout: { counting: [1, 2] } },
  });
  expect(drawn.body).toEqual({ ...before, layout: { counting: [1, 2] } });
  expect((await call('GET', '/workflows/drawn/versions/1')).body).toEqual(drawn.body);
  const again = await call('POST', '/workflows/drawn/versions', {
    body: { definition: counter, layout: { counting: [3, 4] } },
  });
  expect([again.status, again.body.version, again.body.layout]).toEqual([200, 1, { counting: [3, 4] }]);
  expect((await call('GET', '/workflows/drawn/versions/1')).body.layout).toEqual({ counting: [3, 4] });
});

test('publishing checks the version again: a connection may have been disabled since', async () => {
  const { call } = api.a;
  const own = await makeConnection(call, 'to be disabled');
  await call('POST', '/workflows', { body: { name: 'guarded', definition: workOrder(own) } });
  await call('PATCH', `/tenant/connections/${own}`, { body: { enabled: false } });
  const before = await api.countRows();
  const refused = await call('POST', '/workflows/guarded/publish', { body: { version: 1 } });
  expect([refused.status, refused.body.code]).toEqual([422, 'definition_invalid']);
  expect(await api.countRows()).toEqual(before);
  expect((await call('GET', '/workflows/guarded')).body.published_version).toBeNull();
  await call('PATCH', `/tenant/connections/${own}`, { body: { enabled: true } });
  const published = await call('POST', '/workflows/guarded/publish', { body: { version: 1 } });
  expect([published.status, published.body.published_version]).toEqual([200, 1]);
});

test('an unpublished or archived workflow starts no job', async () => {
  const { call } = api.a;
  await call('POST', '/workflows', { body: { name: 'resting', definition: counter } });
  const before = await api.countRows();
  const early = await call('POST', '/jobs', { body: { workflow: 'resting' } });
  expect([early.status, early.body.code]).toEqual([409, 'workflow_not_published']);
  expect(await api.countRows()).toEqual(before);
  await call('POST', '/workflows/resting/publish', { body: { version: 1 } });
  await call('PATCH', '/workflows/resting', { body: { archived: true } });
  const late = await call('POST', '/jobs', { body: { workflow: 'resting' } });
  expect([late.status, late.body.code]).toEqual([409, 'workflow_archived']);
  const archived = await call('GET', '/workflows?archived=true');
  expect(archived.body.items.map(({ name }: { name: string }) => name)).toEqual(['resting']);
  await call('PATCH', '/workflows/resting', { body: { archived: false } });
  expect((await call('POST', '/jobs', { body: { workflow: 'resting' } })).status).toBe(201);
});

test('a workflow is deleted with its versions, unless it has jobs', async () => {
  const { call } = api.a;
  const id = await publish(call, 'short-lived', counter);
  expect((await call('DELETE', '/workflows/short-lived')).status).toBe(204);
  expect((await call('GET', `/workflows/${id}`)).status).toBe(404);
  await publish(call, 'short-lived', counter);
  await startJob(call, 'short-lived');
  const refused = await call('DELETE', '/workflows/short-lived');
  expect([refused.status, refused.body.code]).toEqual([409, 'workflow_has_jobs']);
  expect((await call('GET', '/workflows/short-lived/versions/1')).status).toBe(200);
});

test('counts jobs per version, status and state', async () => {
  const { call } = api.a;
  await publish(call, 'counted', counter);
  const [stopped] = [
    await startJob(call, 'counted'),
    await startJob(call, 'counted'),
    await startJob(call, 'counted'),
  ];
  await call('POST', `/jobs/${stopped}/events`, { body: { type: 'STOP' } });
  const counts = await call('GET', '/workflows/counted/jobs-per-state');
  expect(counts.body.items).toEqual([
    { version: 1, status: 'ACTIVE', current_state: 'counting', jobs: 2 },
    { version: 1, status: 'DONE', current_state: 'stopped', jobs: 1 },
  ]);
  expect(counts.body.more_of).toEqual([]);
});

test('counts the newest jobs of each status, and says of which there are more', async () => {
  const { call, tenant } = api.a;
  await publish(call, 'much-used', counter);
  const stopped = await startJob(call, 'much-used');
  await call('POST', `/jobs/${stopped}/events`, { body: { type: 'STOP' } });
  for (let started = 0; started < 3; started++) await startJob(call, 'much-used');
  const { body: workflow } = await call('GET', '/workflows/much-used');
  const counted = (look: number) =>
    api.db.once<JobCountRow[]>([tenant.id], (sql) =>
      countJobsPerState(sql, tenant.shard, { tenantId: tenant.id, workflowId: workflow.id, look }),
    );
  const active = { version: 1, status: 'ACTIVE', currentState: 'counting' };
  const done = { version: 1, status: 'DONE', currentState: 'stopped', jobs: 1 };
  const none = { version: null, currentState: null, jobs: null, more: false };
  const rest = ['CANCELLED', 'ERROR'].map((status) => ({ ...none, status }));
  expect(await counted(2)).toEqual(
    expect.arrayContaining([
      { ...active, jobs: 2, more: true },
      { ...none, status: 'DONE', more: true },
    ]),
  );
  expect(await counted(5)).toEqual(
    expect.arrayContaining([{ ...active, jobs: 3, more: false }, { ...done, more: false }, ...rest]),
  );
});

test('every change of a workflow is in the audit, with who made it', async () => {
  const { call, keyId } = api.a;
  const id = await publish(call, 'audited', counter);
  await call('PATCH', '/workflows/audited', { body: { description: 'new' } });
  const { body } = await call('GET', `/audit?subject_id=${id}`);
  const kinds = body.items.map(({ kind }: { kind: string }) => kind).sort();
  expect(kinds).toEqual([
    'workflow.created',
    'workflow.published',
    'workflow.updated',
    'workflow.version_created',
  ]);
  expect(new Set(body.items.map(({ actor }: { actor: string }) => actor))).toEqual(new Set([`key:${keyId}`]));
});

test('a Reader reads workflows and changes none', async () => {
  const { call } = await api.keyWith(['Reader']);
  expect((await call('GET', '/workflows')).status).toBe(200);
  const before = await api.countRows();
  const refused = await call('POST', '/workflows', { body: { name: 'mine' } });
  expect([refused.status, refused.body.permission]).toEqual([403, 'workflow.write']);
  expect(await api.countRows()).toEqual(before);
});
