import { expect, test } from 'vitest';
import type { Resource } from '../api/client.ts';
import { movedParts, spokenActor, spokenEvent, stepsOf, type TransitionStep } from './steps.ts';

const entry = (id: string, kind: string, revision: number | null, data: Record<string, unknown>) => ({
  id,
  at: '2026-03-01T12:00:00.000Z',
  kind,
  revision,
  actor: 'worker',
  data,
});
const run = (id: string, transition: string, ordinal: number) =>
  ({ id, transition_id: transition, ordinal }) as Resource<'ListedActionRun'>;

test('each transition has the actions it set off, in their order, and attempts are no steps', () => {
  const steps = stepsOf(
    [
      entry('t1', 'transition', 1, { from: null, to: 'draft', event: { type: 'xstate.init', payload: {} } }),
      entry('t2', 'transition', 2, {
        from: 'draft',
        to: 'review',
        event: { type: 'SUBMIT', payload: { n: 1 } },
      }),
      entry('a1', 'attempt', null, {}),
      entry('c1', 'action.retried', null, { reason: 'again' }),
    ],
    [run('second', 't2', 1), run('first', 't2', 0)],
  );
  expect(steps).toMatchObject([
    { kind: 'transition', from: null, to: 'draft', event: 'started', runs: [] },
    {
      kind: 'transition',
      from: 'draft',
      to: 'review',
      payload: { n: 1 },
      runs: [{ id: 'first' }, { id: 'second' }],
    },
    { kind: 'note', what: 'Action retried', data: { reason: 'again' } },
  ]);
});

test('of a parallel state, what moved is said', () => {
  const step = (from: string | null, to: string) => ({ from, to }) as TransitionStep;
  expect(movedParts(step('p.x.1,p.y.1', 'p.x.1,p.y.2'))).toEqual({ from: 'p.y.1', to: 'p.y.2' });
  expect(movedParts(step('p.x.1,p.y.1', 'done'))).toEqual({ from: 'p.x.1,p.y.1', to: 'done' });
  expect(movedParts(step(null, 'draft'))).toEqual({ from: null, to: 'draft' });
});

test.each([
  ['SUBMIT', 'SUBMIT'],
  ['xstate.after.500.order.waiting', 'timer'],
  ['xstate.done.actor.0.order.booking', 'action succeeded'],
  ['xstate.error.actor.0.order.booking', 'action failed'],
])('the event %s reads %s', (type, said) => {
  expect(spokenEvent(type)).toBe(said);
});

test('whoever looks is called you', () => {
  expect(spokenActor('key:1', 'key:1')).toBe('you');
  expect(spokenActor('key:2', 'key:1')).toBe('an API key');
  expect(spokenActor('user:ada', undefined)).toBe('ada');
  expect(spokenActor('action:3', 'key:1')).toBe('its action');
  expect(spokenActor('timer', 'key:1')).toBe('its timer');
});
