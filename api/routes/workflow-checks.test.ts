import { afterAll, beforeAll, expect, test } from 'vitest';
import { setupApi, type TestApi } from '../api.testkit.ts';
import { counter, makeConnection, publish, workOrder } from '../samples.testkit.ts';

let api: TestApi;
let connection: string;
beforeAll(async () => {
  api = await setupApi();
  connection = await makeConnection(api.a.call);
  await publish(api.a.call, 'work-order', workOrder(connection));
});
afterAll(() => api.stop());

test('a definition without errors is valid', async () => {
  const { status, body } = await api.a.call('POST', '/workflows/validate', {
    body: { definition: workOrder(connection) },
  });
  expect([status, body.valid]).toEqual([200, true]);
});

test('anything at all can be validated', async () => {
  for (const definition of [null, 7, 'x', [], {}, { states: { constructor: {} } }]) {
    const { status, body } = await api.a.call('POST', '/workflows/validate', { body: { definition } });
    expect([status, body.valid, body.problems.length > 0]).toEqual([200, false, true]);
  }
  expect((await api.a.call('POST', '/workflows/validate', { body: {} })).status).toBe(422);
});

test('shows where an event would lead and the request it would send, secrets masked, and writes nothing', async () => {
  const before = await api.countRows();
  const { status, body } = await api.a.call('POST', '/workflows/work-order/simulate', {
    body: { state: 'draft', event: { type: 'SUBMIT', payload: { amount: 12 } } },
  });
  expect(status).toBe(200);
  expect(body.decision).toMatchObject({
    kind: 'taken',
    from: 'draft',
    current_state: 'review',
    context: { amount: 12 },
    timers: { set: [{ delay_ms: 86_400_000 }] },
  });
  expect(body.actions).toHaveLength(1);
  expect(body.actions[0]).toMatchObject({
    name: 'notify',
    when: 'true',
    problems: [],
    request: { method: 'POST', url: 'http://127.0.0.1:9/base/hooks' },
  });
  expect(JSON.parse(body.actions[0].request.body).state).toBe('review');
  expect(JSON.stringify(body)).not.toContain('s3cret-canary');
  expect(await api.countRows()).toEqual(before);
});

test('goes on from the snapshot of a simulation before, with facts to try', async () => {
  const { body: first } = await api.a.call('POST', '/workflows/simulate', {
    body: {
      workflow: 'work-order',
      version: 1,
      state: 'draft',
      event: { type: 'SUBMIT', payload: { amount: 1 } },
    },
  });
  const { snapshot } = first.decision;
  const approve = { type: 'APPROVE' };
  const without = await api.a.call('POST', '/workflows/simulate', {
    body: { workflow: 'work-order', snapshot, event: approve },
  });
  expect(without.body.decision).toMatchObject({ kind: 'refused', code: 'guard_refused' });
  expect(without.body.decision.verdicts[0].guard).toBe("actions.notify.status == 'SUCCEEDED'");
  const facts = { notify: { status: 'SUCCEEDED' } };
  const told = await api.a.call('POST', '/workflows/simulate', {
    body: { workflow: 'work-order', snapshot, event: approve, facts },
  });
  expect(told.body.decision).toMatchObject({ kind: 'taken', current_state: 'done', status: 'DONE' });
});

test('starts a draft that nobody saved', async () => {
  const { body } = await api.a.call('POST', '/workflows/simulate', {
    body: { definition: counter, input: { n: 3 } },
  });
  expect(body.decision).toMatchObject({
    kind: 'taken',
    from: null,
    current_state: 'counting',
    context: { n: 3 },
  });
});

test('tries a draft without the parts that have errors, where that is asked for', async () => {
  const definition = workOrder(connection) as never as { states: Record<string, object> };
  const broken = { ...definition, states: { ...definition.states, lost: { on: { GO: 'nowhere' } } } };
  const asked = { definition: broken, state: 'draft', event: { type: 'SUBMIT', payload: { amount: 12 } } };
  const simulate = (body: object) => api.a.call('POST', '/workflows/simulate', { body: body as never });
  expect((await simulate(asked)).body.code).toBe('definition_invalid');
  const { status, body } = await simulate({ ...asked, leave_out_errors: true });
  expect([status, body.left_out]).toEqual([200, ['/states/lost/on/GO']]);
  expect(body.actions[0].request.url).toBe('http://127.0.0.1:9/base/hooks');
  const nothing = await simulate({ definition: {}, leave_out_errors: true });
  expect([nothing.status, nothing.body.code]).toEqual([422, 'definition_invalid']);
});

test('a workflow may start jobs of itself before it is saved', async () => {
  const again = { action_type: 'START_JOB', params: { workflow: 'itself' } };
  const definition = { initial: 'a', states: { a: { on: { AGAIN: { actions: [again] } } } } };
  const validate = (body: object) => api.a.call('POST', '/workflows/validate', { body: body as never });
  expect((await validate({ definition })).body.valid).toBe(false);
  expect((await validate({ definition, workflow: 'itself' })).body.valid).toBe(true);
  const { body } = await api.a.call('POST', '/workflows/simulate', {
    body: { definition, name: 'itself', state: 'a', event: { type: 'AGAIN' } },
  });
  expect(body.decision.jobs_started[0].workflow).toBe('itself');
});

test('says what does not go together', async () => {
  const wrong: [object, string][] = [
    [{ definition: counter, event: { type: 'ADD' } }, '/event'],
    [{ definition: counter, state: 'counting' }, '/event'],
    [{ definition: counter, state: 'counting', input: {}, event: { type: 'ADD' } }, '/input'],
  ];
  for (const [body, pointer] of wrong) {
    const refused = await api.a.call('POST', '/workflows/simulate', { body: body as never });
    expect([refused.status, refused.body.code]).toEqual([422, 'invalid_simulation']);
    expect(refused.body.problems[0].pointer).toBe(pointer);
  }
  const both = await api.a.call('POST', '/workflows/simulate', {
    body: { definition: counter, workflow: 'work-order' },
  });
  expect([both.status, both.body.code]).toEqual([422, 'invalid_request']);
  const nowhere = await api.a.call('POST', '/workflows/simulate', {
    body: { definition: counter, state: 'nowhere', event: { type: 'ADD' } },
  });
  expect([nowhere.status, nowhere.body.code]).toEqual([422, 'unknown_state']);
});
