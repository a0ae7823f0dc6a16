import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type RandomStep, randomDefinition, randomSteps } from './arbitraries.testkit.ts';
import { type CompiledWorkflow, compileWorkflow } from './compile.ts';
import type { Facts, JobEvent, Taken } from './decision.ts';
import type { Definition } from './definition.ts';
import type { Json } from './json.ts';
import type { PastMove, PastTransition } from './past.ts';
import { doneEventOf, errorEventOf } from './state-tree.ts';
import { decide, initialDecision } from './transition.ts';
import { type Past, whatIf } from './what-if.ts';

const T0 = Date.parse('2026-01-01T00:00:00.000Z');
const JOB = { id: 'job', key: null, parent_id: null, created_at: new Date(T0).toISOString() };
const iso = (afterMs: number) => new Date(T0 + afterMs).toISOString();

const pastOf = (moves: readonly PastMove[], more: Partial<Past> = {}): Past => ({
  job: JOB,
  moves,
  known: () => ({}),
  until: moves.at(-1)?.at ?? iso(0),
  tenant: { id: 't', name: 'T' },
  workflowName: 'w',
  ...more,
});

it('a job is the same in the definition it ran, whatever it met', () => {
  fc.assert(
    fc.property(randomDefinition(), randomSteps(), (definition, steps) => {
      const workflow = compileWorkflow(definition);
      const moves = liveThrough(workflow, steps);
      const compared = whatIf(compileWorkflow(definition), pastOf(moves));
      expect(compared.map(({ revision, same }) => [revision, same])).toEqual(
        moves.map(({ revision }) => [revision, true]),
      );
    }),
    { numRuns: 100 },
  );
});

/** A job's life by its own clock: timers go off when they are due, events come in between. */
function liveThrough(workflow: CompiledWorkflow, steps: readonly RandomStep[]): PastTransition[] {
  const moves: PastTransition[] = [];
  const timers = new Map<string, { type: string; due: number }>();
  const invoked = new Set<string>();
  let snapshot: Json = null;
  let now = 0;
  let active = true;

  const meet = (event: JobEvent, internal: boolean): void => {
    const facts: Facts = {};
    const job = { ...JOB, current_state: '', revision: moves.length };
    const decision =
      moves.length === 0
        ? initialDecision(workflow, { input: {}, job, facts })
        : decide(workflow, { snapshot, event, job, facts, internal });
    if (decision.kind !== 'taken') return;
    settle(decision);
    moves.push({
      kind: 'transition',
      revision: moves.length + 1,
      at: iso(now),
      event,
      internal,
      facts,
      by: workflow,
      version: 1,
    });
  };
  const settle = (taken: Taken): void => {
    ({ snapshot } = taken);
    active = taken.status === 'ACTIVE';
    for (const id of taken.timers.cancelled) timers.delete(id);
    for (const { id, eventType, delayMs } of taken.timers.set)
      timers.set(id, { type: eventType, due: now + delayMs });
    for (const id of taken.invocationsStopped) invoked.delete(id);
    for (const { invokeId } of taken.queued) if (invokeId !== null) invoked.add(invokeId);
  };

  /** The next timer, if it is due by then. @returns whether there was one */
  const goOff = (by = Number.POSITIVE_INFINITY): boolean => {
    const [first] = [...timers].toSorted(([, a], [, b]) => a.due - b.due);
    if (!first || !active || first[1].due > by) return false;
    const [id, { type, due }] = first;
    timers.delete(id);
    now = due;
    meet({ type, payload: {} }, true);
    return true;
  };
  const waitAMoment = (until = now + 1): void => {
    while (goOff(until));
    now = until;
  };

  meet({ type: 'xstate.init', payload: {} }, false);
  for (const step of steps) {
    if (step.kind !== 'timer') waitAMoment();
    if (!active || moves.length === 0) break;
    if (step.kind === 'event') {
      meet({ type: step.type, payload: step.payload }, false);
    } else if (step.kind === 'timer') {
      goOff();
    } else {
      const [id] = invoked;
      if (id === undefined) continue;
      invoked.delete(id);
      const type = step.ok ? doneEventOf(id) : errorEventOf(id);
      meet({ type, payload: step.ok ? { output: 1 } : { error: 1 } }, true);
    }
  }
  return moves;
}

