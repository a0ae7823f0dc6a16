// How far lanes were claimed, so that the next claim does not pass again what earlier ones took: their entries stay in the
// queue's index until a vacuum, and a busy lane has thousands of them at its beginning.
import type { Claimed, PassedLane } from '../db/statements/claim.ts';

export interface PassedLanes {
  of(shard: number): readonly PassedLane[];
  /** What a claim of a shard took that asked at `askedAt`, by the database's clock. */
  claimed(shard: number, claimed: readonly Claimed[], askedAt: Date): void;
  /** Rows may have come back to where they were claimed from. */
  forget(shards: Iterable<number>): void;
}

/** A transaction that queued something may commit this much later than it began; what takes longer is found at the next whole look. */
const COMMITTED_WITHIN_MS = 1_000;
/** So often a shard is looked at from the beginning. */
const WHOLE_LOOK_EVERY_MS = 2_000;
/** Of a lane, in one claim: where less is taken, little is left behind. */
const WORTH_PASSING = 4;
/** Of a shard: each is a descent of the index, and so is each gap between them. */
const LANES_MAX = 16;

/** @param now in milliseconds, of a clock that is never set */
export function createPassedLanes(now: () => number): PassedLanes {
  const shards = new Map<number, { since: number; lanes: Map<string, PassedLane> }>();

  function at(shard: number) {
    const known = shards.get(shard);
    if (known && now() - known.since < WHOLE_LOOK_EVERY_MS) return known;
    const fresh = { since: now(), lanes: new Map<string, PassedLane>() };
    shards.set(shard, fresh);
    return fresh;
  }

  return {
    of: (shard) => [...at(shard).lanes.values()],
    claimed(shard, claimed, askedAt) {
      const { lanes } = at(shard);
      const settled = askedAt.getTime() - COMMITTED_WITHIN_MS;
      for (const [key, of] of Map.groupBy(claimed, ({ tenantId, connectionId }) => tenantId + connectionId)) {
        const [{ tenantId, connectionId }] = of as [Claimed];
        if (!lanes.has(key) && (of.length < WORTH_PASSING || lanes.size >= LANES_MAX)) continue;
        const last = Math.max(...of.map(({ runAt }) => runAt.getTime()));
        const since = new Date(Math.min(last, settled));
        lanes.set(key, { tenantId, connectionId, since });
      }
    },
    forget(which) {
      for (const shard of which) shards.delete(shard);
    },
  };
}
