// What a worker knows of each lane that it has met: how much more of it may be claimed, and whether a request may go as far
// as this worker knows.
import { laneKey } from '../db/lane-key.ts';
import type { ConnectionHealth } from '../db/statements/connection-health.ts';
import { type ConnectionRule, slotsFree } from '../integrations/connection-rule.ts';
import type { Lane, Receiver } from './lane.ts';
import type { Shares } from './shares.ts';
import { createWaitingLine, type WaitingLine } from './waiting-line.ts';

export type Admission =
  | { kind: 'go' }
  | {
      kind: 'wait';
      waitMs: number;
      /** The connection allows fewer requests than there are workers, and this worker has no part of them. */
      forOthers: boolean;
    };

export interface LaneState extends Receiver {
  /** Claimed lists that stand here; those of them that may send; and those of these that wait for a slot. */
  active: number;
  sending: number;
  asking: number;
  /** Lists that wait for a request of another to end. */
  line: WaitingLine;
  /** How long the last request that ended took, from its admission. */
  tookMs: number;
  rule: ConnectionRule | null;
  metAt: number;
  /** Until when, at an even pace, requests have been sent; see db/statements/connection-rates.ts. */
  aheadUntil: number;
  pausedUntil: number;
  misses: number;
  circuit: ConnectionHealth['circuit'];
  /** While the circuit is not closed: when one request may probe. */
  shutUntil: number;
  /** A request of this worker is the probe. */
  probing: boolean;
  revision: number;
}

/** Lists that wait for a circuit or a pause look again this soon: somebody may end it by hand. */
export const SHUT_LOOK_MS = 1_000;
/** A list that finds its lane full waits here for this long, and then goes back to the queue for as long. */
export const CROWDED_MS = 50;
/** Where requests take less than this, twice as many lists are claimed as may send: the others are at hand when one ends. */
const QUICK_MS = 100;
/** A lane with a limit of its own is remembered this long, or too much of it would be claimed whenever it was empty. */
const CAP_KEPT_MS = 10_000;
/**
 * A lane that this worker has no part of is remembered this long, so that it is not claimed again and again. A circuit that is
 * not closed is remembered for longer than its receiver (sealed-cache.ts), which brings the circuit along when it is read again.
 */
const NO_PART_KEPT_MS = 5 * 60_000;
const CIRCUIT_KEPT_MS = 30 * 60_000;
/** Who is sent to so seldom is in no need of a circuit; and of a receiver that was deleted nothing more is ever heard. */
const MISSES_KEPT_MS = 60 * 60_000;

export interface LaneStates {
  find(lane: Lane): LaneState | undefined;
  /** Begins one that was not met before. */
  of(lane: Lane | Receiver): LaneState;
  /** Forgets lanes that have nothing special, as `room` does. */
  all(): Iterable<LaneState>;
  /** The lanes of a shard, and how many more lists of each would be of use now. */
  room(shard: number): { tenantId: string; connectionId: string; take: number }[];
  /** How many requests this worker may have out in the lane. */
  most(state: LaneState): number;
  /** Not above 0: it is open. */
  shutForMs(state: LaneState): number;
  /** By how much its rate is used up, microseconds. */
  aheadUs(state: LaneState): number;
  isFull(state: LaneState): boolean;
  /** A refusal that needs no question to the database; null: it may go, if the lane is not full. */
  refuse(state: LaneState): Admission | null;
}

