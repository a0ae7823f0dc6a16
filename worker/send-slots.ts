// Sending slots for connections that have a rate. Many at a time: those that are asked for while a statement is under way
// share the next one. Connections without a rate never come here.
import { createBatch } from '../db/batch.ts';
import type { Database } from '../db/client.ts';
import { laneKey } from '../db/lane-key.ts';
import { onShards } from '../db/on-shards.ts';
import {
  addRates,
  type SlotsGranted,
  type SlotsWanted,
  takeSlots,
} from '../db/statements/connection-rates.ts';
import { nextSlotInUs, spacingUs } from '../integrations/connection-rule.ts';
import type { Lane } from './lane.ts';

export interface SlotRequest extends Lane {
  rate: { perSecond: number; burst: number };
}

export interface Slot {
  /** 0: granted. Else milliseconds until it is this request's turn, if nobody else comes in between. */
  waitMs: number;
  /** Microseconds that the connection is ahead of an even pace. */
  aheadUs: number;
}

export interface SendSlots {
  take(request: SlotRequest): Promise<Slot>;
}

const BATCH_MAX = 256;
/** The connection is gone; its list finds that out when it is claimed again. */
const GONE: Slot = { waitMs: 1_000, aheadUs: 0 };

export function createSendSlots(db: Database): SendSlots {
  const batch = createBatch<SlotRequest, Slot>({
    maxItems: BATCH_MAX,
    concurrency: 2,
    // A statement whose answer was lost may have taken slots that nobody uses: slower than the rate, never faster.
    async run(members) {
      const wanted = [...Map.groupBy(members, laneKey).values()].map(together);
      const granted = new Map((await onShards(db, wanted, takeSlots)).map((row) => [laneKey(row), row]));
      const missing = wanted.filter((want) => !granted.has(laneKey(want)));
      if (missing.length > 0) {
        await onShards(db, missing, addRates);
        for (const row of await onShards(db, missing, takeSlots)) granted.set(laneKey(row), row);
      }
      const turns = new Map<string, number>();
      return members.map((member) => {
        const lane = laneKey(member);
        const turn = turns.get(lane) ?? 0;
        turns.set(lane, turn + 1);
        return slotOf(member, turn, granted.get(lane));
      });
    },
  });

  return { take: batch.add };
}

type Wanted = SlotsWanted & { shard: number };

/** What is asked for one connection, by the newest rule. */
function together(requests: readonly SlotRequest[]): Wanted {
  const { shard, tenantId, connectionId, rate } = requests.at(-1) as SlotRequest;
  const slots = requests.length;
  return { shard, tenantId, connectionId, spacingUs: spacingUs(rate), burst: rate.burst, slots };
}

/** Those that were asked for first are granted first; the others are told one moment each. */
function slotOf({ rate }: SlotRequest, turn: number, row: SlotsGranted | undefined): Slot {
  if (!row) return GONE;
  const { granted, aheadUs } = row;
  if (turn < granted) return { waitMs: 0, aheadUs };
  const waitUs = nextSlotInUs(rate, aheadUs) + (turn - granted) * spacingUs(rate);
  return { waitMs: Math.max(1, Math.ceil(waitUs / 1_000)), aheadUs };
}
