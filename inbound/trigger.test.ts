import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../engine/json.ts';
import { compileTrigger, type TriggerAction, type TriggerSpec } from './trigger.ts';

const START: TriggerAction = { type: 'start_job', workflow: 'review' };

const spec = (more: Partial<TriggerSpec> = {}): TriggerSpec => ({
  eventTypes: ['*'],
  filter: null,
  action: START,
  ...more,
});

function outcomeOf(more: Partial<TriggerSpec>, payload: JsonObject = {}, type = 'issues.opened') {
  const compiled = compileTrigger(spec(more));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.trigger.evaluate({
    event: { type, payload },
    source: { id: 's', name: 'repository', kind: 'github' },
    inboundEvent: { id: 'e', delivery_id: 'd', received_at: '2026-01-01T00:00:00.000Z' },
  });
}

const problemsOf = (more: Partial<TriggerSpec>) => {
  const compiled = compileTrigger(spec(more));
  return compiled.ok ? [] : compiled.problems.map(({ pointer, code }) => `${pointer} ${code}`);
};

describe('the types a trigger is for', () => {
  test.each([
    ['issues.opened', true],
    ['issues', false],
    ['issues.*', true],
    ['issue.*', false],
    ['issues.opened.*', true],
    ['*', true],
    ['i*', false],
  ])('%s takes issues.opened: %s', (pattern, taken) => {
    expect(outcomeOf({ eventTypes: ['other', pattern] }).kind).toBe(taken ? 'wanted' : 'unmatched');
  });
});

describe('its filter', () => {
  test('sees the event, the source and the delivery', () => {
    const filter =
      "event.number == 7 && event.payload.number == 7 && event.type == 'issues.opened' && source.kind == 'github' && inbound_event.delivery_id == 'd'";
    expect(outcomeOf({ filter }, { number: 7 }).kind).toBe('wanted');
    expect(outcomeOf({ filter }, { number: 8 })).toMatchObject({ kind: 'unmatched', code: 'filter_false' });
  });

  test('is not met when it cannot be told, and says so', () => {
    expect(outcomeOf({ filter: 'event.missing > 1' })).toMatchObject({
      kind: 'unmatched',
      code: 'filter_failed',
    });
    expect(outcomeOf({ filter: '1 + 1' })).toMatchObject({ kind: 'unmatched', code: 'filter_failed' });
  });
});

describe('starting a job', () => {
  test('takes the input from templates, in which a lone variable keeps its type', () => {
    const action: TriggerAction = {
      ...START,
      key: "'issue-' + string(event.number)",
      input: {
        number: '<<event.number>>',
        title: 'Issue <<event.number>>: <<event.title>>',
        tags: [1, null],
      },
    };
    expect(outcomeOf({ action }, { number: 7, title: 'It <b>broke</b>' })).toEqual({
      kind: 'wanted',
      wanted: {
        kind: 'start_job',
        workflow: 'review',
        key: 'issue-7',
        input: { number: 7, title: 'Issue 7: It <b>broke</b>', tags: [1, null] },
      },
    });
  });

  test('may take the whole payload', () => {
    const payload = { a: { b: [1, 2] } };
    const outcome = outcomeOf({ action: { ...START, input: '<<event.payload>>' } }, payload);
    expect(outcome).toMatchObject({ wanted: { input: payload, key: null } });
  });

  test('never parses a value as a template', () => {
    const outcome = outcomeOf({ action: { ...START, input: { t: '<<event.t>>' } } }, { t: '<<event.type>>' });
    expect(outcome).toMatchObject({ wanted: { input: { t: '<<event.type>>' } } });
  });
});

describe('sending an event', () => {
  test('takes the key from an expression, and a whole number as text', () => {
    const action: TriggerAction = {
      type: 'send_event',
      key: 'event.number',
      event_type: 'CLOSED',
      payload: { by: '<<event.by>>' },
    };
    expect(outcomeOf({ action }, { number: 7, by: 'ada' })).toEqual({
      kind: 'wanted',
      wanted: {
        kind: 'send_event',
        workflow: null,
        key: '7',
        event: { type: 'CLOSED', payload: { by: 'ada' } },
      },
    });
  });
});

test.each([
  [
    'a variable that is not there',
    { ...START, input: { t: '<<event.missing>>' } },
    'missing_variable',
    '/action/input',
  ],
  ['an input that is no object', { ...START, input: '<<event.type>>' }, 'not_an_object', '/action/input'],
  ['a key that cannot be told', { ...START, key: 'event.missing' }, 'evaluation_failed', '/action/key'],
  ['a key that is no text', { ...START, key: 'event.type == "x"' }, 'key_unusable', '/action/key'],
  ['an empty key', { ...START, key: "''" }, 'key_unusable', '/action/key'],
  ['a key that is too long', { ...START, key: 'event.long' }, 'key_unusable', '/action/key'],
] satisfies [string, TriggerAction, string, string][])(
  '%s fails, saying where',
  (_, action, code, pointer) => {
    expect(outcomeOf({ action }, { long: 'x'.repeat(256) })).toMatchObject({ kind: 'failed', code, pointer });
  },
);

test('all that is wrong is found when it is saved, with pointers', () => {
  expect(
    problemsOf({
      filter: 'event.a >',
      action: {
        type: 'send_event',
        key: 'context.number',
        event_type: 'xstate.done',
        payload: { a: { b: '<<event.x' }, c: '<<job.id>>' },
      },
    }),
  ).toEqual([
    '/filter invalid_expression',
    '/action/key unknown_variable',
    expect.stringMatching(/^\/action\/payload\/a\/b template/),
    '/action/event_type reserved_event',
  ]);
  expect(problemsOf({ action: { ...START, input: { c: '<<job.id>>' } } })).toEqual([
    '/action/input unknown_variable',
  ]);
});
