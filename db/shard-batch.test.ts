import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createShardBatch } from './shard-batch.ts';

interface Item {
  shard: number;
  nth: number;
}

const onPostgres = { isDistributed: async () => false };
const onCitus = { isDistributed: async () => true };
const shardOf = ({ shard }: Item) => shard;

describe('a batch of shards', () => {
  it('answers each item with its own answer, and on Citus runs no two shards together', async () => {
    const shards = fc.array(fc.nat({ max: 4 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(shards, fc.boolean(), async (of, isDistributed) => {
        const together: number[] = [];
        const batch = createShardBatch<Item, string>(isDistributed ? onCitus : onPostgres, {
          maxItems: 100,
          concurrency: 1,
          shardOf,
          async run(items) {
            together.push(new Set(items.map(shardOf)).size);
            return items.map(({ shard, nth }) => `${shard}/${nth}`);
          },
        });
        const items = of.map((shard, nth) => ({ shard, nth }));
        expect(await Promise.all(items.map(batch.add))).toEqual(of.map((shard, nth) => `${shard}/${nth}`));
        expect(batch.size).toBe(0);
        const most = isDistributed ? Math.min(1, of.length) : new Set(of).size;
        expect(Math.max(0, ...together)).toBe(most);
      }),
      { numRuns: 50 },
    );
  });

  it('on Citus a shard whose server does not answer holds up no other', async () => {
    const silent = Promise.withResolvers<void>();
    const batch = createShardBatch<Item, string>(onCitus, {
      maxItems: 100,
      concurrency: 1,
      shardOf,
      async run(items) {
        if (items.some(({ shard }) => shard === 1)) await silent.promise;
        return items.map(() => 'done');
      },
    });
    const held = batch.add({ shard: 1, nth: 0 });
    expect(await batch.add({ shard: 2, nth: 0 })).toBe('done');
    expect(await batch.add({ shard: 2, nth: 1 })).toBe('done');
    silent.resolve();
    expect(await held).toBe('done');
  });
});
