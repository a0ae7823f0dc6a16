import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { workOrder } from '../../../cli/work-order.ts';
import { randomDefinition } from '../../../engine/arbitraries.testkit.ts';
import type { Definition } from '../../../engine/definition.ts';
import { graphOf } from '../../machine/graph.ts';
import type { Changed } from './changed.ts';
import { copied, duplicated, pasted } from './clipboard.ts';
import { begin, redo, step, undo } from './history.ts';
import { placesAfter } from './places.ts';
import { isWithin, parentOf, pathOf, replaced, valueAt } from './pointers.ts';
import {
  addState,
  allStates,
  changeKind,
  deleteState,
  incoming,
  makeInitial,
  mayHaveStates,
  moveState,
  renameState,
  shiftState,
} from './states.ts';
import { referencesIn, targetFor } from './targets.ts';
import {
  addTransition,
  changeSlot,
  moveTransition,
  removeTransition,
  retarget,
  slotOf,
} from './transitions.ts';

const CONNECTION = '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f';
const KINDS = ['atomic', 'compound', 'parallel', 'final', 'history'] as const;

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

/** Where everything leads, by pointers. */
const waysOf = (definition: Definition) =>
  referencesIn(definition).map(({ source, target }) => [source, target]);

/** Targets written as people do, and not only from the root. */
const asWrittenByHand = (definition: Definition): Definition =>
  referencesIn(definition).reduce(
    (now, { pointer, source, target }, i) =>
      target === null || i % 3 === 0 ? now : replaced(now, pointer, () => targetFor(now, source, target)),
    definition,
  );

const machine = () => randomDefinition().map((definition) => frozen(asWrittenByHand(definition)));

/** A machine and two of its states. */
const picked = () =>
  fc.tuple(machine(), fc.nat(), fc.nat()).map(([definition, a, b]) => {
    const all = allStates(definition);
    const at = (n: number) => all[n % all.length] as string;
    return { definition, state: at(a), other: at(b) };
  });

type Picked = { definition: Definition; state: string; other: string };

const transitionsIn = (definition: Definition): string[] =>
  referencesIn(definition).map(({ transition }) => transition);

const EVERY_EDIT: Record<string, (picked: Picked) => Changed> = {
  'adding a state': ({ definition, state }) =>
    mayHaveStates(definition, state) ? addState(definition, state) : addState(definition, ''),
  'renaming a state': ({ definition, state }) => renameState(definition, state, 'renamed'),
  'moving a state': ({ definition, state, other }) => moveState(definition, state, other),
  'shifting a state': ({ definition, state }) => shiftState(definition, state, 1),
  'making a state the first': ({ definition, state }) => makeInitial(definition, state),
  'deleting a state': ({ definition, state }) => deleteState(definition, state, { what: 'delete' }),
  'changing the kind of a state': ({ definition, state, other }) =>
    changeKind(definition, state, KINDS[other.length % KINDS.length] ?? 'atomic'),
  'duplicating a state': ({ definition, state }) =>
    duplicated(definition, state) ?? { definition, pointer: '' },
  'adding a transition': ({ definition, state, other }) =>
    addTransition(definition, state, { kind: 'on', key: 'NEXT' }, other),
  'moving a transition': ({ definition, state }) =>
    moveTransition(definition, transitionsIn(definition).at(0) ?? '', state),
};

describe.each(Object.entries(EVERY_EDIT))('%s', (_, edit) => {
  test('changes nothing in place, and is undone whole', () => {
    fc.assert(
      fc.property(picked(), (given) => {
        const before = { definition: given.definition, places: {} };
        const text = JSON.stringify(given.definition);
        const { definition, pointer } = edit(given);
        expect(JSON.stringify(given.definition)).toBe(text);
        expect(pointer === '' || valueAt(definition, pointer) !== undefined).toBe(true);
        const after = step(begin(before), { definition, places: {} }, { label: 'it', pointer, at: 0 });
        expect(undo(after).now).toEqual(before);
        expect(redo(undo(after)).now).toBe(after.now);
      }),
      { numRuns: 20 },
    );
  });
});

test('a machine is the same after a state was renamed, but for its name', () => {
  fc.assert(
    fc.property(picked(), ({ definition, state }) => {
      const { definition: after, pointer } = renameState(definition, state, 'renamed');
      const name = (at: string) => (isWithin(at, state) ? pointer + at.slice(state.length) : at);
      const was = graphOf(definition);
      const is = graphOf(after);
      expect(is.states.map((one) => [one.pointer, one.kind, one.initial])).toEqual(
        was.states.map((one) => [name(one.pointer), one.kind, one.initial]),
      );
      expect(waysOf(after)).toEqual(
        waysOf(definition).map(([from, to]) => [name(from ?? ''), to === null ? null : name(to ?? '')]),
      );
      expect(renameState(after, pointer, state.split('/').at(-1) ?? '').definition).toEqual(definition);
    }),
    { numRuns: 40 },
  );
});

test('every transition leads where it led after a state was moved into another one', () => {
  fc.assert(
    fc.property(picked(), ({ definition, state, other }) => {
      const { definition: after, pointer } = moveState(definition, state, other);
      const name = (at: string | null) =>
        at !== null && isWithin(at, state) ? pointer + at.slice(state.length) : at;
      const sorted = (ways: (string | null)[][]) => ways.map((way) => way.join(' → ')).sort();
      expect(sorted(waysOf(after))).toEqual(
        sorted(waysOf(definition).map((way) => way.map((at) => name(at ?? null)))),
      );
    }),
    { numRuns: 40 },
  );
});

