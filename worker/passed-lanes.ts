// How far lanes were claimed, so that the next claim does not pass again what earlier ones took: their entries stay in the
// queue's index until a vacuum, and a busy lane has thousands of them at its beginning.
import { laneKey } from '../db/lane-key.ts';
import type { Claimed, PassedLane } from '../db/statements/claim.ts';

export interface PassedLanes {
  /**
   * @param isFull of a lane that a claim takes nothing of now; default: none is
   * @returns what is known of a shard, but for lanes whose beginning is to be looked at again
   */
  of(shard: number, isFull?: (lane: PassedLane) => boolean): readonly PassedLane[];
  /** What a claim of a shard took that asked at `askedAt`, by the database's clock. */
  claimed(shard: number, claimed: readonly Claimed[], askedAt: Date): void;
  /** Rows may have come back to where they were claimed from. */
  forget(shards: Iterable<number>): void;
}

/** A transaction that queued something may commit this much later than it began; what takes longer is found at the next whole look. */
const COMMITTED_WITHIN_MS = 1_000;
/** So often a lane is looked at from its beginning. Of one that is full nothing would come of it but the walk. */
const WHOLE_LOOK_EVERY_MS = 2_000;
/** A lane of which nothing was taken for so long makes room for another. */
const KEPT_UNUSED_MS = 10_000;
/** Of a lane, in one claim: where less is taken, little is left behind. Once known, a lane is followed by single rows too. */
const WORTH_PASSING = 4;
/** Of a shard: each is a descent of the index, and so is each gap between them. */
const LANES_MAX = 16;

interface Known {
  lane: PassedLane;
  wholeLookAt: number;
  usedAt: number;
}

/** @param now in milliseconds, of a clock that is never set */
export function createPassedLanes(now: () => number): PassedLanes {
  const shards = new Map<number, Map<string, Known>>();

  function at(shard: number): Map<string, Known> {
    const known = shards.get(shard) ?? new Map<string, Known>();
    shards.set(shard, known);
    return known;
  }

  return {
    of(shard, isFull = () => false) {
      const passed: PassedLane[] = [];
      const lanes = at(shard);
      for (const [key, known] of lanes) {
        if (now() - known.usedAt > KEPT_UNUSED_MS) lanes.delete(key);
        else if (now() - known.wholeLookAt < WHOLE_LOOK_EVERY_MS || isFull(known.lane))
          passed.push(known.lane);
        else known.wholeLookAt = now();
      }
      return passed;
    },
    claimed(shard, claimed, askedAt) {
      const lanes = at(shard);
      const settled = askedAt.getTime() - COMMITTED_WITHIN_MS;
      for (const [key, of] of Map.groupBy(claimed, laneKey)) {
        const known = lanes.get(key);
        if (!known && (of.length < WORTH_PASSING || lanes.size >= LANES_MAX)) continue;
        const [{ tenantId, connectionId }] = of as [Claimed];
        const last = Math.max(...of.map(({ runAt }) => runAt.getTime()));
        const lane = { tenantId, connectionId, since: new Date(Math.min(last, settled)) };
        lanes.set(key, { lane, wholeLookAt: known?.wholeLookAt ?? now(), usedAt: now() });
      }
    },
    forget(which) {
      for (const shard of which)
        for (const known of at(shard).values()) known.wholeLookAt = Number.NEGATIVE_INFINITY;
    },
  };
}
