// Copies as JSON, so that they paste into another workflow, another window, or a mail.
import type { Definition, StateNode, TransitionConfig } from '../../../engine/definition.ts';
import type { Changed } from './changed.ts';
import { freeKey, isState, keyOf, keysOf, stateAt, stateOf, valueAt } from './pointers.ts';
import { addState, mayHaveStates } from './states.ts';
import { DEFAULT_MACHINE_ID, eachState } from './targets.ts';
import { insertTransition, type Slot, slotOf } from './transitions.ts';

type Clip =
  | { pawl: 'state'; key: string; machine: string; path: string; state: StateNode }
  | { pawl: 'transition'; slot: Slot; transition: string | TransitionConfig };

/** Null when what stands at `pointer` cannot be copied by itself. */
export function copied(definition: Definition, pointer: string): string | null {
  if (isState(pointer)) {
    const state = stateAt(definition, pointer);
    if (pointer === '' || !state) return null;
    const machine = definition.id ?? DEFAULT_MACHINE_ID;
    return written({
      pawl: 'state',
      key: keyOf(pointer),
      machine,
      path: keysOf(pointer).join('.'),
      state,
    });
  }
  const [slot, transition] = [slotOf(pointer), valueAt(definition, pointer)];
  if (!slot || transition === undefined) return null;
  return written({ pawl: 'transition', slot, transition: transition as TransitionConfig });
}

const written = (clip: Clip): string => JSON.stringify(clip, null, 2);

/**
 * Puts a copy beside the state that is selected, or into a state that has states; a transition into the state.
 * @returns null when the text is no copy of ours
 */
export function pasted(definition: Definition, text: string, selected: string | null): Changed | null {
  const clip = read(text);
  if (!clip) return null;
  const state = stateOf(selected ?? '');
  if (clip.pawl === 'transition') return insertTransition(definition, state, clip.slot, clip.transition);
  return pasteState(definition, clip, hostFor(definition, state));
}

function hostFor(definition: Definition, state: string): string {
  const inside = Object.keys(stateAt(definition, state)?.states ?? {}).length > 0;
  if (state === '' || (inside && mayHaveStates(definition, state))) return state;
  return state.slice(0, state.lastIndexOf('/states/'));
}

/** The copy beside the state itself. */
export function duplicated(definition: Definition, state: string): Changed | null {
  const text = copied(definition, state);
  const clip = text === null ? null : read(text);
  if (clip?.pawl !== 'state') return null;
  return pasteState(definition, clip, state.slice(0, state.lastIndexOf('/states/')));
}

function read(text: string): Clip | null {
  try {
    const clip = JSON.parse(text) as Clip | null;
    if (clip?.pawl === 'state') return typeof clip.state === 'object' && clip.state !== null ? clip : null;
    return clip?.pawl === 'transition' && clip.slot && clip.transition !== undefined ? clip : null;
  } catch {
    return null;
  }
}

function pasteState(definition: Definition, clip: Clip & { pawl: 'state' }, parent: string): Changed {
  const key = freeKey(Object.keys(stateAt(definition, parent)?.states ?? {}), clip.key);
  const to = [definition.id ?? DEFAULT_MACHINE_ID, ...keysOf(parent), key].join('.');
  const from = `#${clip.machine}.${clip.path}`;
  const names = namesIn(definition);
  const { state, renamed } = withFreeNames(clip.state, names);
  const copy = eachString(state, (text) => {
    // What led into the original leads into the copy.
    if (text === from || text.startsWith(`${from}.`)) return `#${to}${text.slice(from.length)}`;
    return [...renamed].reduce(
      (now, [before, after]) =>
        now.replaceAll(new RegExp(`\\bactions\\.${before}\\b`, 'g'), `actions.${after}`),
      text,
    );
  });
  return addState(definition, parent, key, copy as StateNode);
}

interface Names {
  ids: Set<string>;
  names: Set<string>;
}

function namesIn(definition: Definition): Names {
  const found: Names = { ids: new Set(), names: new Set() };
  eachState(definition, ({ id }) => typeof id === 'string' && found.ids.add(id));
  eachObject(definition, ({ name, action_type: kind, src, id }) => {
    if (typeof name === 'string' && (kind !== undefined || src !== undefined)) found.names.add(name);
    if (typeof id === 'string' && src !== undefined) found.ids.add(id);
  });
  return found;
}

/** Names of actions and ids are unique in a definition: those that are taken become `name_2`; ids of states go. */
function withFreeNames(
  state: StateNode,
  { ids, names }: Names,
): { state: StateNode; renamed: Map<string, string> } {
  const renamed = new Map<string, string>();
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    const { action_type: kind, src } = value as Record<string, unknown>;
    const isAction = kind !== undefined || src !== undefined;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
        if (typeof member !== 'string') return [[key, visit(member)]];
        if (key === 'id' && ids.has(member)) return isAction ? [[key, freeKey([...ids], member)]] : [];
        if (key !== 'name' || !isAction || !names.has(member)) return [[key, member]];
        const free = freeKey([...names], member);
        names.add(free);
        renamed.set(member, free);
        return [[key, free]];
      }),
    );
  };
  return { state: visit(state) as StateNode, renamed };
}

function eachObject(value: unknown, visit: (object: Record<string, unknown>) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) visit(value as Record<string, unknown>);
  for (const member of Object.values(value)) eachObject(member, visit);
}

function eachString(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => eachString(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, eachString(one, change)]));
}
