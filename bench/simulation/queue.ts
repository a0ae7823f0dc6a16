// Counts of what waits, with when it came: first in, first out.

export interface Queue {
  readonly size: number;
  /** When what waits longest came; null: nothing waits. */
  readonly oldest: number | null;
  add(at: number, count: number): void;
  /** @returns what was taken, `most` at most */
  take(most: number): { at: number; count: number }[];
}

export function createQueue(): Queue {
  let size = 0;
  let parts: { at: number; count: number }[] = [];
  return {
    get size() {
      return size;
    },
    get oldest() {
      return parts[0]?.at ?? null;
    },
    add(at, count) {
      if (count === 0) return;
      size += count;
      parts.push({ at, count });
      // What is given back came earlier than what is there.
      if (parts.length > 1 && at < (parts.at(-2)?.at ?? at)) parts = parts.toSorted((a, b) => a.at - b.at);
    },
    take(most) {
      const taken: { at: number; count: number }[] = [];
      for (let left = Math.min(most, size); left > 0; ) {
        const first = parts[0] as { at: number; count: number };
        const count = Math.min(left, first.count);
        taken.push({ at: first.at, count });
        first.count -= count;
        left -= count;
        size -= count;
        if (first.count === 0) parts.shift();
      }
      return taken;
    },
  };
}

/** Moves `most` at most from one to the other. @returns how many */
export function move(from: Queue, to: Queue, most: number): number {
  const taken = from.take(most);
  for (const { at, count } of taken) to.add(at, count);
  return taken.reduce((sum, { count }) => sum + count, 0);
}
