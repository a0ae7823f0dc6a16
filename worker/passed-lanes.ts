// How far each lane was claimed, so that the next claim starts behind it. What was claimed stays in the queue's index until
// a vacuum, and a busy lane has thousands of such dead entries at its beginning.
import { laneKey } from '../db/lane-key.ts';
import type { Claimed, PassedLane } from '../db/statements/claim.ts';

export interface PassedLanes {
  /**
   * @param isFull whether a claim takes nothing of a lane now; default: of every lane something
   * @returns the lanes of a shard to enter behind their beginning; others are due for a look from the beginning
   */
  of(shard: number, isFull?: (lane: PassedLane) => boolean): readonly PassedLane[];
  /** @param claimed what a claim of the shard took; `askedAt`: when it asked, by the database's clock */
  claimed(shard: number, claimed: readonly Claimed[], askedAt: Date): void;
  /** Rows may have come back to where they were claimed from. */
  forget(shards: Iterable<number>): void;
}

/** A row may be committed this much later than it says; one that takes longer is found by the next look from the beginning. */
const COMMITTED_WITHIN_MS = 1_000;
/** How often a lane is looked at from its beginning, unless it is full and nothing would be taken. */
const WHOLE_LOOK_EVERY_MS = 2_000;
/** A lane that nothing was taken from for so long makes room for another. */
const KEPT_UNUSED_MS = 10_000;
/** Rows of one claim from which on a lane is followed: fewer leave little behind. A lane that is followed counts every row. */
const WORTH_PASSING = 4;
/** Lanes followed in a shard: each costs a claim a descent of the index, and so does each gap between them. */
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
