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
    return { shards, of: share.of };
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
          const connection = v7();
          for (const shard of SHARDS) {
            const serving = workers.filter(({ shards }) => shards.includes(shard));
            const parts = serving.map(({ of }) => of(shard, connection, concurrency));
            if (parts.length === 0) continue;
            expect(parts.reduce((sum, part) => sum + part, 0)).toBe(concurrency);
            expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  it('do not leave all small connections to the same one of them', () => {
    const workers = partsOf([SHARDS, SHARDS, SHARDS]);
    const served = workers.map(() => 0);
    for (let i = 0; i < 300; i++) {
      const connection = v7();
      workers.forEach(({ of }, at) => {
        served[at] = (served[at] ?? 0) + of(0, connection, 1);
      });
    }
    expect(served.reduce((sum, part) => sum + part, 0)).toBe(300);
    // A worker that had none of three hundred would be one in 10⁵².
    expect(Math.min(...served)).toBeGreaterThan(0);
  });

  it('know how many they are at the shard that most of them serve', () => {
    const shardsOf = [[0, 1], [1], [1, 2], [2]];
    const living = shardsOf.map((shards) => ({ id: v7(), shards }));
    const known = living.map(({ id }) => {
      const share = createShares();
      expect(share.workers()).toBe(1);
      share.learn(living, id);
      return share.workers();
    });
    expect(known).toEqual([3, 3, 3, 2]);
  });

  it('notice when somebody comes or goes, and nothing else', () => {
    const share = createShares();
    const [a, b] = [
      { id: v7(), shards: [0] },
      { id: v7(), shards: [0] },
    ];
    expect(share.learn([a], a.id)).toBe(true);
    expect(share.of(0, v7(), 5)).toBe(5);
    expect(share.learn([b, a], a.id)).toBe(true);
    expect(share.learn([a, b], a.id)).toBe(false);
    expect(share.of(0, v7(), 4)).toBe(2);
    // One that is stopping serves no shard any more.
    expect(share.learn([a, { ...b, shards: [] }], a.id)).toBe(true);
    expect(share.of(0, v7(), 4)).toBe(4);
  });
});
