import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../engine/json.ts';
import { setupApi, type TestApi } from '../api.testkit.ts';
import { makeConnection, publish, send, startJob, workOrder } from '../samples.testkit.ts';

let api: TestApi;
let connection: string;
let job: string;
beforeAll(async () => {
  api = await setupApi();
  const { call } = api.a;
  connection = await makeConnection(call);
  await publish(call, 'work-order', workOrder(connection));
  job = await startJob(call, 'work-order', { amount: 1 });
  await send(call, job, 'SUBMIT', { amount: 12 });
  await send(call, job, 'REJECT');
});
afterAll(() => api.stop());

const ask = (body: JsonObject, id = job) => api.a.call('POST', `/jobs/${id}/what-if`, { body });

/** The machine of the job, with another state in the place of `review`. */
function withReview(review: JsonObject): JsonObject {
  const machine = workOrder(connection);
  return { ...machine, states: { ...(machine.states as JsonObject), review } };
}

test('in the version that it ran, a job would have been what it was', async () => {
  const { status, body } = await ask({ version: 1 });
  expect(status).toBe(200);
  expect(body).toMatchObject({ job_id: job, differs_from: null, truncated: false, left_out: [] });
  expect(body.steps.map(({ revision, event, was }: JsonObject) => [revision, event, was])).toMatchObject([
    [1, { type: 'xstate.init', payload: { amount: 1 } }, { current_state: 'draft', context: { amount: 1 } }],
    [2, { type: 'SUBMIT', payload: { amount: 12 } }, { current_state: 'review', context: { amount: 12 } }],
    [3, { type: 'REJECT' }, { current_state: 'done', status: 'DONE' }],
  ]);
});

test('requests are shown as they were and as they would have been, without secrets', async () => {
  const machine = workOrder(connection);
  const text = JSON.stringify(machine).replace('<<job.current_state>>', 'now <<job.current_state>>');
  const { body } = await ask({ definition: JSON.parse(text) });
  expect(body.differs_from).toBe(1);
  const [{ change, name, was, would }] = body.steps[1].requests;
  expect([change, name]).toEqual(['changed', 'notify']);
  expect([JSON.parse(was.request.body).state, JSON.parse(would.request.body).state]).toEqual([
    'review',
    'now review',
  ]);
  expect(would.request.headers.authorization).toBe('***');
  expect(JSON.stringify(body)).not.toContain('s3cret-canary');
});

test('what the other definition would have refused is told with what its guards said', async () => {
  const { body } = await ask({
    definition: withReview({ on: { REJECT: { target: 'done', guard: 'context.amount > 100' } } }),
  });
  expect(body.differs_from).toBe(2);
  expect(body.steps[2]).toMatchObject({
    same: false,
    would: {
      kind: 'refused',
      current_state: null,
      verdicts: [{ guard: 'context.amount > 100', verdict: 'false' }],
    },
  });
});

test('a definition with errors is refused, or tried without the parts that have them', async () => {
  const definition = withReview({ on: { REJECT: 'done', APPROVE: 'nowhere' } });
  const refused = await ask({ definition });
  expect([refused.status, refused.body.code]).toEqual([422, 'definition_invalid']);
  const tried = await ask({ definition, leave_out_errors: true });
  expect(tried.body).toMatchObject({ differs_from: null, left_out: ['/states/review/on/APPROVE'] });
});

test('nothing is written', async () => {
  const before = await api.countRows();
  await ask({ version: 1 });
  expect(await api.countRows()).toEqual(before);
});

test('a job whose log was dropped in part says so', async () => {
  const { call, tenant } = api.a;
  const old = await startJob(call, 'work-order');
  await send(call, old, 'SUBMIT', { amount: 2 });
  await api.asOwner(
    (sql) => sql`
      delete from event_log
      where shard = ${tenant.shard} and tenant_id = ${tenant.id} and subject_id = ${old} and seq = 1`,
  );
  const answer = await ask({ version: 1 }, old);
  expect([answer.status, answer.body.code]).toEqual([409, 'job_log_incomplete']);
});

test.each([
  ['neither', {}],
  ['both', { version: 1, definition: {} }],
])('refuses %s of definition and version', async (_, body) => {
  expect((await ask(body)).status).toBe(422);
});
