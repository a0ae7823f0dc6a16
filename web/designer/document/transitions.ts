// What can be done to transitions. As with states: pure, and with the place where the transition stands afterwards.
import type { Definition, TransitionConfig } from '../../../engine/definition.ts';
import type { Changed } from './changed.ts';
import { freeKey, partsOf, pointerOf, replaced, stateAt, stateOf, valueAt } from './pointers.ts';
import { resolverOf, targetFor } from './targets.ts';

/** What makes a transition be taken, and where it stands in its state. */
export type Slot =
  | { kind: 'on'; key: string }
  | { kind: 'after'; key: string }
  | { kind: 'always' }
  | { kind: 'onDone' };

type Written = string | TransitionConfig;

interface TransitionPlace {
  state: string;
  /** Of the one, or of the list it is in: `/on/SUBMIT`, `/always`, `/invoke/onDone`. */
  slot: string;
  /** In its list; null when it stands alone. */
  index: number | null;
}

/** Null when no transition can stand at `pointer`. */
export function placeOfTransition(pointer: string): TransitionPlace | null {
  const state = stateOf(pointer);
  const parts = partsOf(pointer.slice(state.length));
  const [first, second, third] = parts;
  let length = 0;
  if (first === 'on' || first === 'after') length = 2;
  if (first === 'always' || first === 'onDone') length = 1;
  if (first === 'invoke') length = second === 'onDone' || second === 'onError' ? 2 : third ? 3 : 0;
  if (length === 0 || parts.length < length || parts.length > length + 1) return null;
  const slot = state + pointerOf(parts.slice(0, length));
  return { state, slot, index: parts[length] === undefined ? null : Number(parts[length]) };
}

export const isTransition = (pointer: string): boolean => placeOfTransition(pointer) !== null;

/** Without what stands deeper, such as one of its actions; null when `pointer` is in no transition. */
export function transitionOf(pointer: string): string | null {
  const parts = partsOf(pointer);
  for (let length = parts.length; length > 0; length--) {
    const upTo = pointerOf(parts.slice(0, length));
    const place = placeOfTransition(upTo);
    if (place && (place.index === null || Number.isInteger(place.index))) return upTo;
  }
  return null;
}

export function slotOf(pointer: string): Slot | null {
  const place = placeOfTransition(pointer);
  if (!place) return null;
  const [kind, key] = partsOf(place.slot.slice(place.state.length));
  if ((kind === 'on' || kind === 'after') && key !== undefined) return { kind, key };
  return kind === 'always' || kind === 'onDone' ? { kind } : null;
}

const slotPointer = (state: string, slot: Slot): string =>
  state + pointerOf('key' in slot ? [slot.kind, slot.key] : [slot.kind]);

/** Behind those that stand in the slot already. `target` null: it stays in the state. */
export function addTransition(
  definition: Definition,
  source: string,
  slot: Slot,
  target: string | null,
): Changed {
  const written: Written = target === null ? {} : { target: targetFor(definition, source, target) };
  return insertTransition(definition, source, slot, written);
}

/** Under an event of its own, to be called by its name. */
export function newTransition(definition: Definition, source: string, target: string | null): Changed {
  const key = freeKey(Object.keys(stateAt(definition, source)?.on ?? {}), 'EVENT');
  return addTransition(definition, source, { kind: 'on', key }, target);
}

export function insertTransition(
  definition: Definition,
  state: string,
  slot: Slot,
  transition: Written,
): Changed {
  const at = slotPointer(state, slot);
  const before = valueAt(definition, at) as Written | Written[] | undefined;
  const withSlot =
    'key' in slot && valueAt(definition, `${state}/${slot.kind}`) === undefined
      ? replaced(definition, `${state}/${slot.kind}`, () => ({}))
      : definition;
  const list = before === undefined ? [] : Array.isArray(before) ? before : [before];
  const after = replaced(withSlot, at, () => (list.length === 0 ? transition : [...list, transition]));
  return { definition: after, pointer: list.length === 0 ? at : `${at}/${list.length}` };
}

/** A list that is left with one keeps it alone; what is left empty goes. */
export function removeTransition(definition: Definition, pointer: string): Definition {
  const place = placeOfTransition(pointer);
  if (!place) return replaced(definition, `${pointer}/target`, () => undefined);
  const { state, slot, index } = place;
  const after = replaced(definition, slot, (value) => {
    if (!Array.isArray(value) || index === null) return undefined;
    const left = value.filter((_, i) => i !== index);
    return left.length > 1 ? left : left[0];
  });
  const [kind] = partsOf(slot.slice(state.length));
  if (kind !== 'on' && kind !== 'after') return after;
  return replaced(after, `${state}/${kind}`, (value) =>
    Object.keys(value as object).length === 0 ? undefined : value,
  );
}

/** Leads it to another state; null lets it stay where it is. */
export function retarget(definition: Definition, pointer: string, target: string | null): Changed {
  const written = target === null ? undefined : targetFor(definition, stateOf(pointer), target);
  const changed = replaced(definition, pointer, (value) => {
    if (typeof value === 'string') return written ?? {};
    const { target: _, ...rest } = value as TransitionConfig;
    return written === undefined ? rest : { target: written, ...rest };
  });
  return { definition: changed, pointer };
}

/** Lets it begin at another state, under the same event or delay. What waits for an invocation stays with it. */
export function moveTransition(definition: Definition, pointer: string, source: string): Changed {
  const slot = slotOf(pointer);
  const transition = valueAt(definition, pointer) as Written | undefined;
  if (!slot || transition === undefined || stateOf(pointer) === source) return { definition, pointer };
  const target = resolvedTarget(definition, pointer, transition);
  const without = removeTransition(definition, pointer);
  const { definition: moved, pointer: at } = insertTransition(without, source, slot, transition);
  return target === null ? { definition: moved, pointer: at } : retarget(moved, at, target);
}

function resolvedTarget(definition: Definition, pointer: string, transition: Written): string | null {
  const written = typeof transition === 'string' ? transition : transition.target;
  return written === undefined ? null : resolverOf(definition)(stateOf(pointer), written);
}

/** Hears another event, or waits for another time. It keeps its place when it is alone in it. */
export function changeSlot(definition: Definition, pointer: string, slot: Slot): Changed {
  const place = placeOfTransition(pointer);
  const before = slotOf(pointer);
  const transition = valueAt(definition, pointer) as Written | undefined;
  if (!place || !before || transition === undefined) return { definition, pointer };
  const { state } = place;
  const at = slotPointer(state, slot);
  if (at === place.slot) return { definition, pointer };
  const alone = place.index === null && valueAt(definition, at) === undefined;
  if (alone && 'key' in slot && before.kind === slot.kind) {
    const changed = replaced(definition, `${state}/${slot.kind}`, (value) =>
      Object.fromEntries(
        Object.entries(value as object).map(([key, one]) => [key === before.key ? slot.key : key, one]),
      ),
    );
    return { definition: changed, pointer: at };
  }
  return insertTransition(removeTransition(definition, pointer), state, slot, transition);
}
