// Where something stands in a definition: JSON pointers read, written through without changing what was there, and what
// the one that is selected stands for. Pure.
import type { Definition } from '../../../engine/definition.ts';
import { partsOf, pointerOf, valueAt } from '../document/pointers.ts';

export { partsOf as keysOf, pointerOf, valueAt };

export const inside = (pointer: string, ...keys: (string | number)[]): string => pointer + pointerOf(keys);

type Tree = Readonly<Record<string, unknown>> | readonly unknown[];
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** The document with another value there; undefined takes away what stands there. What is on the way and missing is made. */
export function withValue<T>(document: T, pointer: string, value: unknown): T {
  return put(document, partsOf(pointer), value) as T;
}

function put(at: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(at)) {
    const list = [...at];
    if (rest.length === 0 && value === undefined) list.splice(Number(key), 1);
    else list[Number(key)] = put(list[Number(key)], rest, value);
    return list;
  }
  const object: Record<string, unknown> = { ...(isTree(at) ? (at as Record<string, unknown>) : {}) };
  if (rest.length === 0 && value === undefined) delete object[key];
  else object[key] = put(object[key], rest, value);
  return object;
}

/** The object with the key called otherwise, in the same place. */
export function withKey<T>(object: Readonly<Record<string, T>>, from: string, to: string): Record<string, T> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key === from ? to : key, value]));
}

export type TransitionKind = 'event' | 'always' | 'after' | 'done' | 'succeeded' | 'failed';

export type Selected =
  | { kind: 'root' }
  | { kind: 'state'; pointer: string; path: string; key: string }
  | {
      kind: 'transition';
      pointer: string;
      /** What makes it be taken. */
      on: TransitionKind;
      /** The event or the delay, as written; '' for the others. */
      key: string;
      /** The state it stands in. */
      state: { pointer: string; path: string };
    }
  | { kind: 'invocation'; pointer: string; state: { pointer: string; path: string } };

/** What a pointer stands for: the nearest thing around it that can be selected. Null when nothing is there. */
export function selectedAt(definition: Definition, pointer: string): Selected | null {
  if (valueAt(definition, pointer) === undefined) return null;
  const keys = partsOf(pointer);
  const path: string[] = [];
  let depth = 0;
  while (keys[depth] === 'states' && keys[depth + 1] !== undefined) {
    path.push(keys[depth + 1] as string);
    depth += 2;
  }
  const state = { pointer: pointerOf(keys.slice(0, depth)), path: path.join('.') };
  const around: Selected =
    depth === 0 ? { kind: 'root' } : { kind: 'state', ...state, key: path.at(-1) as string };
  const at = (length: number) => pointerOf(keys.slice(0, depth + length));
  const isIndex = (key: string | undefined) => key !== undefined && /^\d+$/.test(key);
  const [section, second, third, fourth] = keys.slice(depth);
  const transition = (on: TransitionKind, key: string, length: number): Selected => ({
    kind: 'transition',
    pointer: at(length),
    on,
    key,
    state,
  });
  switch (section) {
    case 'on':
    case 'after':
      if (second === undefined) return around;
      return transition(section === 'on' ? 'event' : 'after', second, isIndex(third) ? 3 : 2);
    case 'always':
      return transition('always', '', isIndex(second) ? 2 : 1);
    case 'onDone':
      return transition('done', '', isIndex(second) ? 2 : 1);
    case 'invoke': {
      const length = isIndex(second) ? 2 : 1;
      const [outcome, index] = length === 2 ? [third, fourth] : [second, third];
      if (outcome === 'onDone' || outcome === 'onError') {
        const on = outcome === 'onDone' ? 'succeeded' : 'failed';
        return transition(on, '', length + 1 + (isIndex(index) ? 1 : 0));
      }
      return { kind: 'invocation', pointer: at(length), state };
    }
    default:
      return around;
  }
}

/** A list where one may stand alone, each with its pointer. */
export function listAt<T>(document: unknown, pointer: string): [T, string][] {
  const value = valueAt(document, pointer) as T | T[] | undefined;
  if (value === undefined) return [];
  return Array.isArray(value)
    ? value.map((one, i): [T, string] => [one, inside(pointer, i)])
    : [[value, pointer]];
}
