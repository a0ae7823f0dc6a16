// Where the next claim of a shard goes on: behind the lanes that the last one took from. So thousands of them take turns, though
// a claim looks at no more of them than it may take rows.
import { type LaneKey, laneKey } from '../db/lane-key.ts';

export interface LaneTurns {
  /** Null: from the first. */
  after(shard: number): LaneKey | null;
  /** @param claimed what a claim took that went on behind `after`, but of lanes that it enters in any case */
  claimed(shard: number, claimed: readonly LaneKey[]): void;
}

export function createLaneTurns(): LaneTurns {
  const last = new Map<number, LaneKey>();
  const after = (shard: number) => last.get(shard) ?? null;
  return {
    after,
    claimed(shard, claimed) {
      const from = laneKey(after(shard) ?? NOBODY);
      // Whoever is not behind it was looked at after all who are.
      const round = claimed.filter((lane) => laneKey(lane) <= from);
      const lanes = round.length > 0 ? round : claimed;
      const [furthest] = lanes.toSorted((a, b) => (laneKey(a) > laneKey(b) ? -1 : 1));
      if (furthest) last.set(shard, { tenantId: furthest.tenantId, connectionId: furthest.connectionId });
    },
  };
}

const NOBODY: LaneKey = { tenantId: '', connectionId: '' };
