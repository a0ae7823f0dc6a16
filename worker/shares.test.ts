import fc from 'fast-check';
import { v7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { createShares } from './shares.ts';

const SHARDS = [0, 1, 2];

/** Parts of each of `workers`, all of which know of all. */
function partsOf(shardsOf: readonly (readonly number[])[]) {
  const living = shardsOf.map((shards) => ({ id: v7(), shards: [...shards] }));
  return living.map(({ id, shards }) => {
    const share = createShares();
    // In any order: it is the ids that count.
    share.learn(living.toReversed(), id);
    return { shards, ...share };
  });
}

describe('workers that know of each other', () => {
  it('together have exactly what a connection may have at once, however many they are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(fc.constantFrom(...SHARDS)), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 100 }),
        (shardsOf, concurrency) => {
          const workers = partsOf(shardsOf);
          for (const shard of SHARDS) {
            const serving = workers.filter(({ shards }) => shards.includes(shard));
            const parts = serving.map(({ of }) => of(shard, concurrency));
            if (parts.length === 0) continue;
            expect(parts.reduce((sum, part) => sum + part, 0)).toBe(concurrency);
            expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
            const [first, ...others] = serving.filter(({ isFirst }) => isFirst(shard));
            expect(others).toEqual([]);
            expect(first?.of(shard, concurrency)).toBe(Math.max(...parts));
          }
        },
      ),
    );
  });

  it('have one first among them for each shard, the one that lives longest of those that serve it', () => {
    const workers = partsOf([[0], [0, 1], [1, 2]]);
    expect(workers.map(({ shards, isFirst }) => shards.filter(isFirst))).toEqual([[0], [1], [2]]);
  });

  it('leave a connection with less room than there are workers to the first of them', () => {
    const workers = partsOf([SHARDS, SHARDS, SHARDS]);
    expect(workers.map(({ of }) => of(0, 1)).sort()).toEqual([0, 0, 1]);
    expect(workers.map(({ of }) => of(0, 12)).sort()).toEqual([2, 2, 8]);
  });

  it('notice when somebody comes or goes, and nothing else', () => {
    const share = createShares();
    const [a, b] = [
      { id: v7(), shards: [0] },
      { id: v7(), shards: [0] },
    ];
    expect(share.learn([a], a.id)).toBe(true);
    expect(share.of(0, 5)).toBe(5);
    expect(share.learn([b, a], a.id)).toBe(true);
    expect(share.learn([a, b], a.id)).toBe(false);
    expect(share.isFirst(0)).toBe(true);
    expect(share.of(0, 4)).toBe(3);
    // One that is stopping serves no shard any more.
    expect(share.learn([a, { ...b, shards: [] }], a.id)).toBe(true);
    expect(share.of(0, 4)).toBe(4);
  });
});
