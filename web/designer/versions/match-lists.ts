// Which elements of two lists are the same thing: by the strictest test first, in order. Pure.

export interface Matched<T> {
  pairs: readonly [T, T][];
  removed: readonly T[];
  added: readonly T[];
  /** Those that are in both stand in another order. */
  reordered: boolean;
}

export function matchLists<T>(
  before: readonly T[],
  after: readonly T[],
  tests: readonly ((a: T, b: T) => boolean)[],
): Matched<T> {
  const partner = new Map<number, number>();
  const taken = new Set<number>();
  for (const test of tests) {
    for (const [i, a] of before.entries()) {
      if (partner.has(i)) continue;
      const j = after.findIndex((b, at) => !taken.has(at) && test(a, b));
      if (j < 0) continue;
      partner.set(i, j);
      taken.add(j);
    }
  }
  const places = [...partner].sort(([a], [b]) => a - b);
  return {
    pairs: places.map(([i, j]): [T, T] => [before[i] as T, after[j] as T]),
    removed: before.filter((_, i) => !partner.has(i)),
    added: after.filter((_, j) => !taken.has(j)),
    reordered: places.some(([, j], n) => n > 0 && j < (places[n - 1]?.[1] ?? 0)),
  };
}