export function createLaneStates({
  laneMax,
  share,
  now,
}: {
  laneMax: number;
  share: Shares['of'];
  now(): number;
}): LaneStates {
  const byShard = new Map<number, Map<string, LaneState>>();

  function find(lane: Lane): LaneState | undefined {
    return byShard.get(lane.shard)?.get(laneKey(lane));
  }

  function stateOf(lane: Lane | Receiver): LaneState {
    const state = find(lane) ?? begin(lane);
    if ('toEndpoint' in lane) state.toEndpoint = lane.toEndpoint;
    return state;
  }

  function begin({ shard, tenantId, connectionId }: Lane): LaneState {
    const lane = { shard, tenantId, connectionId };
    const state: LaneState = {
      ...{ ...lane, toEndpoint: false },
      ...{ active: 0, sending: 0, asking: 0, rule: null, metAt: now(), aheadUntil: 0, pausedUntil: 0 },
      ...{ line: createWaitingLine(CROWDED_MS), tookMs: Number.POSITIVE_INFINITY },
      ...{ misses: 0, circuit: 'closed', shutUntil: 0, probing: false, revision: 0 },
    };
    const lanes = byShard.get(shard) ?? new Map<string, LaneState>();
    lanes.set(laneKey(lane), state);
    byShard.set(shard, lanes);
    return state;
  }

  function most({ shard, connectionId, rule }: LaneState): number {
    return rule ? Math.min(laneMax, share(shard, connectionId, rule.concurrency)) : laneMax;
  }

  const shutForMs = (state: LaneState): number =>
    Math.max(state.pausedUntil, state.circuit === 'closed' ? 0 : state.shutUntil) - now();

  const aheadUs = (state: LaneState): number => (state.aheadUntil - now()) * 1_000;

  /** How many more of this lane would be of use now. */
  function take(state: LaneState): number {
    if (shutForMs(state) > 0) return 0;
    const mayHave = most(state);
    if (state.circuit !== 'closed') return state.active > 0 ? 0 : Math.min(1, mayHave);
    const rate = state.rule?.rate;
    const withoutSlot = state.active - state.sending + state.asking;
    const bySlots = rate ? slotsFree(rate, aheadUs(state)) - withoutSlot : Number.POSITIVE_INFINITY;
    const lists = state.tookMs < QUICK_MS ? Math.min(laneMax, 2 * mayHave) : mayHave;
    return Math.max(0, Math.min(lists - state.active, bySlots));
  }

  /** Nothing about it differs from a lane that was never met. */
  function isForgettable(state: LaneState): boolean {
    if (state.active > 0 || state.pausedUntil > now()) return false;
    if (state.circuit !== 'closed') return state.shutUntil + CIRCUIT_KEPT_MS < now();
    if (state.misses > 0 && state.metAt + MISSES_KEPT_MS > now()) return false;
    const mayHave = most(state);
    if (mayHave === 0) return state.metAt + NO_PART_KEPT_MS < now();
    if (mayHave < laneMax && state.metAt + CAP_KEPT_MS > now()) return false;
    return state.rule?.rate == null || aheadUs(state) <= 0;
  }

  function refuse(state: LaneState): Admission | null {
    const shutMs = shutForMs(state);
    if (shutMs > 0) return wait(Math.min(shutMs, SHUT_LOOK_MS));
    if (most(state) === 0) return { kind: 'wait', waitMs: 0, forOthers: true };
    return state.circuit !== 'closed' && state.probing ? wait(SHUT_LOOK_MS) : null;
  }

  const isFull = (state: LaneState): boolean => state.sending >= most(state);

  function room(shard: number): ReturnType<LaneStates['room']> {
    const rooms: ReturnType<LaneStates['room']> = [];
    for (const state of remembered(byShard.get(shard)))
      rooms.push({ tenantId: state.tenantId, connectionId: state.connectionId, take: take(state) });
    return rooms;
  }

  function* all(): Iterable<LaneState> {
    for (const lanes of byShard.values()) yield* remembered(lanes);
  }

  function* remembered(lanes = new Map<string, LaneState>()): Iterable<LaneState> {
    for (const [key, state] of lanes) {
      if (isForgettable(state)) lanes.delete(key);
      else yield state;
    }
  }

  return { find, of: stateOf, all, room, most, shutForMs, aheadUs, isFull, refuse };
}

export const GO: Admission = { kind: 'go' };
export const wait = (ms: number): Admission => ({ kind: 'wait', waitMs: Math.ceil(ms), forOthers: false });
