// Where transitions lead, whatever happens to the states: targets are resolved before a change and written again after it.
import type { Definition } from '../../../engine/definition.ts';
import { keysOf, pathOf, pointerOfPath, replaced, stateAt, stateOfKeys } from './pointers.ts';

/** Id of a machine whose definition says none, as in the engine. */
export const DEFAULT_MACHINE_ID = 'workflow';

export interface Reference {
  /** Of the string that names the target. */
  pointer: string;
  /** Of the transition that has it; of the history state itself where that has one. */
  transition: string;
  written: string;
  /** The state that the transition stands in. */
  source: string;
  /** The state it leads to; null when it names none. */
  target: string | null;
}

const LISTS = ['on', 'after'] as const;
const SINGLES = ['always', 'onDone'] as const;

/** Every target of the definition, in order. */
export function referencesIn(definition: Definition): Reference[] {
  const found: Reference[] = [];
  const resolve = resolverOf(definition);
  const add = (pointer: string, transition: string, written: unknown, source: string): void => {
    if (typeof written === 'string') {
      found.push({ pointer, transition, written, source, target: resolve(source, written) });
    }
  };
  const addAll = (value: unknown, at: string, source: string): void => {
    const many = Array.isArray(value);
    for (const [i, one] of (many ? value : [value]).entries()) {
      const pointer = many ? `${at}/${i}` : at;
      if (typeof one === 'string') add(pointer, pointer, one, source);
      else if (isObject(one)) add(`${pointer}/target`, pointer, one.target, source);
    }
  };
  eachState(definition, (state, pointer) => {
    for (const list of LISTS) {
      for (const [key, value] of entriesOf(state[list])) {
        addAll(value, `${pointer}/${list}/${escaped(key)}`, pointer);
      }
    }
    for (const single of SINGLES) addAll(state[single], `${pointer}/${single}`, pointer);
    const invokes = Array.isArray(state.invoke) ? state.invoke : [state.invoke];
    for (const [i, invoke] of invokes.entries()) {
      if (!isObject(invoke)) continue;
      const at = Array.isArray(state.invoke) ? `${pointer}/invoke/${i}` : `${pointer}/invoke`;
      addAll(invoke.onDone, `${at}/onDone`, pointer);
      addAll(invoke.onError, `${at}/onError`, pointer);
    }
    if (pointer !== '') add(`${pointer}/target`, pointer, state.target, pointer);
  });
  return found;
}

const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const entriesOf = (value: unknown): [string, unknown][] => (isObject(value) ? Object.entries(value) : []);

/** Parents before children, in the order of the document; what is no state is left out. */
export function eachState(
  definition: Definition,
  visit: (state: Record<string, unknown>, pointer: string) => void,
): void {
  const walk = (state: unknown, pointer: string): void => {
    if (!isObject(state)) return;
    visit(state, pointer);
    for (const [key, child] of entriesOf(state.states)) walk(child, `${pointer}/states/${escaped(key)}`);
  };
  walk(definition, '');
}

type Resolver = (source: string, written: string) => string | null;

/** A definition is never changed in place, so what is known of it stays true. */
const resolvers = new WeakMap<Definition, Resolver>();

/** `sibling`, `sibling.child`, `.child`, `#id`, `#id.child`: as the engine finds them. */
export function resolverOf(definition: Definition): Resolver {
  const known = resolvers.get(definition) ?? makeResolver(definition);
  resolvers.set(definition, known);
  return known;
}

function makeResolver(definition: Definition): Resolver {
  const byId = new Map<string, string>();
  const rootId = definition.id ?? DEFAULT_MACHINE_ID;
  eachState(definition, ({ id }, pointer) => {
    const name = typeof id === 'string' ? id : [rootId, ...keysOf(pointer)].join('.');
    if (!byId.has(name)) byId.set(name, pointer);
  });
  const descend = (from: string | undefined, keys: readonly string[]): string | null => {
    if (from === undefined) return null;
    const pointer = stateOfKeys([...keysOf(from), ...keys]);
    return stateAt(definition, pointer) === undefined ? null : pointer;
  };
  return (source, written) => {
    if (written.startsWith('#')) {
      const [id = '', ...rest] = written.slice(1).split('.');
      return descend(byId.get(id), rest);
    }
    if (written.startsWith('.')) return descend(source, written.slice(1).split('.'));
    if (source === '') return null;
    return descend(stateOfKeys(keysOf(source).slice(0, -1)), written.split('.'));
  };
}

/** The path that a target means, written in the state at a path; null when it leads nowhere. */
export function targetPath(definition: Definition, source: string, target: string): string | null {
  const pointer = resolverOf(definition)(pointerOfPath(source), target);
  return pointer === null ? null : pathOf(pointer);
}

/** How a transition of a state writes that it leads to another. Both are paths. */
export const targetText = (definition: Definition, source: string, target: string): string =>
  targetFor(definition, pointerOfPath(source), pointerOfPath(target));

/** How a transition of `source` names `target`: as a sibling, as an inner state, or from the root. */
export function targetFor(definition: Definition, source: string, target: string): string {
  const [from, to] = [keysOf(source), keysOf(target)];
  const around = from.slice(0, -1);
  const startsWith = (keys: readonly string[]) => keys.every((key, i) => to[i] === key);
  if (from.length > 0 && to.length > around.length && startsWith(around)) {
    return to.slice(around.length).join('.');
  }
  if (to.length > from.length && startsWith(from)) return `.${to.slice(from.length).join('.')}`;
  return fromRoot(definition, target);
}

function fromRoot(definition: Definition, target: string): string {
  const { id } = stateAt(definition, target) ?? {};
  if (id !== undefined && target !== '' && !id.includes('.')) return `#${id}`;
  return `#${[definition.id ?? DEFAULT_MACHINE_ID, ...keysOf(target)].join('.')}`;
}

/**
 * Carries out a change of where states stand or what they are called, and lets every transition lead where it led.
 * @param moved where a state of before is after the change; null when it is gone
 */
export function keepingTargets(
  before: Definition,
  change: (definition: Definition) => Definition,
  moved: (state: string) => string | null,
): Definition {
  const references = referencesIn(before);
  const mark = unusedMark(references);
  let marked = before;
  for (const [n, { pointer }] of references.entries())
    marked = replaced(marked, pointer, () => `${mark}${n}`);
  let after = change(marked);
  const resolve = resolverOf(after);
  for (const { pointer, written: markedAs, source } of referencesIn(after)) {
    if (!markedAs.startsWith(mark)) continue;
    const { written, target } = references[Number(markedAs.slice(mark.length))] as Reference;
    const wanted = target === null ? null : moved(target);
    const stays = wanted === null || resolve(source, written) === wanted;
    const anew = (): string =>
      // Written in the way it was: whoever counts from the root goes on doing so.
      written.startsWith('#') ? fromRoot(after, wanted ?? '') : targetFor(after, source, wanted ?? '');
    after = replaced(after, pointer, () => (stays ? written : anew()));
  }
  return after;
}

function unusedMark(references: readonly Reference[]): string {
  let mark = '\u0001';
  while (references.some(({ written }) => written.startsWith(mark))) mark += '\u0001';
  return mark;
}
