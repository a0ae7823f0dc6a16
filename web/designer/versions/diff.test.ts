import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { randomDefinition } from '../../../engine/arbitraries.testkit.ts';
import type { Definition } from '../../../engine/definition.ts';
import { graphOf } from '../../machine/graph.ts';
import { renameState } from '../document/states.ts';
import { changeTransition } from '../panel/edits.ts';
import { type Change, diffDefinitions } from './diff.ts';

/** Of definitions that are costly to make. */
const RUNS = { numRuns: 50 };

const ORDER: Definition = {
  id: 'order',
  context: { amount: 0 },
  initial: 'draft',
  states: {
    draft: {
      on: {
        SUBMIT: {
          target: 'review',
          guard: 'event.amount > 0',
          actions: [
            { action_type: 'ASSIGN', params: { amount: 'event.amount' } },
            { action_type: 'WEBHOOK', name: 'notify', params: { connection_id: 'c', path: '/a' } },
          ],
        },
      },
    },
    review: { after: { PT1H: 'done' }, on: { APPROVE: 'done' } },
    done: { type: 'final' },
  },
};

const said = (after: Definition): string[] => diffDefinitions(ORDER, after).map(line);
const line = ({ kind, what, state, name, field }: Change) =>
  [kind, what, state, name, field].filter((part) => part !== null).join(' | ');
const changed = (change: (copy: Definition) => void): Definition => {
  const copy = structuredClone(ORDER);
  change(copy);
  return copy;
};
// biome-ignore lint/suspicious/noExplicitAny: a test reaches into a definition that it knows
const of = (copy: Definition): any => copy.states;

test('nothing differs from itself, whatever it is', () => {
  fc.assert(
    fc.property(randomDefinition(), (definition) => {
      expect(diffDefinitions(definition, definition)).toEqual([]);
    }),
    RUNS,
  );
});

test('what is only written otherwise is no difference', () => {
  fc.assert(
    fc.property(randomDefinition(), (definition) => {
      expect(diffDefinitions(definition, spelledOut(definition))).toEqual([]);
    }),
    RUNS,
  );
});

test('no transition changes unseen', () => {
  fc.assert(
    fc.property(randomDefinition(), fc.nat(), (definition, nth) => {
      const all = graphOf(definition)
        .states.flatMap(({ inner }) => inner)
        .concat(graphOf(definition).edges.flatMap(({ transitions }) => transitions));
      const { pointer } = all[nth % all.length] ?? {};
      fc.pre(pointer !== undefined && !pointer.endsWith('/target'));
      const described = changeTransition('', pointer ?? '', { description: 'seen' }).apply(definition);
      expect(diffDefinitions(definition, described)).toContainEqual(
        expect.objectContaining({ what: 'transition', field: 'description', after: 'seen' }),
      );
    }),
    RUNS,
  );
});

test('a state under another name is one change, wherever it is named', () => {
  fc.assert(
    fc.property(randomDefinition(), fc.nat(), (definition, nth) => {
      const keys = Object.keys(definition.states ?? {});
      const key = keys[nth % keys.length] as string;
      const renamed = renameState(definition, `/states/${key}`, 'called_otherwise').definition;
      const changes = diffDefinitions(definition, renamed);
      expect(changes.map(({ kind, what, after }) => [kind, what, after])).toEqual([
        ['renamed', 'state', 'called_otherwise'],
      ]);
    }),
    RUNS,
  );
});

/** Targets as objects, actions as lists, the defaults written out. */
function spelledOut<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (key, inner) => {
      if (['entry', 'exit', 'actions', 'always', 'invoke'].includes(key) && !Array.isArray(inner))
        return [inner];
      if (key !== 'on' && key !== 'after') return inner;
      return Object.fromEntries(
        Object.entries(inner as object).map(([name, written]) => [
          name,
          typeof written === 'string' ? { target: written } : written,
        ]),
      );
    }),
  );
}

describe('of a workflow are told', () => {
  it.each<[string, (copy: Definition) => void, string[]]>([
    [
      'a guard',
      (copy) => Object.assign(of(copy).draft.on.SUBMIT, { guard: 'true' }),
      ['changed | transition | draft | SUBMIT | guard'],
    ],
    [
      'a target',
      (copy) => Object.assign(of(copy).draft.on.SUBMIT, { target: 'done' }),
      ['changed | transition | draft | SUBMIT | target'],
    ],
    [
      'an event',
      (copy) => Object.assign(of(copy).review.on, { REJECT: 'draft' }),
      ['added | transition | review | REJECT'],
    ],
    [
      'a delay',
      (copy) => Object.assign(of(copy).review, { after: { PT2H: 'done' } }),
      ['removed | transition | review | after 1 hour', 'added | transition | review | after 2 hours'],
    ],
    [
      'a field of an action',
      (copy) => Object.assign(of(copy).draft.on.SUBMIT.actions[1].params, { path: '/b' }),
      ['changed | action | draft | SUBMIT: notify | params.path'],
    ],
    [
      'the order of actions',
      (copy) => of(copy).draft.on.SUBMIT.actions.reverse(),
      ['reordered | action | draft | SUBMIT | actions'],
    ],
    [
      'an action',
      (copy) => of(copy).draft.on.SUBMIT.actions.pop(),
      ['removed | action | draft | SUBMIT: notify'],
    ],
    [
      'a key of the context',
      (copy) => Object.assign(copy, { context: { amount: 1 } }),
      ['changed | machine |  |  | context.amount'],
    ],
    [
      'a state',
      (copy) => Object.assign(of(copy), { held: { on: { GO: 'done' } } }),
      ['added | state |  | held'],
    ],
  ])('%s', (_, change, expected) => {
    expect(said(changed(change))).toEqual(expected);
  });

  it('not that an hour is written as minutes', () => {
    expect(said(changed((copy) => Object.assign(of(copy).review, { after: { '3600000': 'done' } })))).toEqual(
      [],
    );
  });
});
