// The document and all it was before: undo and redo over definitions that are never changed in place.
import type { Definition } from '../../../engine/definition.ts';
import type { Places } from './places.ts';

/** What is edited: the definition, and where somebody has put its states. */
export interface Design {
  definition: Definition;
  places: Places;
}

export interface History {
  past: readonly Design[];
  now: Design;
  future: readonly Design[];
  /** The newest step, which goes on while somebody types. */
  last: { label: string; pointer: string | null; at: number } | null;
}

/** A step of undo is what was typed without a pause of this length. */
const PAUSE_MS = 1_000;
/** Whoever wants to go back further opens a saved version. */
const STEPS_MAX = 300;

export const begin = (now: Design): History => ({ past: [], now, future: [], last: null });

/** @param at milliseconds of any clock that goes forward */
export function step(
  history: History,
  now: Design,
  { label, pointer, at }: { label: string; pointer: string | null; at: number },
): History {
  const { past, now: before, last } = history;
  if (now.definition === before.definition && now.places === before.places) return history;
  const goesOn = last !== null && last.label === label && last.pointer === pointer && at - last.at < PAUSE_MS;
  return {
    past: goesOn ? past : [...past, before].slice(-STEPS_MAX),
    now,
    future: [],
    last: { label, pointer, at },
  };
}

export function undo({ past, now, future, last }: History): History {
  const before = past.at(-1);
  if (!before) return { past, now, future, last };
  return { past: past.slice(0, -1), now: before, future: [now, ...future], last: null };
}

export function redo({ past, now, future, last }: History): History {
  const [next, ...rest] = future;
  if (!next) return { past, now, future, last };
  return { past: [...past, now], now: next, future: rest, last: null };
}
