import { expect, it } from 'vitest';
import { compileWorkflow } from './compile.ts';
import type { Taken } from './decision.ts';
import { explain } from './explain.ts';
import { initialDecision } from './transition.ts';

const JOB = { id: 'j', current_state: '', revision: 0, parent_id: null, key: null, created_at: '' };

const workflow = compileWorkflow({
  id: 'm',
  context: { n: 1 },
  initial: 'a',
  on: { CANCEL: '.z' },
  states: {
    a: {
      on: {
        GO: [
          { guard: 'context.n > 1', target: 'z' },
          { guard: 'event.ok', target: 'z' },
        ],
      },
      after: { PT1H: { target: 'z', guard: "actions.h.status == 'FAILED'" } },
      always: { guard: 'context.n == 2', target: 'z' },
      entry: { action_type: 'WEBHOOK', name: 'h', params: { connection_id: 'c', path: '' } },
    },
    z: { type: 'final' },
  },
});
const start = initialDecision(workflow, { input: {}, job: JOB, facts: {} }) as Taken;

it('gives the verdict of every transition that the active states have, innermost first', () => {
  const explanation = explain(workflow, { snapshot: start.snapshot, job: JOB, facts: {} });
  expect(explanation).toMatchObject({
    currentState: 'a',
    events: [
      {
        type: 'GO',
        internal: false,
        verdicts: [
          { pointer: '/states/a/on/GO/0', verdict: 'false', target: 'z' },
          {
            pointer: '/states/a/on/GO/1',
            verdict: 'unknown',
            message: 'it depends on event.ok, which the event brings',
          },
        ],
      },
      { type: 'xstate.after.3600000.m.a', internal: true, verdicts: [{ verdict: 'error' }] },
      { type: 'CANCEL', internal: false, verdicts: [{ state: '', verdict: 'true', guard: null }] },
    ],
    always: [{ pointer: '/states/a/always', verdict: 'false' }],
  });
});

it('has nothing to say of a job that has ended, and throws for a snapshot of another workflow', () => {
  const ended = { ...(start.snapshot as object), status: 'done', value: 'z' };
  expect(explain(workflow, { snapshot: ended, job: JOB, facts: {} })).toEqual({
    currentState: 'z',
    events: [],
    always: [],
  });
  const strange = { ...(start.snapshot as object), value: 'elsewhere' };
  expect(() => explain(workflow, { snapshot: strange, job: JOB, facts: {} })).toThrow(/cannot be used/);
});
