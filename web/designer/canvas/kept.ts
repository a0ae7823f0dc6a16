// Keeps what is the same the same object, so that an edit draws anew only what it has changed. Pure.
import type { Graph } from '../../machine/graph.ts';

export function keptGraph(before: Graph | null, now: Graph): Graph {
  if (before === null) return now;
  return {
    states: keptList(before.states, now.states, ({ path }) => path),
    edges: keptList(before.edges, now.edges, ({ id }) => id),
  };
}

/** The list of now with the objects of before wherever they say the same. */
export function keptList<T>(before: readonly T[], now: readonly T[], idOf: (one: T) => string): readonly T[] {
  const known = new Map(before.map((one) => [idOf(one), one]));
  let same = before.length === now.length;
  const list = now.map((one, i) => {
    const earlier = known.get(idOf(one));
    const kept = earlier !== undefined && alike(earlier, one) ? earlier : one;
    if (kept !== before[i]) same = false;
    return kept;
  });
  return same ? before : list;
}

/** What functions and classes there are must be the same one. */
export function alike(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => alike(a[key as keyof typeof a], b[key as keyof typeof b]));
}