const webhook = (name: string, path: string) => ({
  action_type: 'WEBHOOK' as const,
  name,
  params: { connection_id: 'c', path },
});
const approval: Definition = {
  context: { amount: 0 },
  initial: 'draft',
  states: {
    draft: {
      on: {
        SUBMIT: {
          target: 'review',
          actions: [
            { action_type: 'ASSIGN', params: { amount: 'event.amount' } },
            webhook('tell', '/told/<<event.amount>>'),
          ],
        },
      },
    },
    review: { after: { PT24H: 'escalated' }, on: { APPROVE: 'done' } },
    escalated: { on: { APPROVE: 'done' } },
    done: { type: 'final' },
  },
};
const HOUR = 3_600_000;
const events = (
  by: Definition,
  ...met: [afterMs: number, type: string, payload?: object][]
): PastTransition[] =>
  [[0, 'xstate.init'] as [number, string], ...met].map(([at, type, payload = {}], i) => ({
    kind: 'transition',
    revision: i + 1,
    at: iso(at),
    event: { type, payload: payload as JobEvent['payload'] },
    internal: type.startsWith('xstate.') && i > 0,
    facts: {},
    by: compileWorkflow(by),
    version: 1,
  }));
/** `approval`, with some of its states written otherwise. */
const but = (states: Definition['states']) =>
  compileWorkflow({ ...approval, states: { ...approval.states, ...states } });

it('a timer that only the other definition has goes off between the events, at its time', () => {
  const past = events(approval, [HOUR, 'SUBMIT', { amount: 5 }], [4 * HOUR, 'APPROVE']);
  const steps = whatIf(
    but({ review: { after: { PT2H: 'escalated' }, on: { APPROVE: 'done' } }, escalated: {} }),
    pastOf(past),
  );
  expect(steps.map(({ at, revision, same }) => [at, revision, same])).toEqual([
    [iso(0), 1, true],
    [iso(HOUR), 2, true],
    [iso(3 * HOUR), null, false],
    [iso(4 * HOUR), 3, false],
  ]);
  expect(steps[2]).toMatchObject({ was: null, would: { decision: { currentState: 'escalated' } } });
  expect(steps[3]).toMatchObject({ would: { decision: { kind: 'refused', code: 'no_transition' } } });
});

it('a timer that the other definition has not is met by nothing', () => {
  const fired = 'xstate.after.86400000.workflow.review';
  const past = events(approval, [0, 'SUBMIT', { amount: 5 }], [24 * HOUR, fired]);
  const steps = whatIf(but({ review: { on: { APPROVE: 'done' } } }), pastOf(past));
  expect(steps.at(-1)).toMatchObject({ revision: 3, would: null, same: false });
  expect(steps.at(-1)?.was?.decision).toMatchObject({ currentState: 'escalated' });
});

it('of timers of one moment, those that were set first have gone first, though nothing came of them', () => {
  const definition: Definition = {
    context: { n: 1 },
    initial: 'outer',
    states: {
      outer: {
        initial: 'inner',
        states: {
          inner: {
            after: { 1000: { actions: [{ action_type: 'ASSIGN', params: { n: 'context.n + 1' } }] } },
          },
        },
        after: { 1000: { target: 'even', guard: 'context.n % 2 == 0' } },
        on: { LOOK: { actions: [] } },
      },
      even: {},
    },
  };
  const steps: RandomStep[] = [
    { kind: 'timer', nth: 0 },
    { kind: 'timer', nth: 0 },
    { kind: 'event', type: 'LOOK', payload: {} },
  ];
  const workflow = compileWorkflow(definition);
  const moves = liveThrough(workflow, steps);
  expect(moves.map(({ event }) => event.type)).toEqual([
    'xstate.init',
    'xstate.after.1000.workflow.outer.inner',
    'LOOK',
  ]);
  const compared = whatIf(workflow, pastOf(moves));
  expect(compared.map(({ revision, same }) => [revision, same])).toEqual([
    [1, true],
    [2, true],
    [3, true],
  ]);
});

