// What can be done to states. Each is a pure function that also says where the state stands afterwards.
import type { Definition, StateNode } from '../../../engine/definition.ts';
import type { StateKind } from '../../machine/graph.ts';
import type { Changed } from './changed.ts';
import {
  childOf,
  freeKey,
  isWithin,
  keyOf,
  keysOf,
  parentOf,
  replaced,
  stateAt,
  stateOfKeys,
} from './pointers.ts';
import { keepingTargets, type Reference, referencesIn, targetFor } from './targets.ts';
import { removeTransition } from './transitions.ts';

type AnyState = Definition | StateNode;

const keysInside = (state: AnyState | undefined): string[] => Object.keys(state?.states ?? {});

export function kindOf(state: AnyState | undefined): StateKind {
  if (state?.type !== undefined) return state.type;
  if (keysInside(state).length > 0) return 'compound';
  return state !== undefined && 'history' in state && state.history !== undefined ? 'history' : 'atomic';
}

/** Final and history states have nothing inside. */
export const mayHaveStates = (definition: Definition, state: string): boolean => {
  const kind = kindOf(stateAt(definition, state));
  return kind !== 'final' && kind !== 'history';
};

/** A state inside `parent`, its first one when there is none yet. */
export function addState(
  definition: Definition,
  parent: string,
  key = 'state',
  state: StateNode = {},
): Changed {
  const free = freeKey(keysInside(stateAt(definition, parent)), key);
  return { definition: insert(definition, parent, free, state), pointer: childOf(parent, free) };
}

function insert(definition: Definition, parent: string, key: string, state: StateNode, at = -1): Definition {
  return replaced(definition, parent, (value) => {
    const around = value as AnyState;
    const entries = Object.entries(around.states ?? {});
    entries.splice(at < 0 ? entries.length : at, 0, [key, state]);
    const { type, ...rest } = around;
    const begins = type !== 'parallel' && around.initial === undefined && kindOf(state) !== 'history';
    return {
      ...(type !== undefined && type !== 'atomic' && { type }),
      ...withoutUndefined({ ...rest, ...(begins && { initial: key }) }),
      states: Object.fromEntries(entries),
    };
  });
}

/** Without the state; a parent that began with it begins with another. Transitions to it stay as they are written. */
function takeOut(definition: Definition, state: string): Definition {
  const [parent, key] = [parentOf(state) ?? '', keyOf(state)];
  return replaced(definition, parent, (value) => {
    const around = value as AnyState;
    const { [key]: _, ...states } = around.states ?? {};
    const next = Object.entries(states).find(([, one]) => kindOf(one) !== 'history')?.[0];
    if (Object.keys(states).length === 0 && parent !== '') {
      const { states: _states, initial: _initial, type: _type, ...rest } = around;
      return rest;
    }
    const initial = around.initial === key ? next : around.initial;
    return withoutUndefined({ ...around, initial, states: sameOrder(around.states, states) });
  });
}

const sameOrder = (before: StateNode['states'], left: Record<string, StateNode>) =>
  Object.fromEntries(Object.entries(before ?? {}).filter(([key]) => Object.hasOwn(left, key)));

const withoutUndefined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;

/** What leads to the state, or into it, from outside. */
export const incoming = (definition: Definition, state: string): Reference[] =>
  referencesIn(definition).filter(
    ({ source, target }) => target !== null && isWithin(target, state) && !isWithin(source, state),
  );

/** What becomes of the transitions that led to a state that is deleted. */
export type Orphans = { what: 'delete' } | { what: 'keep' } | { what: 'lead'; to: string };

export function deleteState(definition: Definition, state: string, orphans: Orphans): Changed {
  let result = definition;
  // From the last to the first: what is taken out of a list moves what stands behind it.
  for (const { pointer, transition, source } of incoming(definition, state).reverse()) {
    if (orphans.what === 'delete') result = removeTransition(result, transition);
    if (orphans.what === 'lead') {
      result = replaced(result, pointer, () => targetFor(result, source, orphans.to));
    }
  }
  return { definition: takeOut(result, state), pointer: parentOf(state) ?? '' };
}

