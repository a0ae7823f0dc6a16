// RFC 6901 pointers into a definition: every state, transition and action is known by one. Nothing is ever changed in
// place; what an edit does not touch stays the same object.
import type { Definition, StateNode } from '../../../engine/definition.ts';

type Container = Record<string, unknown> | unknown[];

export const partsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

export const pointerOf = (parts: readonly (string | number)[]): string =>
  parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** What stands there; undefined where nothing does. */
export function valueAt(document: unknown, pointer: string): unknown {
  let at = document;
  for (const part of partsOf(pointer)) at = memberOf(at, part);
  return at;
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

/**
 * The document with something else at `pointer`; undefined takes it out. Keys keep their places, as the order of states
 * and transitions means something; a new one comes last. Where the way to it does not exist, nothing changes.
 */
export function replaced<T>(document: T, pointer: string, change: (value: unknown) => unknown): T {
  return replacedIn(document, partsOf(pointer), change) as T;
}

function replacedIn(value: unknown, parts: readonly string[], change: (value: unknown) => unknown): unknown {
  const [first, ...rest] = parts;
  if (first === undefined) return change(value);
  if (typeof value !== 'object' || value === null) return value;
  const before = memberOf(value, first);
  if (before === undefined && rest.length > 0) return value;
  const after = replacedIn(before, rest, change);
  return after === before ? value : withMember(value as Container, first, after);
}

function withMember(container: Container, key: string, member: unknown): Container {
  if (Array.isArray(container)) {
    const at = Number(key);
    return member === undefined
      ? container.filter((_, i) => i !== at)
      : container.map((one, i) => (i === at ? member : one));
  }
  const entries = Object.entries(container);
  const known = entries.some(([name]) => name === key);
  if (member === undefined) return Object.fromEntries(entries.filter(([name]) => name !== key));
  if (!known) return Object.fromEntries([...entries, [key, member]]);
  return Object.fromEntries(entries.map(([name, one]) => [name, name === key ? member : one]));
}

/** The keys of the states from the root to the one that `pointer` is, or stands in. */
export function keysOf(pointer: string): string[] {
  const parts = partsOf(pointer);
  const keys: string[] = [];
  for (let i = 0; parts[i] === 'states' && parts[i + 1] !== undefined; i += 2)
    keys.push(parts[i + 1] as string);
  return keys;
}

export const stateOfKeys = (keys: readonly string[]): string =>
  pointerOf(keys.flatMap((key) => ['states', key]));

/** The pointer of the state that `pointer` is, or stands in. */
export const stateOf = (pointer: string): string => stateOfKeys(keysOf(pointer));

export const isState = (pointer: string): boolean => stateOf(pointer) === pointer;

/** Null for the root. */
export function parentOf(state: string): string | null {
  const keys = keysOf(state);
  return keys.length === 0 ? null : stateOfKeys(keys.slice(0, -1));
}

export const childOf = (state: string, key: string): string => state + pointerOf(['states', key]);

export const keyOf = (state: string): string => keysOf(state).at(-1) ?? '';

export const pointerOfPath = (path: string): string => stateOfKeys(path === '' ? [] : path.split('.'));

/** As in a job's `current_state`, and in the graph. */
export const pathOf = (pointer: string): string => keysOf(pointer).join('.');

export const stateAt = (definition: Definition, pointer: string): StateNode | undefined =>
  valueAt(definition, pointer) as StateNode | undefined;

export const isWithin = (pointer: string, outer: string): boolean =>
  pointer === outer || pointer.startsWith(`${outer}/`);

/** `key`, or `key_2`, `key_3`, … where that is taken. */
export function freeKey(taken: readonly string[], key: string): string {
  if (!taken.includes(key)) return key;
  const stem = key.replace(/_\d+$/, '');
  for (let n = 2; ; n++) if (!taken.includes(`${stem}_${n}`)) return `${stem}_${n}`;
}
