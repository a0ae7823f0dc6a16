import { expect, test } from 'vitest';
import type { Definition } from '../../../engine/definition.ts';
import { FUNCTIONS, METHODS } from '../../../engine/expression-functions.ts';
import { validateDefinition } from '../../../engine/validate.ts';
import { CEL_FUNCTIONS, tagsOf } from '../../code/scope.ts';
import { scopeAt } from './scope.ts';

const webhook = (name: string) =>
  ({ action_type: 'WEBHOOK', name, params: { connection_id: 'c', path: '/' } }) as const;
const MACHINE: Definition = {
  context: { amount: 0 },
  initial: 'a',
  states: {
    a: {
      on: {
        GO: {
          target: 'b',
          guard: 'event.urgent || event.payload.depth > 1',
          actions: [webhook('first'), { action_type: 'ASSIGN', params: { seen: 'true' } }, webhook('second')],
        },
      },
    },
    b: { invoke: { src: 'webhook', name: 'call', input: { connection_id: 'c', path: '/' }, onDone: 'a' } },
  },
};
const GO = '/states/a/on/GO';
const paths = (pointer: string, side: 'transition' | 'worker') =>
  scopeAt(MACHINE, pointer, side).variables.map(({ path }) => path);

test('a guard is offered the context, what its event is read of elsewhere, and the runs of actions', () => {
  const offered = paths(`${GO}/guard`, 'transition');
  expect(offered).toEqual(
    expect.arrayContaining(['context.amount', 'context.seen', 'event.urgent', 'event.depth', 'job.id']),
  );
  expect(offered).toContain('actions.call.status');
  expect(offered).not.toContain('tenant.name');
  expect(offered).not.toContain('job.status');
});

test('a template is offered what is known after the commit, and actions before it in its list first', () => {
  const { variables } = scopeAt(MACHINE, `${GO}/actions/2/params/body`, 'worker');
  expect(variables.find(({ path }) => path.startsWith('actions.'))).toEqual({
    path: 'actions.first.status',
    detail: 'before this in the list',
  });
  expect(variables.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['tenant.name', 'transition.seq']),
  );
});

test('an outcome is offered what was answered', () => {
  expect(paths('/states/b/invoke/onDone', 'transition')).toContain('event.output.body');
});

test('what it calls unknown, the server does too, and the other way about', () => {
  const { isKnown } = scopeAt(MACHINE, `${GO}/actions/2`, 'worker');
  const candidates = ['job.id', 'job.name', 'context.amount', 'context.other', 'tenant.name', 'tenant.slug'];
  candidates.push('actions.first.status', 'actions.first.colour', 'actions.nobody.status', 'transition.seq');
  candidates.push('workflow.version', 'event.anything', 'secret.x');
  for (const path of candidates) {
    const asked = structuredClone(MACHINE) as unknown as {
      states: { a: { on: { GO: { actions: unknown[] } } } };
    };
    asked.states.a.on.GO.actions[2] = {
      ...webhook('second'),
      params: { connection_id: 'c', path: '/', body: `<<${path}>>` },
    };
    const { problems } = validateDefinition(asked as never);
    const complained = problems.some(
      ({ pointer, code }) => pointer.endsWith('/body') && code.startsWith('unknown'),
    );
    expect(isKnown(path), path).toBe(!complained);
  }
});

test('every function of the engine is offered, and no other', () => {
  const macros = ['has', 'all', 'exists', 'exists_one', 'map', 'filter'];
  const offered = (method: boolean) =>
    CEL_FUNCTIONS.filter((one) => one.method === method && !macros.includes(one.name)).map(
      ({ name }) => name,
    );
  expect(offered(false).sort()).toEqual([...FUNCTIONS.keys()].sort());
  expect(offered(true).sort()).toEqual([...METHODS.keys()].sort());
});

test('tags are found in either way of writing; in sections only those that are certain', () => {
  const found = (text: string) => tagsOf(text).map(({ path }) => path);
  expect(found('/a/<<job.id>>/<< context.x >>?{{event.y}}')).toEqual(['job.id', 'context.x', 'event.y']);
  expect(found('<<#context.items>><<name>> of <<job.id>><</context.items>>')).toEqual([
    'context.items',
    'job.id',
    'context.items',
  ]);
  expect(found('<<! a note >>')).toEqual([]);
});
