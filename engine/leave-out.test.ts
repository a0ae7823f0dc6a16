import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomDefinition } from './arbitraries.testkit.ts';
import { compileWorkflow } from './compile.ts';
import type { Json } from './json.ts';
import { leaveOutErrors } from './leave-out.ts';
import { validateDefinition } from './validate.ts';

const check = (input: Json) => validateDefinition(input);
const hook = (path: string) => ({ action_type: 'WEBHOOK', params: { connection_id: 'c', path } });

test('an action is there to be tried, with its pointer, whatever is wrong around it', () => {
  const written = {
    initial: 'nowhere',
    colour: 'blue',
    states: {
      a: {
        entry: [{ action_type: 'ASSIGN', params: { n: '1 +' } }],
        on: {
          GO: {
            target: 'gone',
            guard: 'event.amount >',
            actions: [hook('no-slash'), hook('/<<job.id>>'), { action_type: 'DANCE' }],
          },
          actions: 'gone',
          guard: { target: 'b', guard: ')' },
        },
        after: { soon: 'b', PT1H: ['b', 'gone'] },
        always: [{ target: 'gone', guard: 'true' }],
        invoke: { src: 'webhook', input: { connection_id: 'c', path: 'x' }, onDone: 'b' },
      },
      b: { type: 'final', on: { X: 'a' } },
      c: { type: 'parallel' },
    },
  };
  const before = structuredClone(written);
  const left = leaveOutErrors(written as Json, check);
  expect(written).toEqual(before);
  expect(left?.leftOut).toEqual(
    expect.arrayContaining(['/initial', '/colour', '/states/a/on/GO/guard', '/states/a/on/GO/actions/0']),
  );
  const { queuedActions } = compileWorkflow(left?.definition as never);
  expect(queuedActions.map(({ pointer }) => pointer)).toEqual(['/states/a/on/GO/actions/1']);
});

test('nothing is left out of what has no error, and nothing is left of what is no machine', () => {
  fc.assert(
    fc.property(randomDefinition(), (definition) => {
      expect(leaveOutErrors(definition as never, check)).toEqual({ definition, leftOut: [] });
    }),
    { numRuns: 40 },
  );
  for (const nothing of [null, 7, [], {}, { states: {} }]) expect(leaveOutErrors(nothing, check)).toBeNull();
});
