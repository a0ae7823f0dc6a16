// How workers divide what there is, without asking anybody. Of those that serve a shard the one that lives longest is the first:
// it takes what is due at once, in few and large batches, and has most of what a connection may have. The others have fixed parts of
// the rest, so that together they never have more.
import type { LivingWorker } from '../db/statements/workers.ts';

export interface Shares {
  /** @returns whether anything is divided otherwise than before */
  learn(living: readonly LivingWorker[], ownId: string): boolean;
  /** Whether it is this worker that takes what is due in a shard. The others help with what is late. */
  isFirst(shard: number): boolean;
  /** This worker's part of what a connection in a shard may have at once, which may be nothing unless it is the first. */
  of(shard: number, concurrency: number): number;
}

/** Of this worker, among those that serve a shard. */
interface Place {
  isFirst: boolean;
  count: number;
}

/** Of what a connection may have at once, to be divided among all who serve its shard; the rest is the first one's. */
const DIVIDED = 0.5;
const ALONE: Place = { isFirst: true, count: 1 };

export function createShares(): Shares {
  let places = new Map<number, Place>();
  let known = '';

  return {
    learn(living, ownId) {
      const inOrder = living.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const now = JSON.stringify(inOrder);
      if (now === known) return false;
      known = now;
      places = new Map();
      for (const shard of inOrder.find(({ id }) => id === ownId)?.shards ?? []) {
        const serving = inOrder.filter(({ shards }) => shards.includes(shard));
        places.set(shard, { isFirst: serving[0]?.id === ownId, count: serving.length });
      }
      return true;
    },
    isFirst: (shard) => places.get(shard)?.isFirst ?? true,
    of(shard, concurrency) {
      const { isFirst, count } = places.get(shard) ?? ALONE;
      const part = Math.floor((concurrency * DIVIDED) / count);
      return isFirst ? concurrency - part * (count - 1) : part;
    },
  };
}