/** All that named it, its parent's `initial` too, names it as it is called now. */
export function renameState(definition: Definition, state: string, key: string): Changed {
  const [parent, before] = [parentOf(state), keyOf(state)];
  if (parent === null || key === before) return { definition, pointer: state };
  const pointer = childOf(parent, key);
  const change = (one: Definition): Definition =>
    replaced(one, parent, (value) => {
      const around = value as AnyState;
      const states = Object.entries(around.states ?? {}).map(([name, inner]) => [
        name === before ? key : name,
        inner,
      ]);
      return {
        ...around,
        ...(around.initial === before && { initial: key }),
        states: Object.fromEntries(states),
      };
    });
  return { definition: keepingTargets(definition, change, movedFrom(state, pointer)), pointer };
}

const movedFrom =
  (from: string, to: string) =>
  (state: string): string =>
    isWithin(state, from) ? to + state.slice(from.length) : state;

/** Into another state, with all that is inside; every transition leads where it led. */
export function moveState(definition: Definition, state: string, parent: string): Changed {
  if (parentOf(state) === parent || isWithin(parent, state) || !mayHaveStates(definition, parent)) {
    return { definition, pointer: state };
  }
  const key = freeKey(keysInside(stateAt(definition, parent)), keyOf(state));
  const change = (one: Definition): Definition => {
    const moved = stateAt(one, state) ?? {};
    return insert(takeOut(one, state), parent, key, moved);
  };
  const pointer = childOf(parent, key);
  return { definition: keepingTargets(definition, change, movedFrom(state, pointer)), pointer };
}

/** Among its siblings: `by` places down, or up. The regions of a parallel state act in this order. */
export function shiftState(definition: Definition, state: string, by: 1 | -1): Changed {
  const parent = parentOf(state);
  if (parent === null) return { definition, pointer: state };
  const shifted = replaced(definition, `${parent}/states`, (value) => {
    const entries = Object.entries(value as Record<string, StateNode>);
    const from = entries.findIndex(([key]) => key === keyOf(state));
    const to = from + by;
    const [moved] = to < 0 || to >= entries.length ? [] : entries.splice(from, 1);
    if (moved) entries.splice(to, 0, moved);
    return Object.fromEntries(entries);
  });
  return { definition: shifted, pointer: state };
}

export function makeInitial(definition: Definition, state: string): Changed {
  const parent = parentOf(state) ?? '';
  const changed = replaced(definition, parent, (value) => ({
    ...(value as AnyState),
    initial: keyOf(state),
  }));
  return { definition: changed, pointer: state };
}

/** What each kind of state has no use for, and would be refused with. */
const NOT_OF: Readonly<Record<StateKind, readonly string[]>> = {
  atomic: ['type', 'initial', 'states', 'onDone', 'history', 'target', 'output'],
  compound: ['type', 'history', 'target', 'output'],
  parallel: ['initial', 'history', 'target', 'output'],
  final: [...['initial', 'states', 'on', 'always', 'after', 'onDone', 'invoke', 'exit', 'history', 'target']],
  history: [
    ...['initial', 'states', 'on', 'always', 'after', 'onDone', 'invoke', 'entry', 'exit', 'output', 'tags'],
  ],
};

/** What the kind has no use for goes; a compound or parallel state gets a first inner state. */
export function changeKind(definition: Definition, state: string, kind: StateKind): Changed {
  const changed = replaced(definition, state, (value) => {
    const before = value as AnyState;
    const kept = Object.entries(before).filter(([key]) => !NOT_OF[kind].includes(key));
    const says = kind === 'parallel' || kind === 'final' || kind === 'history' ? [['type', kind]] : [];
    const after = Object.fromEntries([...says, ...kept.filter(([key]) => key !== 'type')]) as AnyState;
    if (kind !== 'compound' && kind !== 'parallel') return after;
    const states = keysInside(after).length === 0 ? { state: {} } : after.states;
    const initial = after.initial ?? Object.keys(states ?? {})[0];
    return { ...after, ...(kind === 'compound' && { initial }), states };
  });
  return { definition: changed, pointer: state };
}

export const siblingKeys = (definition: Definition, state: string): string[] =>
  keysInside(stateAt(definition, parentOf(state) ?? '')).filter((key) => key !== keyOf(state));

/** All states but the root, as pointers, in the order of the document. */
export function allStates(definition: Definition, from: readonly string[] = []): string[] {
  const pointer = stateOfKeys(from);
  const inside = keysInside(stateAt(definition, pointer)).flatMap((key) =>
    allStates(definition, [...from, key]),
  );
  return from.length === 0 ? inside : [pointer, ...inside];
}

/** The name of a state among the others of the machine, as people read it. */
export const nameOf = (state: string): string => keysOf(state).join('.') || 'the machine';
