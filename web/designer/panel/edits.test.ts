import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { randomDefinition } from '../../../engine/arbitraries.testkit.ts';
import type { Definition } from '../../../engine/definition.ts';
import { createStateTree } from '../../../engine/state-tree.ts';
import { validateDefinition } from '../../../engine/validate.ts';
import { graphOf } from '../../machine/graph.ts';
import { renameState } from '../document/states.ts';
import { targetPath, targetText } from '../document/targets.ts';
import {
  addTransition,
  changeActions,
  changeTransition,
  duplicateOf,
  moveTrigger,
  removeAt,
} from './edits.ts';
import { selectedAt, valueAt, withValue } from './place.ts';

/** Of definitions that are costly to make. */
const RUNS = { numRuns: 50 };

/** Every transition that is drawn, of whatever kind. */
const pointersOf = (definition: Definition): string[] => {
  const { states, edges } = graphOf(definition);
  return [...states.flatMap(({ inner }) => inner), ...edges.flatMap(({ transitions }) => transitions)]
    .map(({ pointer }) => pointer)
    .filter((pointer) => !pointer.endsWith('/target'));
};
const pathsOf = (definition: Definition): string[] =>
  createStateTree(definition)
    .states.map(({ path }) => path)
    .filter((path) => path !== '');
const pick = <T>(list: readonly T[], nth: number): T => list[nth % list.length] as T;

/** A definition and something to do to it: afterwards it is as it was, frozen or not. */
function untouched(definition: Definition, edit: { apply(definition: Definition): Definition }): Definition {
  const before = structuredClone(definition);
  const after = edit.apply(definition);
  expect(definition).toEqual(before);
  return after;
}

describe('a definition', () => {
  it('is never changed by an edit, and what was put can be read where it was put', () => {
    fc.assert(
      fc.property(randomDefinition(), fc.nat(), (definition, nth) => {
        const all = pointersOf(definition);
        fc.pre(all.length > 0);
        const pointer = pick(all, nth);
        const guarded = untouched(definition, changeTransition('', pointer, { guard: 'true' }));
        expect(valueAt(guarded, `${pointer}/guard`)).toBe('true');
        expect(selectedAt(guarded, pointer)?.kind).toBe('transition');
        const again = untouched(guarded, changeTransition('', pointer, { guard: undefined }));
        expect(valueAt(again, `${pointer}/guard`)).toBeUndefined();
        untouched(
          definition,
          changeActions('', `${pointer}/actions`, (list) => [...list].reverse()),
        );
        untouched(definition, removeAt('', pointer));
      }),
      RUNS,
    );
  });

  it('stays valid when a state is called otherwise, and every target leads where it led', () => {
    fc.assert(
      fc.property(randomDefinition(), fc.nat(), (definition, nth) => {
        const path = pick(pathsOf(definition), nth);
        const at = pointerIn(definition, path);
        const { pointer } = renameState(definition, at, 'called_otherwise');
        const renamed = untouched(definition, {
          apply: (now) => renameState(now, at, 'called_otherwise').definition,
        }) as Definition;
        expect(selectedAt(renamed, pointer)).toMatchObject({ kind: 'state', key: 'called_otherwise' });
        expect(validateDefinition(renamed).ok).toBe(true);
        const now = (led: string) => {
          const keys = led.split('.');
          const depth = path.split('.').length;
          if (keys.slice(0, depth).join('.') === path) keys[depth - 1] = 'called_otherwise';
          return keys.join('.');
        };
        const targets = (of: Definition, spoken: (path: string) => string) =>
          createStateTree(of).states.flatMap(({ transitions }) =>
            transitions.map(({ source, target }) => [spoken(source.path), spoken(target?.path ?? '')]),
          );
        expect(targets(renamed, (led) => led)).toEqual(targets(definition, now));
      }),
      RUNS,
    );
  });

  it('has a target for every state, from every state', () => {
    fc.assert(
      fc.property(randomDefinition(), fc.nat(), fc.nat(), (definition, one, other) => {
        const paths = pathsOf(definition);
        const [source, target] = [pick(['', ...paths], one), pick(paths, other)];
        const text = targetText(definition, source, target);
        expect(targetPath(definition, source, text)).toBe(target);
        const written = withValue(definition, `${pointerIn(definition, source)}/always`, [{ target: text }]);
        const state = createStateTree(written).states.find(({ path }) => path === source);
        expect(state?.transitions.find(({ trigger }) => trigger === 'always')?.target?.path).toBe(target);
      }),
      RUNS,
    );
  });
});

