import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../engine/json.ts';
import { setupApi, type TestApi } from '../api.testkit.ts';
import { publish } from '../samples.testkit.ts';

let api: TestApi;
let source: { id: string; secret: string };

const TICKET: JsonObject = {
  context: { title: '' },
  initial: 'open',
  states: {
    open: {
      on: { CLOSE: { target: 'closed', guard: "event.by != 'nobody'" }, BREAK: { guard: 'event.x.y' } },
    },
    closed: { type: 'final' },
  },
};
const OPENS = {
  type: 'start_job',
  workflow: 'ticket',
  key: "'ticket-' + string(event.number)",
  input: { title: '<<event.title>>' },
};
const CLOSES = {
  type: 'send_event',
  workflow: 'ticket',
  key: "'ticket-' + string(event.number)",
  event_type: 'CLOSE',
  payload: { by: '<<event.by>>' },
};

beforeAll(async () => {
  api = await setupApi();
  await publish(api.a.call, 'ticket', TICKET);
  source = (await api.a.call('POST', '/sources', { body: { kind: 'generic', name: 'tickets' } })).body;
});
afterAll(() => api.stop());

let names = 0;
const post = (body: JsonObject) =>
  api.a.call('POST', '/triggers', {
    body: { source_id: source.id, name: `t${++names}`, event_types: ['*'], action: OPENS, ...body },
  });
