// How much each tenant and each receiver may have at once, so that none holds up others: a lane that is full, over its rate,
// paused or broken is passed over when claiming, and takes no room while it waits. What all workers must agree on is decided
// elsewhere: shares.ts divides, send-slots.ts and receiver-health.ts ask Postgres.
import type { ConnectionHealth } from '../db/statements/connection-health.ts';
import type { JsonObject } from '../engine/json.ts';
import { type ConnectionRule, nextSlotInUs } from '../integrations/connection-rule.ts';
import type { Lane, Receiver } from './lane.ts';
import {
  type Admission,
  CROWDED_MS,
  createLaneStates,
  GO,
  type LaneState,
  SHUT_LOOK_MS,
  wait,
} from './lane-states.ts';
import type { ReceiverHealth } from './receiver-health.ts';
import type { SendSlots } from './send-slots.ts';
import type { Shares } from './shares.ts';

/** What a request that went out met. */
export interface Encounter {
  /** Whether the receiver was there to answer; null: nobody knows, as nothing was sent that would tell. */
  reached: boolean | null;
  /** Milliseconds it asked to be left alone. */
  restMs: number;
  error: JsonObject;
}

/** A claimed list that stands at an action of a lane. */
export interface Place {
  /** Asks the database only where there is a rate, or where the circuit was open and the receiver may be back. */
  admit(rule: ConnectionRule): Promise<Admission>;
  met(encounter: Encounter): void;
  leave(): void;
}

export interface Limits {
  /** Counts a claimed list in its lane, before it is known where that leads; `admit` decides whether it may send. */
  enter(lane: Lane | Receiver): Place;
  /** What workers share about the receiver, as it was read just now. */
  adopt(receiver: Receiver, health: ConnectionHealth): void;
  /** How much more may be claimed from a shard; what is not listed has its defaults. */
  room(shard: number): Room;
  /** Connections whose circuit is known here not to be closed. */
  circuits(): { open: number; half_open: number };
  /** Milliseconds until a lane that is shut for a time has room again; Infinity: no lane is. */
  opensInMs(): number;
}

export interface Room {
  laneMax: number;
  tenantMax: number;
  lanes: { tenantId: string; connectionId: string; take: number }[];
  tenants: { tenantId: string; take: number }[];
}