const pointerIn = (definition: Definition, path: string): string =>
  createStateTree(definition).states.find((state) => state.path === path)?.pointer ?? '';

const DRAFT: Definition = {
  initial: 'a',
  states: {
    a: {
      on: { GO: 'b', STOP: [{ target: 'b', guard: 'true' }, { target: '.' }] },
      invoke: { src: 'webhook', input: { connection_id: '', path: '/' }, onDone: 'b' },
    },
    b: {},
  },
};

test('a target alone stays one until there is more to say', () => {
  const at = '/states/a/on/GO';
  expect(valueAt(changeTransition('', at, { target: 'a' }).apply(DRAFT), at)).toBe('a');
  const guarded = changeTransition('', at, { guard: 'true' }).apply(DRAFT);
  expect(valueAt(guarded, at)).toEqual({ target: 'b', guard: 'true' });
  const acting = changeActions('', `${at}/actions`, () => [{ action_type: 'ASSIGN', params: {} }]).apply(
    DRAFT,
  );
  expect(valueAt(acting, at)).toMatchObject({ target: 'b', actions: [{ action_type: 'ASSIGN' }] });
});

test('a transition moves to another event, alone or out of a list', () => {
  const keys = (definition: Definition) => Object.keys(definition.states?.a?.on ?? {});
  const renamed = moveTrigger(DRAFT, '/states/a/on/GO', 'LEAVE');
  expect(renamed?.pointer).toBe('/states/a/on/LEAVE');
  expect(keys(renamed?.edit.apply(DRAFT) ?? {})).toEqual(['LEAVE', 'STOP']);
  const joined = moveTrigger(DRAFT, '/states/a/on/GO', 'STOP');
  expect(joined?.pointer).toBe('/states/a/on/STOP/2');
  expect(valueAt(joined?.edit.apply(DRAFT), joined?.pointer ?? '')).toBe('b');
  const parted = moveTrigger(DRAFT, '/states/a/on/STOP/0', 'END');
  expect(valueAt(parted?.edit.apply(DRAFT), '/states/a/on/END')).toEqual({ target: 'b', guard: 'true' });
});

test('what is removed leaves nothing empty behind, and no state goes with it', () => {
  const without = [
    '/states/a/on/GO',
    '/states/a/on/STOP/1',
    '/states/a/on/STOP/0',
    '/states/a/invoke',
  ].reduce((definition, pointer) => removeAt('', pointer).apply(definition), DRAFT);
  expect(without).toEqual({ initial: 'a', states: { a: {}, b: {} } });
});

test('a transition is added behind those that are there', () => {
  const added = addTransition(DRAFT, '', '/states/a/on/GO', { target: 'a' });
  expect(added.pointer).toBe('/states/a/on/GO/1');
  expect(valueAt(added.edit.apply(DRAFT), '/states/a/on/GO')).toEqual(['b', { target: 'a' }]);
});

test('a duplicate has a name that nothing has', () => {
  const action = { action_type: 'WEBHOOK', name: 'call', params: { connection_id: '', path: '/' } } as const;
  const one: Definition = { states: { a: { entry: [action] } } };
  const two: Definition = { states: { a: { entry: [action, duplicateOf(one, action)] } } };
  expect(duplicateOf(one, action)).toMatchObject({ name: 'call_2' });
  expect(duplicateOf(two, action)).toMatchObject({ name: 'call_3' });
});

test.each([
  ['/states/a', 'state'],
  ['/states/a/entry/0', 'state'],
  ['/states/a/on/STOP/0/guard', 'transition'],
  ['/states/a/invoke', 'invocation'],
  ['/states/a/invoke/input/path', 'invocation'],
  ['/states/a/invoke/onDone', 'transition'],
  ['', 'root'],
])('%s stands for a %s', (pointer, kind) => {
  const definition = withValue(DRAFT, '/states/a/entry', [{ action_type: 'ASSIGN', params: {} }]);
  expect(selectedAt(definition, pointer)?.kind).toBe(kind);
});