const add = async (body: JsonObject = {}) => {
  const { status, body: made } = await post(body);
  expect(status, JSON.stringify(made)).toBe(201);
  return made;
};
const trial = async (action: JsonObject, event: JsonObject, more: JsonObject = {}) => {
  const { id } = await add({ action, ...more });
  const { status, body } = await api.a.call('POST', `/triggers/${id}/test`, { body: event });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

describe('a trigger', () => {
  test('is shown as it was given, with what was left out', async () => {
    const made = await add({ filter: 'event.number > 1' });
    expect(made).toMatchObject({
      source_id: source.id,
      filter: 'event.number > 1',
      action: OPENS,
      enabled: true,
      version: 1,
    });
    expect((await api.a.call('GET', `/triggers/${made.id}`)).body).toEqual(made);
    const { body } = await api.a.call('GET', `/triggers?source=${source.id}`);
    expect(body.items).toContainEqual(made);
  });

  test('goes behind the others of its source, and is listed in the order they act', async () => {
    const { body: other } = await api.a.call('POST', '/sources', {
      body: { kind: 'generic', name: 'ordered' },
    });
    const ids = [];
    for (const position of [undefined, undefined, 1]) {
      const { id } = await add({ source_id: other.id, ...(position !== undefined && { position }) });
      ids.push(id);
    }
    const { body } = await api.a.call('GET', `/triggers?source=${other.id}`);
    const listed = body.items.map(({ id, position }: JsonObject) => [id, position]);
    expect(listed).toEqual([
      [ids[0], 1],
      [ids[2], 1],
      [ids[1], 2],
    ]);
  });

  test('can be changed in part, and deleted; the audit knows', async () => {
    const { id } = await add({ filter: 'event.a' });
    const changed = await api.a.call('PATCH', `/triggers/${id}`, { body: { filter: null, enabled: false } });
    expect(changed.body).toMatchObject({ filter: null, enabled: false, version: 2, action: OPENS });
    expect((await api.a.call('DELETE', `/triggers/${id}`)).status).toBe(204);
    expect((await api.a.call('GET', `/triggers/${id}`)).status).toBe(404);
    const { body } = await api.a.call('GET', `/audit?subject_id=${id}`);
    expect(body.items.map(({ kind }: JsonObject) => kind)).toEqual([
      'trigger.deleted',
      'trigger.updated',
      'trigger.created',
    ]);
  });

  test('has a name of its own at its source', async () => {
    const { name } = await add();
    const again = await post({ name });
    expect([again.status, again.body.code]).toEqual([409, 'trigger_name_taken']);
    const renamed = await api.a.call('PATCH', `/triggers/${(await add()).id}`, { body: { name } });
    expect([renamed.status, renamed.body.code]).toEqual([409, 'trigger_name_taken']);
  });

  test('is refused with every problem and its pointer, new or changed', async () => {
    const wrong = {
      filter: 'event.a >',
      action: { ...CLOSES, workflow: 'nowhere', key: 'job.id', payload: { by: '<<event.by' } },
    };
    const pointers = ['/filter', '/action/key', '/action/payload/by', '/action/workflow'];
    const made = await post(wrong);
    expect([made.status, made.body.code]).toEqual([422, 'invalid_trigger']);
    expect(made.body.problems.map(({ pointer }: JsonObject) => pointer)).toEqual(pointers);
    const { id } = await add();
    const changed = await api.a.call('PATCH', `/triggers/${id}`, { body: wrong });
    expect(changed.body.problems.map(({ pointer }: JsonObject) => pointer)).toEqual(pointers);
  });
});

describe('trying a trigger out', () => {
  test('tells why it does not match', async () => {
    const unmatched = { outcome: 'unmatched', wanted: null, effect: null };
    expect(await trial(OPENS, { type: 'a' }, { event_types: ['b'] })).toMatchObject({
      ...unmatched,
      code: 'other_type',
    });
    expect(await trial(OPENS, { type: 'a' }, { filter: 'false' })).toMatchObject({
      ...unmatched,
      code: 'filter_false',
    });
    expect(await trial(OPENS, { type: 'a' }, { filter: 'event.x.y' })).toMatchObject({
      ...unmatched,
      code: 'filter_failed',
    });
  });

  test('shows the job that would be started, and starts none', async () => {
    const before = await api.countRows();
    const answer = await trial(OPENS, { type: 'opened', payload: { number: 7, title: 'It broke' } });
    expect(answer).toMatchObject({
      outcome: 'acts',
      wanted: { kind: 'start_job', workflow: 'ticket', key: 'ticket-7', input: { title: 'It broke' } },
      effect: { effect: 'job_started', job_id: null, state: 'open' },
    });
    const after = await api.countRows();
    // The trigger itself and its entry in the audit.
    expect({ ...after, triggers: 0, event_log: 0 }).toEqual({ ...before, triggers: 0, event_log: 0 });
  });

  test('shows where an event would lead, or why nowhere, and sends none', async () => {
    const { body } = await api.a.call('POST', '/jobs', { body: { workflow: 'ticket', key: 'ticket-8' } });
    const payload = { number: 8, by: 'ada' };
    expect(await trial(CLOSES, { type: 'x', payload })).toMatchObject({
      outcome: 'acts',
      effect: { effect: 'event_sent', job_id: body.job.id, from: 'open', to: 'closed' },
    });
    expect(await trial(CLOSES, { type: 'x', payload: { ...payload, by: 'nobody' } })).toMatchObject({
      effect: { effect: 'no_effect', code: 'guard_refused', job_id: body.job.id },
    });
    expect(await trial(CLOSES, { type: 'x', payload: { ...payload, number: 9 } })).toMatchObject({
      effect: { effect: 'no_effect', code: 'job_not_found' },
    });
    const job = await api.a.call('GET', `/jobs/${body.job.id}`);
    expect(job.body).toMatchObject({ current_state: 'open', revision: 1 });
  });

  test('shows what fails, and where', async () => {
    expect(await trial(OPENS, { type: 'x', payload: { number: 1 } })).toMatchObject({
      outcome: 'failed',
      code: 'missing_variable',
      pointer: '/action/input',
    });
    await api.a.call('POST', '/workflows', {
      body: { name: 'draft', definition: { initial: 's', states: { s: {} } } },
    });
    expect(await trial({ type: 'start_job', workflow: 'draft' }, { type: 'x' })).toMatchObject({
      outcome: 'failed',
      code: 'workflow_not_published',
    });
  });

  test('works with an event that was received', async () => {
    await api.a.deliver(source, { type: 'opened', number: 11, title: 'received' });
    const { body } = await api.a.call('GET', `/inbound-events?source=${source.id}`);
    expect(await trial(OPENS, { inbound_event_id: body.items[0].id })).toMatchObject({
      wanted: { input: { title: 'received' } },
    });
    const { id } = await add();
    for (const nothing of [{}, { inbound_event_id: body.items[0].id, type: 'x' }]) {
      const { status } = await api.a.call('POST', `/triggers/${id}/test`, { body: nothing });
      expect(status).toBe(422);
    }
  });

  test('is had before the trigger is saved, with the same answer', async () => {
    const draft = { source_id: source.id, event_types: ['opened'], action: OPENS };
    const ask = (more: JsonObject) => api.a.call('POST', '/triggers/test', { body: { ...draft, ...more } });
    const before = (await api.a.call('GET', `/triggers?source=${source.id}`)).body.items.length;
    const event = { type: 'opened', payload: { number: 12, title: 'draft' } };
    const { status, body } = await ask(event);
    expect([status, body.outcome]).toEqual([200, 'acts']);
    expect(body).toEqual(await trial(OPENS, event, { event_types: ['opened'] }));
    expect((await ask({ ...event, filter: 'event.number > 99' })).body).toMatchObject({
      outcome: 'unmatched',
    });
    const wrong = await ask({ ...event, filter: 'event.number >' });
    expect([wrong.status, wrong.body.problems[0].pointer]).toEqual([422, '/filter']);
    // The one that `trial` saved, and no draft.
    const after = (await api.a.call('GET', `/triggers?source=${source.id}`)).body.items.length;
    expect(after).toBe(before + 1);
  });

  test("does not work with another tenant's event", async () => {
    const theirs = await api.b.call('POST', '/sources', { body: { kind: 'generic', name: 'theirs' } });
    await api.b.deliver(theirs.body, { type: 'x' });
    const { body } = await api.b.call('GET', '/inbound-events');
    const { id } = await add();
    const { status, body: told } = await api.a.call('POST', `/triggers/${id}/test`, {
      body: { inbound_event_id: body.items[0].id },
    });
    expect([status, told.code]).toEqual([404, 'inbound_event_not_found']);
  });
});

test('a source has a hundred triggers and no more, also of those that are added at the same moment', async () => {
  const { body: full } = await api.a.call('POST', '/sources', { body: { kind: 'generic', name: 'full' } });
  const more = (count: number) =>
    Promise.all(Array.from({ length: count }, async () => (await post({ source_id: full.id })).status));
  expect(new Set(await more(99))).toEqual(new Set([201]));
  expect((await more(8)).sort()).toEqual([201, ...new Array(7).fill(409)]);
  const { items } = (await api.a.call('GET', `/triggers?source=${full.id}`)).body;
  expect(items).toHaveLength(100);
  expect(new Set(items.map(({ position }: { position: number }) => position)).size).toBe(100);
});

test('a trigger that starts jobs takes somebody who may start jobs', async () => {
  const { call } = await api.keyWith(['IntegrationContributor']);
  const body = { source_id: source.id, name: 'sneaks', event_types: ['*'], action: OPENS };
  expect((await call('POST', '/triggers', { body })).status).toBe(403);
});
