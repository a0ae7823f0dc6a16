import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../engine/json.ts';
import { checkInvariants } from '../../invariants/check-invariants.ts';
import { setupApi, type TestApi } from '../api.testkit.ts';
import { publish, send, startJob } from '../samples.testkit.ts';

let api: TestApi;
let names = 0;
beforeAll(async () => {
  api = await setupApi();
});
afterAll(() => api.stop());

const FIRST: JsonObject = {
  id: 'order',
  context: { amount: 1 },
  initial: 'draft',
  states: {
    draft: { on: { SUBMIT: 'review' } },
    review: { after: { PT24H: 'done' }, on: { APPROVE: 'done' } },
    done: { type: 'final' },
  },
};
/** `review` is called `approval`, waits as long, and the context has a key more. */
const SECOND: JsonObject = {
  id: 'order',
  context: { amount: 1, priority: 'low' },
  initial: 'draft',
  states: {
    draft: { on: { SUBMIT: 'approval' } },
    approval: { after: { PT24H: 'done', PT1H: { actions: [] } }, on: { ACCEPT: 'done' } },
    done: { type: 'final' },
  },
};

/** A workflow with both versions, and a job in each state of the first. */
async function staged(second: JsonObject = SECOND) {
  const { call } = api.a;
  const name = `order-${++names}`;
  await publish(call, name, FIRST);
  const [draft, review] = [await startJob(call, name, { amount: 7 }), await startJob(call, name)];
  await send(call, review, 'SUBMIT');
  const saved = await call('POST', `/workflows/${name}/versions`, { body: { definition: second } });
  expect(saved.status).toBe(201);
  return { name, draft, review };
}

const migrate = (id: string, body: JsonObject) =>
  api.a.call('POST', `/jobs/${id}/migrate`, { body: { version: 2, ...body } });

test('a job goes on in another version where it stood, with its context and what is new in it', async () => {
  const { draft } = await staged();
  const moved = await migrate(draft, {});
  expect(moved.status).toBe(200);
  expect(moved.headers.get('etag')).toBe('"2"');
  expect(moved.body).toMatchObject({
    workflow_version: 2,
    current_state: 'draft',
    context: { amount: 7, priority: 'low' },
  });
  const sent = await send(api.a.call, draft, 'SUBMIT');
  expect(sent.body.job).toMatchObject({ current_state: 'approval', revision: 3 });
});

test('a state that is gone needs to be mapped; then its timer goes on as it was due', async () => {
  const { call } = api.a;
  const { review } = await staged();
  const before = await call('GET', `/jobs/${review}`);
  const refused = await migrate(review, {});
  expect([refused.status, refused.body.code]).toEqual([409, 'job_not_migratable']);
  expect(refused.body.problems).toMatchObject([{ pointer: '/state_map/review', code: 'state_gone' }]);
  expect((await call('GET', `/jobs/${review}`)).body).toEqual(before.body);

  expect((await migrate(review, { state_map: { review: 'approval' } })).status).toBe(200);
  const after = await call('GET', `/jobs/${review}`);
  expect(after.body).toMatchObject({ current_state: 'approval', revision: 3, next_events: ['ACCEPT'] });
  const [hour, day] = after.body.timers;
  expect(hour.event_type).toBe('xstate.after.3600000.order.approval');
  expect(day.event_type).toBe('xstate.after.86400000.order.approval');
  const [was] = before.body.timers;
  expect(Math.abs(Date.parse(day.due_at) - Date.parse(was.due_at))).toBeLessThan(1_000);
  const { body: log } = await call('GET', `/jobs/${review}/log`);
  expect(log.items.at(-1)).toMatchObject({
    kind: 'migrated',
    revision: 3,
    data: { from: 'review', to: 'approval', from_version: 1, version: 2, state_map: { review: 'approval' } },
  });
});

test('the impact says how many jobs stand where, and which states must be mapped', async () => {
  const { name } = await staged();
  await startJob(api.a.call, name);
  const { body } = await api.a.call('GET', `/workflows/${name}/impact?version=2`);
  expect(body).toMatchObject({
    version: 2,
    items: [
      { version: 1, current_state: 'draft', jobs: 2, to_state: 'draft', problems: [] },
      { version: 1, current_state: 'review', jobs: 1, to_state: null, problems: [{ code: 'state_gone' }] },
    ],
  });
});

test('all jobs of a version are moved page by page, after a dry run that changes nothing', async () => {
  const { call } = api.a;
  const { name, draft, review } = await staged();
  const run = (body: JsonObject, query = '') =>
    call('POST', `/workflows/${name}/migrate${query}`, { body: { from_version: 1, version: 2, ...body } });
  const dry = await run({ dry_run: true });
  expect(dry.body.items).toMatchObject([
    { id: draft, current_state: 'draft', to_state: 'draft', problems: [] },
    { id: review, current_state: 'review', to_state: null, problems: [{ pointer: '/state_map/review' }] },
  ]);
  const first = await run({ state_map: { review: 'approval' } }, '?limit=1');
  expect(first.body.items).toMatchObject([{ id: draft }]);
  const cursor = first.body.next_cursor;
  const rest = await run({ state_map: { review: 'approval' } }, `?limit=1&cursor=${cursor}`);
  expect(rest.body).toMatchObject({ items: [{ id: review, to_state: 'approval' }], next_cursor: null });
  expect((await run({})).body.items).toEqual([]);
});

test.each([
  ['a state that no version has', { state_map: { nowhere: 'draft' } }, 'unknown_state'],
  ['a state that is final', { state_map: { review: 'done' } }, 'state_final'],
])('refuses to map %s', async (_, body, code) => {
  const { review } = await staged();
  const answer = await migrate(review, body as JsonObject);
  expect(answer.status).toBe(409);
  expect(answer.body.problems.map((problem: JsonObject) => problem.code)).toContain(code);
});

test('a state that waits for an action is entered by events only', async () => {
  const connection = await api.a.call('POST', '/tenant/connections', {
    body: { provider: 'generic_rest', connection_name: 'c', credentials: { base_url: 'http://127.0.0.1:9' } },
  });
  const input = { connection_id: connection.body.id, path: '/x' };
  const { draft } = await staged({
    initial: 'draft',
    states: {
      draft: { invoke: { src: 'webhook', input, onDone: 'done', onError: 'done' } },
      done: { type: 'final' },
    },
  });
  const answer = await migrate(draft, {});
  expect(answer.body.problems).toMatchObject([{ code: 'waits_for_action' }]);
});

test('a job that has ended stays as it ended', async () => {
  const { review } = await staged();
  await send(api.a.call, review, 'APPROVE');
  expect((await migrate(review, {})).body.code).toBe('job_not_active');
});

test('the log of a moved job replays to what is stored', async () => {
  const { draft, review } = await staged();
  await migrate(draft, {});
  await migrate(review, { state_map: { review: 'approval' } });
  await send(api.a.call, review, 'ACCEPT');
  expect(await checkInvariants({ db: api.operator, tenants: [api.a.tenant] })).toEqual([]);
});
