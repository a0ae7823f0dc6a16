// How workers divide the requests that a connection may have out at once: each worker of its shard has a fixed part, so
// that together they never have more, and none has to ask the others.
import type { LivingWorker } from '../db/statements/workers.ts';

export interface Shares {
  /** @returns whether the parts have changed */
  learn(living: readonly LivingWorker[], ownId: string): boolean;
  /** This worker's part of `concurrency`. It may be 0; the parts of all workers add up to `concurrency`. */
  of(shard: number, connectionId: string, concurrency: number): number;
  /** How many workers serve the busiest shard of this one, itself among them. */
  workers(): number;
}

/** Place of this worker among those that serve a shard, by id. */
interface Place {
  rank: number;
  count: number;
}

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
        places.set(shard, { rank: serving.findIndex(({ id }) => id === ownId), count: serving.length });
      }
      return true;
    },
    of(shard, connectionId, concurrency) {
      const place = places.get(shard);
      if (!place) return concurrency;
      // The rest of the division goes to different workers for different connections.
      const turn = (place.rank + tailOf(connectionId)) % place.count;
      const rest = concurrency % place.count;
      return Math.floor(concurrency / place.count) + (turn < rest ? 1 : 0);
    },
    workers: () => Math.max(1, ...[...places.values()].map(({ count }) => count)),
  };
}

/** The end of a UUID version 7 is random, so it will do as a hash. */
const tailOf = (id: string): number => Number.parseInt(id.slice(-6), 16);
