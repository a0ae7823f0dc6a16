// What states and transitions are called by those who name them, and what may be said. Pure.
import type { Definition } from '../../../engine/definition.ts';
import { delayFrom, spokenDuration } from '../../machine/delay.ts';
import type { Changed } from '../document/changed.ts';
import { isState, keyOf } from '../document/pointers.ts';
import { renameState, siblingKeys } from '../document/states.ts';
import { changeSlot, slotOf } from '../document/transitions.ts';

/** Of states, events and delays. */
export const mayBeNamed = (pointer: string): boolean => isState(pointer) || 'key' in (slotOf(pointer) ?? {});

/** What a field begins with: delays as people say them. */
export function nameAt(pointer: string): string {
  const slot = slotOf(pointer);
  if (isState(pointer) || slot === null || !('key' in slot)) return keyOf(pointer);
  return slot.kind === 'after' ? spokenDuration(slot.key) : slot.key;
}

/** Why it cannot be called so; null when it can. */
export function refusedAt(definition: Definition, pointer: string, text: string): string | null {
  if (isState(pointer)) return refusedName(text, siblingKeys(definition, pointer));
  return slotOf(pointer)?.kind === 'after' ? refusedDelay(text) : refusedEvent(text);
}

/** @param text that was not refused */
export function namedAt(definition: Definition, pointer: string, text: string): Changed | null {
  if (isState(pointer)) return renameState(definition, pointer, text.trim());
  const slot = slotOf(pointer);
  if (slot === null || !('key' in slot)) return null;
  const key = slot.kind === 'after' ? (delayFrom(text) ?? slot.key) : text.trim();
  return changeSlot(definition, pointer, { ...slot, key });
}

/** @param taken names of the states beside it */
export function refusedName(text: string, taken: readonly string[]): string | null {
  const key = text.trim();
  if (key === '') return 'A state needs a name.';
  if (/[.,#\\\p{Cc}]/u.test(key)) return 'The name of a state has none of . , # \\ in it.';
  if (taken.includes(key)) return `There is a state "${key}" beside it already.`;
  return null;
}

export function refusedEvent(text: string): string | null {
  if (text.trim() === '') return 'An event needs a name.';
  return text.trim().startsWith('xstate.') ? 'Events that begin with xstate. are the engine’s own.' : null;
}

export const refusedDelay = (text: string): string | null =>
  delayFrom(text) === null ? 'Say a number and a unit: 5 minutes.' : null;
