// A definition that is being written has errors most of the time. Without the parts that have them, the rest can be tried
// already: what is left keeps its pointers.
import type { Definition } from './definition.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { childPointer } from './pointer.ts';
import type { Validation } from './validate.ts';

export interface Remainder {
  definition: Definition;
  /** Pointers of what is not in it, or not as it was written. */
  leftOut: string[];
}

// Leaving out one part can show what is wrong with another, and what cannot be mended in the small is left out whole.
const MAX_ROUNDS = 12;

/**
 * Leaves out what has errors: an action does nothing, a guard refuses, a target leads nowhere. Does not change its
 * argument. Null when nothing useful is left, such as a machine without states.
 */
export function leaveOutErrors(input: Json, check: (input: Json) => Validation): Remainder | null {
  const copy = structuredClone(input);
  const leftOut = new Set<string>();
  const tries = new Map<string, number>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const validation = check(copy);
    if (validation.ok) return { definition: validation.definition, leftOut: [...leftOut] };
    if (!isJsonObject(copy)) return null;
    const errors = new Set(
      validation.problems.flatMap(({ severity, pointer }) => (severity === 'error' ? [pointer] : [])),
    );
    for (const pointer of errors) {
      const tried = tries.get(pointer) ?? 0;
      tries.set(pointer, tried + 1);
      const part = partsAround(copy, pointer)[tried];
      if (part === undefined) return null;
      put(copy, part);
      leftOut.add(part.pointer);
    }
  }
  return null;
}

interface Part {
  pointer: string;
  /** What stands there instead; undefined: nothing does. */
  instead: Json | undefined;
}

const NO_ACTION: Json = { action_type: 'ASSIGN', params: {} };

/** What may be left out for an error at a pointer, from the smallest to the whole state. */
function partsAround(definition: JsonObject, pointer: string): Part[] {
  const keys = keysOf(pointer);
  let depth = 0;
  while (keys[depth] === 'states' && keys[depth + 1] !== undefined) depth += 2;
  const at = (length: number): string => childPointer('', ...keys.slice(0, length));
  const state = at(depth);
  const whole: Part[] = depth === 0 ? [] : [{ pointer: state, instead: {} }];
  const section = keys[depth];
  if (section === undefined) return whole;
  const parts: Part[] = [];
  if (section === 'initial') parts.push({ pointer: at(depth + 1), instead: firstKeyIn(definition, state) });
  // An event may be called as anything.
  const from = section === 'on' || section === 'after' ? depth + 2 : depth;
  const list = keys.findIndex((key, i) => i >= from && (ACTIONS.has(key) || key === 'guard'));
  if (list >= 0 && ACTIONS.has(keys[list] ?? '')) {
    const length = Array.isArray(valueAt(definition, at(list + 1))) ? list + 2 : list + 1;
    if (keys.length >= length) parts.push({ pointer: at(length), instead: NO_ACTION });
  } else if (list >= 0) {
    parts.push({ pointer: at(list + 1), instead: 'false' });
  }
  if (typeof valueAt(definition, pointer) === 'string' && LEADS.has(section) && keys.at(-1) !== 'guard') {
    // A target: alone in its place, or under its key.
    parts.push({ pointer, instead: keys.at(-1) === 'target' ? undefined : {} });
  }
  for (let length = keys.length; length > depth; length--) {
    // An element that went would move those behind it.
    if (!Array.isArray(valueAt(definition, at(length - 1))))
      parts.push({ pointer: at(length), instead: undefined });
  }
  return [...parts, ...whole];
}

const ACTIONS: ReadonlySet<string> = new Set(['actions', 'entry', 'exit']);
const LEADS: ReadonlySet<string> = new Set(['on', 'after', 'always', 'onDone', 'invoke']);

function firstKeyIn(definition: JsonObject, state: string): Json | undefined {
  const states = valueAt(definition, childPointer(state, 'states'));
  return isJsonObject(states) ? Object.keys(states)[0] : undefined;
}

const keysOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

function valueAt(value: Json, pointer: string): Json | undefined {
  let at: Json | undefined = value;
  for (const key of keysOf(pointer)) {
    if (Array.isArray(at)) at = at[Number(key)];
    else at = isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

function put(definition: JsonObject, { pointer, instead }: Part): void {
  const keys = keysOf(pointer);
  const key = keys.at(-1) ?? '';
  const holder = valueAt(definition, childPointer('', ...keys.slice(0, -1)));
  if (Array.isArray(holder)) holder[Number(key)] = structuredClone(instead ?? null);
  else if (!isJsonObject(holder)) return;
  else if (instead === undefined) delete holder[key];
  else if (Object.hasOwn(holder, key) || key === 'initial') holder[key] = structuredClone(instead);
}