test('nothing leads to a state that was deleted, nor anything begins with it', () => {
  fc.assert(
    fc.property(picked(), ({ definition, state }) => {
      const { definition: after } = deleteState(definition, state, { what: 'delete' });
      expect(valueAt(after, state)).toBeUndefined();
      expect(referencesIn(after).filter(({ target }) => target === null)).toEqual(
        referencesIn(definition)
          .filter(({ target }) => target === null)
          .map(() => expect.anything()),
      );
      const parent = valueAt(after, parentOf(state) ?? '') as Definition;
      expect(parent.initial === undefined || Object.keys(parent.states ?? {}).includes(parent.initial)).toBe(
        true,
      );
    }),
    { numRuns: 40 },
  );
});

test('what led to a deleted state leads elsewhere, or stays as it was written', () => {
  const definition = frozen(workOrder(CONNECTION));
  expect(incoming(definition, '/states/done').map(({ transition }) => transition)).toEqual([
    '/states/review/on/APPROVE',
  ]);
  const led = deleteState(definition, '/states/done', { what: 'lead', to: '/states/escalated' }).definition;
  expect(led.states?.review?.on?.APPROVE).toMatchObject({ target: 'escalated' });
  const kept = deleteState(definition, '/states/done', { what: 'keep' }).definition;
  expect(kept.states?.review?.on?.APPROVE).toMatchObject({ target: 'done' });
});

describe('a transition', () => {
  const definition: Definition = frozen({
    initial: 'a',
    states: {
      a: { on: { X: [{ target: 'b', guard: 'true' }, 'c'] } },
      b: { initial: 'd', states: { d: { after: { '1000': 'e' } }, e: {} } },
      c: { type: 'final' },
    },
  });

  test('is drawn to another state, and named from where it stands', () => {
    expect(
      retarget(definition, '/states/a/on/X/0', '/states/b/states/e').definition.states?.a?.on?.X,
    ).toEqual([{ target: 'b.e', guard: 'true' }, 'c']);
    const { definition: moved, pointer } = moveTransition(
      definition,
      '/states/b/states/d/after/1000',
      '/states/a',
    );
    expect([pointer, valueAt(moved, pointer)]).toEqual(['/states/a/after/1000', 'b.e']);
    expect(moved.states?.b?.states?.d).toEqual({});
  });

  test('that is taken from a list leaves the other one alone in its place', () => {
    expect(removeTransition(definition, '/states/a/on/X/0').states?.a?.on).toEqual({ X: 'c' });
    expect(removeTransition(definition, '/states/b/states/d/after/1000').states?.b?.states?.d).toEqual({});
  });

  test('hears another event in the place it had', () => {
    const two: Definition = { states: { a: { on: { X: 'a', Y: 'a' } } } };
    const { definition: after, pointer } = changeSlot(two, '/states/a/on/X', { kind: 'on', key: 'Z' });
    expect([pointer, Object.keys(after.states?.a?.on ?? {})]).toEqual(['/states/a/on/Z', ['Z', 'Y']]);
    const joined = changeSlot(two, '/states/a/on/X', { kind: 'on', key: 'Y' });
    expect(joined.pointer).toBe('/states/a/on/Y/1');
    expect(slotOf('/states/a/invoke/onDone')).toBeNull();
  });
});

test('a copied state can be pasted anywhere: names stay unique, and it leads into itself', () => {
  const original: Definition = frozen({
    id: 'first',
    states: {
      outer: {
        initial: 'x',
        states: {
          x: {
            entry: { action_type: 'WEBHOOK', name: 'ping', params: { connection_id: CONNECTION, path: '/' } },
            on: { GO: { target: '#first.outer.y', guard: "actions.ping.status == 'SUCCEEDED'" } },
          },
          y: {},
        },
      },
    },
  });
  const text = copied(original, '/states/outer') ?? '';
  const here = pasted(original, text, '/states/outer/states/x');
  expect(here?.pointer).toBe('/states/outer/states/outer');
  expect(valueAt(here?.definition, '/states/outer/states/outer/states/x')).toMatchObject({
    entry: { name: 'ping_2' },
    on: { GO: { target: '#first.outer.outer.y', guard: "actions.ping_2.status == 'SUCCEEDED'" } },
  });
  const elsewhere = pasted({ id: 'second', states: {} }, text, null);
  expect(elsewhere?.definition.states?.outer?.states?.x?.on?.GO).toMatchObject({ target: '#second.outer.y' });
  expect(pasted(original, '{"pawl":"nothing"}', null)).toBeNull();
  expect(pasted(original, 'not JSON', null)).toBeNull();
});

test('what is typed without a pause is one step of undo', () => {
  const design = (n: number) => ({ definition: { context: { n } }, places: {} });
  const typed = (at: number, n: number, history: ReturnType<typeof begin>, pointer = '/a') =>
    step(history, design(n), { label: 'Edit', pointer, at });
  let history = typed(5_000, 3, typed(700, 2, typed(0, 1, begin(design(0)))));
  expect(history.past.map(({ definition }) => definition.context?.n)).toEqual([0, 2]);
  history = typed(5_001, 4, history, '/b');
  expect(undo(history).now).toEqual(design(3));
});

test('a state that was renamed stays where somebody put it', () => {
  const before: Definition = { states: { a: { states: { b: {} } }, c: {} } };
  const places = { a: { x: 1, y: 1 }, 'a.b': { x: 2, y: 2 }, c: { x: 3, y: 3 } };
  const { definition } = renameState(before, '/states/a', 'z');
  expect(placesAfter(places, before, definition)).toEqual({
    z: { x: 1, y: 1 },
    'z.b': { x: 2, y: 2 },
    c: { x: 3, y: 3 },
  });
  expect(
    placesAfter(places, before, deleteState(before, '/states/c', { what: 'delete' }).definition),
  ).not.toHaveProperty('c');
  expect(pathOf('/states/a/states/b/on/X')).toBe('a.b');
});