it('timers that are due after the last event go off up to now', () => {
  const past = events(approval, [0, 'SUBMIT', { amount: 5 }]);
  const other = but({ review: { after: { PT1H: 'escalated' } }, escalated: { after: { PT1H: 'done' } } });
  const upTo = (until: string) => whatIf(other, pastOf(past, { until })).length - past.length;
  expect([upTo(iso(HOUR)), upTo(iso(1.5 * HOUR)), upTo(iso(3 * HOUR))]).toEqual([0, 1, 2]);
});

it('a job that could not have started in the other definition is not started by its later events', () => {
  const past = events(approval, [0, 'SUBMIT', { amount: 5 }], [HOUR, 'APPROVE']);
  const needy = but({ draft: { entry: { action_type: 'ASSIGN', params: { first: 'event.amount' } } } });
  expect(whatIf(needy, pastOf(past)).map(({ same, would }) => [same, would?.decision.kind])).toEqual([
    [false, 'failed'],
    [false, 'refused'],
    [false, 'refused'],
  ]);
});

it('a definition that sets timers for ever is compared all the same', () => {
  const past = events(approval, [365 * 24 * HOUR, 'SUBMIT', { amount: 5 }]);
  const other = but({ draft: { after: { PT1S: { target: 'draft', reenter: true } } } });
  expect(whatIf(other, pastOf(past)).length).toBeLessThan(1_000);
});

it('requests are compared by the name of their action', () => {
  const past = events(approval, [0, 'SUBMIT', { amount: 5 }]);
  const requests = (...actions: ReturnType<typeof webhook>[]) =>
    whatIf(but({ draft: { on: { SUBMIT: { target: 'review', actions } } } }), pastOf(past))
      .at(-1)
      ?.requests.map(({ change, was, would }) => [change, (would ?? was)?.name]);
  expect(requests(webhook('tell', '/told/5'))).toEqual([['same', 'tell']]);
  expect(requests(webhook('tell', '/told/<<event.amount>>0'))).toEqual([['changed', 'tell']]);
  expect(requests(webhook('else', '/x'))).toEqual([
    ['removed', 'tell'],
    ['added', 'else'],
  ]);
});

it('guards of the other definition are told how the actions of the job had ended', () => {
  const past = events(approval, [0, 'SUBMIT', { amount: 5 }], [HOUR, 'APPROVE']);
  const guarded = but({
    review: { on: { APPROVE: { target: 'done', guard: "actions.tell.status == 'SUCCEEDED'" } } },
  });
  const ended = (status: string) =>
    whatIf(guarded, pastOf(past, { known: (at) => (at > iso(0) ? { tell: { status } } : {}) })).at(-1);
  expect(ended('SUCCEEDED')).toMatchObject({ same: true });
  expect(ended('FAILED')).toMatchObject({ would: { decision: { code: 'guard_refused' } } });
});

it('a job that was moved to another version and cancelled is gone through up to its end', () => {
  const [from, to] = [
    compileWorkflow(approval),
    but({ review: { on: { APPROVE: 'done', REJECT: 'done' } } }),
  ];
  const steps = whatIf(
    from,
    pastOf([
      ...events(approval, [0, 'SUBMIT', { amount: 5 }]),
      { kind: 'migrated', revision: 3, at: iso(HOUR), from, to, stateMap: {} },
      { ...(events(approval, [2 * HOUR, 'REJECT'])[1] as PastTransition), revision: 4, by: to },
      { kind: 'cancelled', revision: 5, at: iso(3 * HOUR) },
    ]),
  );
  expect(steps.map(({ revision, same }) => [revision, same])).toEqual([
    [1, true],
    [2, true],
    [4, false],
  ]);
  expect(steps[2]).toMatchObject({
    was: { decision: { currentState: 'done' } },
    would: { decision: { kind: 'refused' } },
  });
});
