// Who may have how much at once. No tenant and no slow receiver may hold up others: a lane (a tenant's connection) that
// is full, over its rate, told to wait, or broken is passed over when claiming, so it takes no slot while it waits.
import type { JsonObject } from '../engine/json.ts';

export interface Lane {
  tenantId: string;
  connectionId: string;
}

/** What one connection may have. Its own settings come first, then its provider's defaults. */
export interface LaneRule {
  concurrency: number;
  /** Requests a second, and how many may go at once after a pause; null: no limit. */
  rate: { perSecond: number; burst: number } | null;
}

/** A claimed list that stands at an action of a lane. */
export interface Place {
  /** @returns 0 when its request may go now (and counts it), else the milliseconds to wait */
  admit(rule: LaneRule): number;
  leave(): void;
}

export interface Limits {
  enter(lane: Lane): Place;
  /** The receiver asked for a pause. */
  pause(lane: Lane, forMs: number): void;
  /** Whether the receiver was there: many misses in a row break the circuit. */
  reached(lane: Lane, wasThere: boolean): void;
  /** How much more may be claimed; what is not listed has its defaults. */
  room(): Room;
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
  /** Milliseconds, monotonic. */
  now(): number;
}

/** Misses in a row that open the circuit: a deploy of the receiver costs a few, an outage costs all. */
const MISSES_TO_OPEN = 10;
const OPEN_FIRST_MS = 5_000;
const OPEN_LONGEST_MS = 5 * 60_000;
/** What was claimed before the lane's own cap was known comes back after this; by then claims know it. */
const CROWDED_MS = 50;

interface State extends Lane {
  /** Lists that stand here, and how many of them have a request out. */
  active: number;
  sending: number;
  rule: LaneRule | null;
  tokens: number;
  refilledAt: number;
  waitUntil: number;
  misses: number;
  openUntil: number;
  openForMs: number;
  /** After the circuit was open, one request finds out. */
  probing: boolean;
}

export function createLimits({ tenantMax, laneMax, now }: LimitsOptions): Limits {
  const lanes = new Map<string, State>();
  const activeByTenant = new Map<string, number>();

  function stateOf(lane: Lane): State {
    const key = `${lane.tenantId}:${lane.connectionId}`;
    let state = lanes.get(key);
    if (!state) {
      state = {
        ...lane,
        active: 0,
        sending: 0,
        rule: null,
        tokens: 0,
        refilledAt: now(),
        waitUntil: 0,
        misses: 0,
        openUntil: 0,
        openForMs: OPEN_FIRST_MS,
        probing: false,
      };
      lanes.set(key, state);
    }
    return state;
  }

  function refill(state: State): void {
    const rate = state.rule?.rate;
    if (!rate) return;
    const at = now();
    state.tokens = Math.min(rate.burst, state.tokens + ((at - state.refilledAt) / 1000) * rate.perSecond);
    state.refilledAt = at;
  }

  function learn(state: State, rule: LaneRule): void {
    const { rate } = rule;
    const before = state.rule?.rate;
    if (rate && (before?.perSecond !== rate.perSecond || before.burst !== rate.burst)) {
      state.tokens = rate.burst;
      state.refilledAt = now();
    }
    state.rule = rule;
  }

  /** How many more of this lane would be of use now. */
  function take(state: State): number {
    const at = now();
    if (state.waitUntil > at || state.openUntil > at) return 0;
    if (state.openUntil > 0) return state.probing || state.active > 0 ? 0 : 1;
    const byConcurrency = Math.min(laneMax, state.rule?.concurrency ?? laneMax) - state.active;
    refill(state);
    const byRate = state.rule?.rate ? Math.floor(state.tokens) - state.active : Number.POSITIVE_INFINITY;
    return Math.max(0, Math.min(byConcurrency, byRate));
  }

  const isIdle = (state: State) =>
    state.active === 0 &&
    state.misses === 0 &&
    state.waitUntil <= now() &&
    state.openUntil === 0 &&
    hasAllTokens(state);

  function hasAllTokens(state: State): boolean {
    refill(state);
    return state.rule?.rate == null || state.tokens >= state.rule.rate.burst;
  }

  function admit(state: State, rule: LaneRule): number {
    learn(state, rule);
    const closedFor = Math.max(state.waitUntil, state.openUntil) - now();
    if (closedFor > 0) return Math.ceil(closedFor);
    if (state.sending >= Math.min(laneMax, rule.concurrency)) return CROWDED_MS;
    const halfOpen = state.openUntil > 0;
    if (halfOpen && state.probing) return OPEN_FIRST_MS;
    if (rule.rate) {
      refill(state);
      if (state.tokens < 1) return Math.ceil(((1 - state.tokens) / rule.rate.perSecond) * 1000);
      state.tokens--;
    }
    state.probing = halfOpen;
    return 0;
  }

  return {
    enter(lane) {
      const state = stateOf(lane);
      let sends = false;
      state.active++;
      activeByTenant.set(lane.tenantId, (activeByTenant.get(lane.tenantId) ?? 0) + 1);
      return {
        admit(rule) {
          const wait = admit(state, rule);
          if (wait === 0 && !sends) {
            sends = true;
            state.sending++;
          }
          return wait;
        },
        leave() {
          state.active--;
          if (sends) state.sending--;
          // A probe that never left (its claim was lost, its credential would not open) must not keep the circuit half open.
          if (state.active === 0) state.probing = false;
          const left = (activeByTenant.get(lane.tenantId) ?? 1) - 1;
          if (left > 0) activeByTenant.set(lane.tenantId, left);
          else activeByTenant.delete(lane.tenantId);
        },
      };
    },
    pause(lane, forMs) {
      const state = stateOf(lane);
      state.waitUntil = Math.max(state.waitUntil, now() + forMs);
    },
    reached(lane, wasThere) {
      const state = stateOf(lane);
      state.probing = false;
      if (wasThere) {
        Object.assign(state, { misses: 0, openUntil: 0, openForMs: OPEN_FIRST_MS });
        return;
      }
      state.misses++;
      if (state.openUntil > 0 ? state.openUntil <= now() : state.misses >= MISSES_TO_OPEN) {
        state.openUntil = now() + state.openForMs;
        state.openForMs = Math.min(state.openForMs * 2, OPEN_LONGEST_MS);
      }
    },
    room() {
      const room: Room = { laneMax, tenantMax, lanes: [], tenants: [] };
      for (const [key, state] of lanes) {
        if (isIdle(state)) lanes.delete(key);
        else
          room.lanes.push({ tenantId: state.tenantId, connectionId: state.connectionId, take: take(state) });
      }
      for (const [tenantId, active] of activeByTenant) {
        room.tenants.push({ tenantId, take: Math.max(0, tenantMax - active) });
      }
      return room;
    },
  };
}

/** `settings` of a connection: `{ concurrency?, rate_limit?: { per_second, burst? } }`. */
export function laneRule(
  settings: JsonObject,
  defaults: { concurrency: number; perSecond?: number; burst?: number },
): LaneRule {
  const limit = settings.rate_limit as { per_second?: number; burst?: number } | undefined;
  const perSecond = limit?.per_second ?? defaults.perSecond;
  return {
    concurrency: typeof settings.concurrency === 'number' ? settings.concurrency : defaults.concurrency,
    rate:
      perSecond === undefined
        ? null
        : { perSecond, burst: Math.max(1, limit?.burst ?? defaults.burst ?? Math.ceil(perSecond)) },
  };
}
