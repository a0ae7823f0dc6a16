import { expect, test } from 'vitest';
import { compileWorkflow } from '../../../engine/compile.ts';
import type { Action, Definition } from '../../../engine/definition.ts';
import type { JsonObject } from '../../../engine/json.ts';
import { type SimulatedPlace, simulate } from '../../../engine/simulate.ts';
import type { Simulation } from '../panel/designer-requests.ts';
import { selectedAt } from '../panel/place.ts';
import { previewPlace } from '../panel/preview-place.ts';
import { contextChanges, eventsIn, nextStep, runsOf, type Step, withoutFired } from './run.ts';

const webhook = (name: string) =>
  ({ action_type: 'WEBHOOK', name, params: { connection_id: 'c', path: '/' } }) as const;
const MACHINE: Definition = {
  id: 'm',
  context: { n: 0 },
  initial: 'open',
  states: {
    open: {
      after: { PT1H: 'late' },
      on: {
        GO: { target: 'called', guard: 'event.n > 0', actions: [webhook('tell'), webhook('log')] },
        'order.*': 'late',
      },
    },
    called: {
      invoke: {
        src: 'webhook',
        name: 'call',
        input: { connection_id: 'c', path: '/' },
        onDone: 'late',
        onError: 'open',
      },
      on: { BACK: 'open' },
    },
    late: { entry: webhook('tell'), on: { GO: { actions: { action_type: 'ASSIGN', params: { n: '1' } } } } },
  },
};
const compiled = compileWorkflow(MACHINE);

/** As the API presents it, but for requests. */
function ask(place: SimulatedPlace): Simulation {
  const { decision, actions } = simulate(compiled, { place });
  if (decision.kind !== 'taken') throw new Error(decision.message);
  const { timers } = decision;
  return {
    decision: {
      kind: decision.kind,
      current_state: decision.currentState,
      status: decision.status,
      context: decision.context,
      timers: {
        set: timers.set.map(({ id, delayMs, eventType }) => ({
          id,
          delay_ms: delayMs,
          event_type: eventType,
        })),
        cancelled: timers.cancelled,
      },
      invocations_stopped: decision.invocationsStopped,
      snapshot: decision.snapshot,
    },
    actions: actions.map(({ pointer, name }) => ({ pointer, name })),
  } as unknown as Simulation;
}

const start = (): Step => nextStep(MACHINE, null, 'started', ask({ at: 'start' }));
function send(before: Step, type: string, payload: JsonObject = {}): Step {
  const { snapshot } = before.decision;
  const internal = type.startsWith('xstate.');
  const answer = ask({
    at: 'snapshot',
    snapshot: snapshot as JsonObject,
    event: { type, payload },
    internal,
  });
  return nextStep(MACHINE, withoutFired(before, type), type, answer);
}

test('a timer is there while its state is, and gone once it fired', () => {
  const [timer] = start().timers;
  expect(timer).toMatchObject({ delay_ms: 3_600_000, event_type: 'xstate.after.3600000.m.open' });
  expect(send(start(), 'GO', { n: 1 }).timers).toEqual([]);
  const fired = send(start(), timer?.event_type ?? '');
  expect(fired.timers).toEqual([]);
  expect(fired.decision.current_state).toBe('late');
});

test('an action that a state waits for is waited for until it ends or the state is left', () => {
  const called = send(start(), 'GO', { n: 1 });
  expect(called.waiting).toEqual([{ id: '0.m.called', name: 'call' }]);
  expect(send(called, 'BACK').waiting).toEqual([]);
  const ended = send(called, 'xstate.done.actor.0.m.called', { output: null });
  expect(ended.waiting).toEqual([]);
  expect(ended.decision.current_state).toBe('late');
});

test('what was said of an action holds until it runs again', () => {
  const called = send(start(), 'GO', { n: 1 });
  const known = { ...called, facts: { tell: { status: 'FAILED' }, log: { status: 'SUCCEEDED' } } };
  expect(runsOf([start(), known]).map(({ name, fact }) => [name, fact?.status])).toEqual([
    ['tell', 'FAILED'],
    ['log', 'SUCCEEDED'],
    ['call', undefined],
  ]);
  expect(send(known, 'xstate.done.actor.0.m.called', { output: null }).facts).toEqual({
    log: { status: 'SUCCEEDED' },
  });
});

test('the events that the active states hear are offered, and which of them ask first', () => {
  expect(eventsIn(MACHINE, 'open')).toEqual([
    { type: 'GO', guarded: true },
    { type: 'order.*', guarded: false },
  ]);
});

test('what changes of the context is told key by key', () => {
  expect(contextChanges({ a: 1, b: [1], c: 2 }, { a: 1, b: [2], d: 3 })).toEqual([
    { key: 'b', before: [1], after: [2] },
    { key: 'c', before: 2, after: undefined },
    { key: 'd', before: undefined, after: 3 },
  ]);
});

test.each([
  ['/states/open/on/GO', ['tell', 'log']],
  ['/states/late', ['tell']],
  ['/states/called/invoke', ['call']],
  ['/states/open/after/PT1H', []],
  ['/states/open/on/order.*', []],
])('the preview of %s asks for what it would send', (pointer, names) => {
  const selected = selectedAt(MACHINE, pointer);
  const place = selected && previewPlace(MACHINE, selected);
  const asked = place?.request({ context: {}, payload: { n: 1 } }) as {
    state?: string;
    event?: { type: string; payload: JsonObject };
  };
  const at: SimulatedPlace =
    asked.state === undefined
      ? { at: 'start' }
      : {
          at: 'state',
          state: asked.state,
          event: asked.event as never,
          internal: asked.event?.type.startsWith('xstate.') ?? false,
        };
  const { actions, decision } = simulate(compileWorkflow(place?.definition ?? {}), { place: at });
  expect(decision.kind).toBe('taken');
  const prefix = place?.prefix ?? '';
  const mine = actions.filter(({ pointer: its }) => its === prefix || its.startsWith(`${prefix}/`));
  expect(mine.map(({ name }) => name)).toEqual(names);
});

test('what a guard keeps back can be asked for: the transition asks nothing, and none of its list is before it', () => {
  const webhook = (name: string): Action => ({
    action_type: 'WEBHOOK',
    name,
    params: { connection_id: 'c', path: '/' },
  });
  const definition: Definition = {
    initial: 'a',
    states: {
      a: {
        on: {
          '*': [
            { guard: 'true', actions: [webhook('first')] },
            { guard: 'false', actions: [webhook('second')] },
          ],
        },
      },
    },
  };
  const selected = selectedAt(definition, '/states/a/on/*/1');
  const place = selected && previewPlace(definition, selected);
  const { event } = place?.request({ context: {}, payload: {} }) ?? {};
  const { actions } = simulate(compileWorkflow(place?.unasked ?? {}), {
    place: { at: 'state', state: 'a', event: event as never },
  });
  expect(actions.map(({ name }) => name)).toEqual(['second']);
});
