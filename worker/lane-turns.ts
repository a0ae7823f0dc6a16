// Where the next claim of a shard goes on: behind the lanes that the last one took from. So thousands of lanes take turns,
// though a claim looks at no more lanes than it may take rows.
import { type LaneKey, laneKey } from '../db/lane-key.ts';

export interface LaneTurns {
  /** Null: from the first. */
  after(shard: number): LaneKey | null;
  /** @param claimed what a claim took from `after` on, without lanes that every claim enters */
  claimed(shard: number, claimed: readonly LaneKey[]): void;
}

export function createLaneTurns(): LaneTurns {
  const last = new Map<number, LaneKey>();
  const after = (shard: number) => last.get(shard) ?? null;
  return {
    after,
    claimed(shard, claimed) {
      const from = laneKey(after(shard) ?? NOBODY);
      // A claim goes round: lanes up to where it began were looked at last.
      const round = claimed.filter((lane) => laneKey(lane) <= from);
      const lanes = round.length > 0 ? round : claimed;
      const [furthest] = lanes.toSorted((a, b) => (laneKey(a) > laneKey(b) ? -1 : 1));
      if (furthest) last.set(shard, { tenantId: furthest.tenantId, connectionId: furthest.connectionId });
    },
  };
}

const NOBODY: LaneKey = { tenantId: '', connectionId: '' };