export interface LimitsOptions {
  tenantMax: number;
  laneMax: number;
  share: Shares['of'];
  slots: SendSlots;
  health: Omit<ReceiverHealth, 'settled'>;
  /** A lane that was shut is open. */
  onOpened(): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** Misses in a row that open the circuit: a deploy of the receiver costs a few, an outage costs all. */
const MISSES_TO_OPEN = 10;
/** Until the database has said for how long it is. */
const OPEN_MEANWHILE_MS = 5_000;
/** A pause is told to others when it is longer than they know by this much: ten answers to one burst all ask for it. */
const PAUSE_WORTH_TELLING_MS = 250;

export function createLimits(options: LimitsOptions): Limits {
  const { tenantMax, laneMax, share, slots, health, onOpened, now } = options;
  const lanes = createLaneStates({ laneMax, share, now });
  const { shutForMs } = lanes;
  const activeByTenant = new Map<string, number>();
  /** Lanes that are shut for a time, and some that are open again. */
  const shut = new Set<LaneState>();

  /** @returns milliseconds to wait */
  async function takeSlot(state: LaneState): Promise<number> {
    const rate = state.rule?.rate;
    if (!rate) return 0;
    state.asking++;
    try {
      const slot = await slots.take({ ...state, rate });
      state.aheadUntil = now() + slot.aheadUs / 1_000;
      shut.add(state);
      return slot.waitMs;
    } finally {
      state.asking--;
    }
  }

  /** @returns milliseconds to wait; 0: it may go, to find out if the circuit is still not closed */
  async function takeProbe(state: LaneState): Promise<number> {
    const answer = await health.takeProbe(state);
    if (answer && answer.revision >= state.revision) apply(state, answer);
    // The circuit opened here and that could not be written: one more miss opens it again.
    if (!answer) state.circuit = 'closed';
    if (answer?.mayTry || state.circuit === 'closed') return 0;
    return Math.min(SHUT_LOOK_MS, Math.max(CROWDED_MS, shutForMs(state)));
  }

  function adopt(receiver: Receiver, shared: ConnectionHealth): void {
    if (!lanes.find(receiver) && shared.circuit === 'closed' && shared.pausedForMs === 0) return;
    const state = lanes.of(receiver);
    // Of the same revision, what this worker has found out since is newer.
    if (shared.revision > state.revision) apply(state, shared);
  }

  function apply(state: LaneState, { circuit, closedForMs, pausedForMs, revision }: ConnectionHealth): void {
    const closes = state.circuit !== 'closed' && circuit === 'closed';
    const at = now();
    // Nobody but a person makes a pause shorter.
    const isLifted = state.pausedUntil > at && pausedForMs === 0;
    Object.assign(state, {
      circuit,
      shutUntil: at + closedForMs,
      pausedUntil: at + pausedForMs,
      revision,
    });
    shut.add(state);
    if (closes) state.misses = 0;
    if (closes || isLifted) onOpened();
  }

  function pause(state: LaneState, forMs: number): void {
    const until = now() + forMs;
    const isNews = until > state.pausedUntil + PAUSE_WORTH_TELLING_MS;
    state.pausedUntil = Math.max(state.pausedUntil, until);
    shut.add(state);
    if (isNews) health.paused(state, forMs);
  }

  function missed(state: LaneState, error: JsonObject, wasProbe: boolean): void {
    state.misses++;
    // Somebody may have closed the circuit by hand meanwhile: then it is a miss like any other.
    const inVain = wasProbe && state.circuit !== 'closed';
    const opens = state.circuit === 'closed' && state.misses >= MISSES_TO_OPEN;
    if (!inVain && !opens) return;
    state.circuit = 'open';
    state.shutUntil = now() + OPEN_MEANWHILE_MS;
    shut.add(state);
    if (inVain) health.probeMissed(state, error);
    else health.opened(state, { misses: state.misses, error });
  }

  function reached(state: LaneState): void {
    state.misses = 0;
    if (state.circuit === 'closed') return;
    state.circuit = 'closed';
    health.closed(state);
  }

  function enter(lane: Lane | Receiver): Place {
    const state = lanes.of(lane);
    let sends = false;
    /** This request is a probe that has not been answered. */
    let probes = false;
    let beganAt = 0;
    state.active++;
    state.metAt = now();
    activeByTenant.set(lane.tenantId, (activeByTenant.get(lane.tenantId) ?? 0) + 1);

    function endProbe(): void {
      if (probes) state.probing = false;
      probes = false;
    }

    function stepBack(): void {
      endProbe();
      if (sends && !(state.sending <= lanes.most(state) && state.line.handOver())) state.sending--;
      sends = false;
    }

    /** @returns null when it has one */
    async function takePlace(): Promise<Admission | null> {
      const mustWait = lanes.isFull(state);
      if (mustWait && !(await state.line.join())) return wait(CROWDED_MS);
      // A place that was handed over is counted already.
      if (!mustWait) state.sending++;
      sends = true;
      beganAt = now();
      // While it waited, another request may have found the receiver away.
      const refusal = mustWait ? lanes.refuse(state) : null;
      if (refusal) stepBack();
      return refusal;
    }

    return {
      async admit(rule) {
        state.rule = rule;
        const refusal = lanes.refuse(state) ?? (await takePlace());
        if (refusal) return refusal;
        if (state.circuit === 'closed' && !rule.rate) return GO;
        probes = state.circuit !== 'closed';
        if (probes) state.probing = true;
        try {
          const waitMs =
            (await takeSlot(state)) || (probes ? await takeProbe(state) : Math.max(0, shutForMs(state)));
          if (waitMs > 0) stepBack();
          else if (state.circuit === 'closed') endProbe();
          return waitMs > 0 ? wait(waitMs) : GO;
        } catch (error) {
          stepBack();
          throw error;
        }
      },
      met({ reached: wasThere, restMs, error }) {
        if (restMs > 0) pause(state, restMs);
        // A probe that told nothing was not made.
        if (wasThere === null) return;
        const wasProbe = probes;
        endProbe();
        if (wasThere) reached(state);
        else missed(state, error, wasProbe);
      },
      leave() {
        state.active--;
        if (sends) state.tookMs = now() - beganAt;
        // The request never left (its claim was lost, or its credential could not be opened): the probe is still to be made.
        if (probes) health.probeNotMade(state);
        stepBack();
        const left = (activeByTenant.get(lane.tenantId) ?? 1) - 1;
        if (left > 0) activeByTenant.set(lane.tenantId, left);
        else activeByTenant.delete(lane.tenantId);
      },
    };
  }

  return {
    enter,
    adopt,
    room(shard) {
      const room: Room = { laneMax, tenantMax, lanes: lanes.room(shard), tenants: [] };
      for (const [tenantId, active] of activeByTenant) {
        room.tenants.push({ tenantId, take: Math.max(0, tenantMax - active) });
      }
      return room;
    },
    circuits() {
      const counts = { open: 0, half_open: 0 };
      for (const { circuit } of lanes.all()) if (circuit !== 'closed') counts[circuit]++;
      return counts;
    },
    opensInMs() {
      let soonest = Number.POSITIVE_INFINITY;
      for (const state of shut) {
        const rate = state.rule?.rate;
        const slotInMs = rate ? nextSlotInUs(rate, lanes.aheadUs(state)) / 1_000 : 0;
        const inMs = Math.max(shutForMs(state), slotInMs);
        if (inMs <= 0) shut.delete(state);
        else if (lanes.most(state) > 0) soonest = Math.min(soonest, inMs);
      }
      return soonest;
    },
  };
}
