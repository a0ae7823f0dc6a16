// What one worker makes of what it knows. What it is told by Postgres is given here; how workers agree through Postgres
// is in send-slots.test.ts and shared-limits.test.ts.
import { describe, expect, it } from 'vitest';
import type { ConnectionHealth } from '../db/statements/connection-health.ts';
import type { ConnectionRule } from '../integrations/connection-rule.ts';
import type { Lane, Receiver } from './lane.ts';
import { createLimits } from './limits.ts';

const lane: Receiver = { shard: 1, tenantId: 't', connectionId: 'c', toEndpoint: false };
const other: Lane = { shard: 1, tenantId: 't', connectionId: 'd' };
const from = { concurrency: 'settings', perSecond: 'settings', burst: 'settings' } as const;
const free: ConnectionRule = { concurrency: 10, rate: null, from };
const two: ConnectionRule = { concurrency: 2, rate: null, from };
const rated: ConnectionRule = { concurrency: 10, rate: { perSecond: 2, burst: 3 }, from };

const closed: ConnectionHealth = { circuit: 'closed', closedForMs: 0, pausedForMs: 0, revision: 1 };

function setup({ tenantMax = 8, laneMax = 4, share = (concurrency: number) => concurrency } = {}) {
  let at = 0;
  let slot = { waitMs: 0, aheadUs: 0 };
  let probe: (ConnectionHealth & { mayTry: boolean }) | null = null;
  let opened = 0;
  const said: string[] = [];
  const say = (what: string) => () => void said.push(what);
  const limits = createLimits({
    tenantMax,
    laneMax,
    share: (_, __, concurrency) => share(concurrency),
    slots: { take: async () => slot },
    health: {
      opened: (_, { misses }) => said.push(`opened after ${misses}`),
      closed: say('closed'),
      paused: (_, forMs) => said.push(`paused for ${forMs}`),
      takeProbe: async () => probe,
      probeMissed: say('probe missed'),
      probeNotMade: say('probe not made'),
    },
    onOpened: () => void opened++,
    now: () => at,
  });
  const lanes = () => limits.room(1).lanes;
  const takeOf = ({ connectionId }: Lane) =>
    lanes().find((known) => known.connectionId === connectionId)?.take ?? laneMax;
  /** @returns milliseconds to wait; 0: it went */
  const send = async (rule: ConnectionRule, reached: boolean, restMs = 0) => {
    const place = limits.enter(lane);
    const admission = await place.admit(rule);
    if (admission.kind === 'go') place.met({ reached, restMs, error: { code: 'timeout' } });
    place.leave();
    return admission.kind === 'go' ? 0 : admission.waitMs;
  };
  return {
    limits,
    lanes,
    takeOf,
    send,
    said,
    times: async (count: number, reached: boolean) => {
      for (let i = 0; i < count; i++) await send(free, reached);
    },
    pass: (ms: number) => {
      at += ms;
    },
    slotIs: (is: typeof slot) => {
      slot = is;
    },
    probeIs: (is: typeof probe) => {
      probe = is;
    },
    openings: () => opened,
    tenantTake: () => limits.room(1).tenants[0]?.take ?? tenantMax,
  };
}

/** So many places at a lane, none of them left yet. */
const enter = (limits: ReturnType<typeof createLimits>, at: Lane, count: number) =>
  Array.from({ length: count }, () => limits.enter(at));

const GO = { kind: 'go' };

describe('a lane', () => {
  it('has as many at once as the smaller of the worker’s cap and its own', async () => {
    const { limits, takeOf, pass } = setup();
    const first = limits.enter(lane);
    await first.admit(two);
    expect(takeOf(lane)).toBe(1);
    limits.enter(lane);
    expect(takeOf(lane)).toBe(0);
    expect(takeOf(other)).toBe(4);
    pass(100);
    first.leave();
    expect(takeOf(lane)).toBe(1);
  });

  it('is claimed ahead, up to the worker’s cap, while its requests are over soon', async () => {
    const { limits, takeOf, pass } = setup({ laneMax: 3 });
    const request = async (ms: number) => {
      const place = limits.enter(lane);
      await place.admit(two);
      pass(ms);
      place.leave();
    };
    await request(99);
    expect(takeOf(lane)).toBe(3);
    await request(100);
    expect(takeOf(lane)).toBe(2);
  });

  it('is known to have less than others for a while after it was last met', async () => {
    const { send, takeOf, lanes, pass } = setup();
    await send({ ...two, concurrency: 1 }, true);
    expect(takeOf(lane)).toBe(2);
    pass(10_000);
    expect(lanes()).toEqual([]);
  });

  it('gives the place of a request that is over to the list that waits longest', async () => {
    const { limits, takeOf } = setup();
    const [first, second, third] = enter(limits, lane, 3);
    const one = { ...two, concurrency: 1 };
    expect(await first?.admit(one)).toEqual(GO);
    const [goes, waits] = [second?.admit(one), third?.admit(one)];
    first?.leave();
    expect(await goes).toEqual(GO);
    expect(await waits).toMatchObject({ kind: 'wait', forOthers: false });
    second?.leave();
    third?.leave();
    expect(takeOf(lane)).toBe(2);
  });

  it('sends nothing of those that wait once its receiver is found to be away', async () => {
    const { limits, times } = setup();
    await times(9, false);
    const [first, ...others] = enter(limits, lane, 3);
    const one = { ...free, concurrency: 1 };
    await first?.admit(one);
    const waiting = Promise.all(others.map((place) => place.admit(one)));
    first?.met({ reached: false, restMs: 0, error: {} });
    first?.leave();
    expect((await waiting).map(({ kind }) => kind)).toEqual(['wait', 'wait']);
  });

  it('sends no more than that, however many were claimed before its own cap was known', async () => {
    const { limits } = setup();
    const places = enter(limits, lane, 4);
    const admissions = await Promise.all(places.map((place) => place.admit(two)));
    expect(admissions.map(({ kind }) => kind)).toEqual(['go', 'go', 'wait', 'wait']);
    places[2]?.leave();
    expect(await limits.enter(lane).admit(two)).toMatchObject({ kind: 'wait', forOthers: false });
    places[0]?.leave();
    expect(await limits.enter(lane).admit(two)).toEqual(GO);
  });

  it('has this worker’s part of it where there are others', async () => {
    const { limits, takeOf } = setup({ share: () => 1 });
    const [first, second] = enter(limits, lane, 2);
    expect(await first?.admit(free)).toEqual(GO);
    expect(await second?.admit(free)).toMatchObject({ kind: 'wait' });
    expect(takeOf(lane)).toBe(0);
  });

  it('is left to the others where this worker has no part of it, and remembered as that for some minutes', async () => {
    const { limits, lanes, takeOf, pass } = setup({ share: () => 0 });
    const place = limits.enter(lane);
    expect(await place.admit(two)).toEqual({ kind: 'wait', waitMs: 0, forOthers: true });
    place.leave();
    expect(takeOf(lane)).toBe(0);
    expect(limits.opensInMs()).toBe(Number.POSITIVE_INFINITY);
    pass(5 * 60_000 + 1);
    expect(lanes()).toEqual([]);
  });

  it('is counted with the other lanes of its tenant', () => {
    const { limits, tenantTake } = setup({ tenantMax: 3 });
    const places = [...enter(limits, lane, 1), ...enter(limits, other, 1)];
    expect(tenantTake()).toBe(1);
    places.push(...enter(limits, other, 1));
    expect(tenantTake()).toBe(0);
    for (const place of places) place.leave();
    expect(tenantTake()).toBe(3);
  });

  it('is not listed when there is nothing to know about it, nor in the room of another shard', async () => {
    const { limits, lanes, send, slotIs, pass } = setup();
    await send(free, true);
    expect(lanes()).toEqual([]);
    slotIs({ waitMs: 0, aheadUs: 500_000 });
    await send(rated, true);
    expect(lanes()).toMatchObject([{ connectionId: 'c', take: 2 }]);
    expect(limits.room(2).lanes).toEqual([]);
    pass(500);
    expect(limits.room(1)).toEqual({ laneMax: 4, tenantMax: 8, lanes: [], tenants: [] });
  });
});

describe('a lane with a rate', () => {
  it('waits as long as it is told, and nothing is claimed for it before', async () => {
    const { limits, takeOf, send, slotIs, pass } = setup();
    slotIs({ waitMs: 400, aheadUs: 1_400_000 });
    expect(await send(rated, true)).toBe(400);
    expect(takeOf(lane)).toBe(0);
    expect(limits.opensInMs()).toBe(400);
    pass(399);
    expect(takeOf(lane)).toBe(0);
    pass(1);
    expect(takeOf(lane)).toBe(1);
    expect(limits.opensInMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('is claimed for no more often than it has slots, those aside that were claimed and have none yet', async () => {
    const { limits, takeOf, slotIs } = setup();
    const [first] = enter(limits, lane, 2);
    slotIs({ waitMs: 0, aheadUs: 500_000 });
    expect(await first?.admit(rated)).toEqual(GO);
    // Two of three slots are left, one of them for the list that stands there.
    expect(takeOf(lane)).toBe(1);
  });

  it('takes none for a request that may not go anyway', async () => {
    const { limits, slotIs } = setup();
    const [first, second] = enter(limits, lane, 2);
    slotIs({ waitMs: 0, aheadUs: 500_000 });
    const one: ConnectionRule = { ...rated, concurrency: 1 };
    expect(await first?.admit(one)).toEqual(GO);
    slotIs({ waitMs: 9_999, aheadUs: 0 });
    expect(await second?.admit(one)).toMatchObject({ waitMs: 50 });
  });
});

describe('a receiver that wants to be left alone', () => {
  it('is, and a shorter wish does not shorten a longer one', async () => {
    const { limits, send, said, takeOf, pass } = setup();
    const [first, second] = enter(limits, lane, 2);
    first?.met({ reached: true, restMs: 5_000, error: {} });
    second?.met({ reached: true, restMs: 1_000, error: {} });
    first?.leave();
    second?.leave();
    // What waits looks again sooner than it is over: somebody may lift it by hand.
    expect(await send(free, true)).toBe(1_000);
    expect(takeOf(lane)).toBe(0);
    expect(limits.opensInMs()).toBe(5_000);
    pass(5_000);
    expect(await send(free, true)).toBe(0);
    expect(takeOf(lane)).toBe(4);
    expect(said).toEqual(['paused for 5000']);
  });

  it('is said once to the others, though every answer of a burst asks for it', () => {
    const { limits, said, pass } = setup();
    for (const place of enter(limits, lane, 4)) {
      place.met({ reached: true, restMs: 30_000, error: {} });
      pass(50);
    }
    expect(said).toEqual(['paused for 30000']);
  });

  it('is left alone when another worker was asked', async () => {
    const { limits, send, takeOf } = setup();
    limits.adopt(lane, { ...closed, pausedForMs: 7_000 });
    expect(takeOf(lane)).toBe(0);
    expect(limits.opensInMs()).toBe(7_000);
    expect(await send(free, true)).toBe(1_000);
  });

  it('is sent to again when the pause is lifted, and what was read before that does not bring it back', async () => {
    const { limits, send, takeOf, openings } = setup();
    const [asked] = enter(limits, lane, 1);
    asked?.met({ reached: true, restMs: 5_000, error: {} });
    asked?.leave();
    limits.adopt(lane, { ...closed, pausedForMs: 5_000, revision: 2 });
    expect(openings()).toBe(0);
    limits.adopt(lane, { ...closed, revision: 3 });
    expect(openings()).toBe(1);
    limits.adopt(lane, { ...closed, pausedForMs: 5_000, revision: 2 });
    expect(takeOf(lane)).toBe(4);
    expect(await send(free, true)).toBe(0);
  });
});

describe('a circuit', () => {
  it('opens when the receiver was not there ten times in a row', async () => {
    const { limits, times, send, takeOf, said } = setup();
    await times(9, false);
    expect(takeOf(lane)).toBe(4);
    await times(1, false);
    expect(takeOf(lane)).toBe(0);
    // What waits looks again sooner than it opens: somebody may close it by hand.
    expect(await send(free, true)).toBe(1_000);
    expect(limits.opensInMs()).toBe(5_000);
    expect(takeOf(other)).toBe(4);
    expect(said).toEqual(['opened after 10']);
  });

  it('forgets misses when the receiver is there again', async () => {
    const { times, takeOf } = setup();
    await times(9, false);
    await times(1, true);
    await times(9, false);
    expect(takeOf(lane)).toBe(4);
  });

  it('is tried with one request when its time is over, and nothing is sent beside that', async () => {
    const { limits, times, takeOf, probeIs, pass, said } = setup();
    await times(10, false);
    pass(5_000);
    expect(takeOf(lane)).toBe(1);
    probeIs({ ...closed, circuit: 'half_open', closedForMs: 90_000, revision: 2, mayTry: true });
    const probe = limits.enter(lane);
    expect(await probe.admit(free)).toEqual(GO);
    expect(takeOf(lane)).toBe(0);
    expect(await limits.enter(lane).admit(free)).toMatchObject({ kind: 'wait' });
    probe.met({ reached: true, restMs: 0, error: {} });
    probe.leave();
    expect(takeOf(lane)).toBe(3);
    expect(said).toEqual(['opened after 10', 'closed']);
  });

  it('stays shut when the one that tries finds no room to send', async () => {
    const { limits, times, probeIs, pass, said } = setup();
    await times(10, false);
    pass(5_000);
    probeIs({ ...closed, circuit: 'half_open', closedForMs: 90_000, revision: 2, mayTry: true });
    const probe = limits.enter(lane);
    expect(await probe.admit(free)).toEqual(GO);
    probe.met({ reached: null, restMs: 0, error: {} });
    probe.leave();
    expect(said).toEqual(['opened after 10', 'probe not made']);
    expect(limits.circuits().open + limits.circuits().half_open).toBe(1);
  });

  it('stays shut where another worker tries', async () => {
    const { times, send, takeOf, probeIs, pass, said } = setup();
    await times(10, false);
    pass(5_000);
    probeIs({ ...closed, circuit: 'half_open', closedForMs: 90_000, revision: 2, mayTry: false });
    expect(await send(free, true)).toBe(1_000);
    expect(takeOf(lane)).toBe(0);
    expect(said).toEqual(['opened after 10']);
  });

  it('opens again when the one that tried met nobody', async () => {
    const { times, send, probeIs, pass, said, takeOf } = setup();
    await times(10, false);
    pass(5_000);
    probeIs({ ...closed, circuit: 'half_open', closedForMs: 90_000, revision: 2, mayTry: true });
    expect(await send(free, false)).toBe(0);
    expect(said).toEqual(['opened after 10', 'probe missed']);
    expect(takeOf(lane)).toBe(0);
  });

  it('lets another find out when the one that was to never left', async () => {
    const { limits, times, probeIs, pass, said } = setup();
    await times(10, false);
    pass(5_000);
    probeIs({ ...closed, circuit: 'half_open', closedForMs: 90_000, revision: 2, mayTry: true });
    const lost = limits.enter(lane);
    expect(await lost.admit(free)).toEqual(GO);
    lost.leave();
    expect(said).toEqual(['opened after 10', 'probe not made']);
  });

  it('is not tried when the rate holds the request back', async () => {
    const { limits, times, slotIs, probeIs, pass, said } = setup();
    await times(10, false);
    pass(5_000);
    probeIs({ ...closed, circuit: 'half_open', closedForMs: 90_000, revision: 2, mayTry: true });
    slotIs({ waitMs: 10_000, aheadUs: 0 });
    const place = limits.enter(lane);
    expect(await place.admit(rated)).toMatchObject({ waitMs: 10_000 });
    place.leave();
    slotIs({ waitMs: 0, aheadUs: 0 });
    expect(await limits.enter(lane).admit(rated)).toEqual(GO);
    expect(said).toEqual(['opened after 10']);
  });

  it('that another worker opened is open here, and what is read late does not close it', async () => {
    const { limits, send, takeOf, openings } = setup();
    limits.adopt(lane, { ...closed, circuit: 'open', closedForMs: 20_000, revision: 4 });
    expect(takeOf(lane)).toBe(0);
    limits.adopt(lane, { ...closed, revision: 3 });
    expect(takeOf(lane)).toBe(0);
    expect(await send(free, true)).toBe(1_000);
    expect(openings()).toBe(0);
    limits.adopt(lane, { ...closed, revision: 5 });
    expect(takeOf(lane)).toBe(4);
    expect(openings()).toBe(1);
  });

  it('closed by hand while one finds out stays closed, and that one’s miss is the first of ten', async () => {
    const { limits, times, probeIs, pass, said, takeOf } = setup();
    await times(10, false);
    pass(5_000);
    probeIs({ ...closed, circuit: 'half_open', closedForMs: 90_000, revision: 2, mayTry: true });
    const probe = limits.enter(lane);
    expect(await probe.admit(free)).toEqual(GO);
    limits.adopt(lane, { ...closed, revision: 3 });
    probe.met({ reached: false, restMs: 0, error: {} });
    probe.leave();
    expect(takeOf(lane)).toBe(4);
    await times(8, false);
    expect(said).toEqual(['opened after 10']);
    await times(1, false);
    expect(said).toEqual(['opened after 10', 'opened after 10']);
  });

  it('that is open here alone closes when the database says so, though it knew that before', async () => {
    const { limits, send, times, probeIs, pass, takeOf } = setup();
    limits.adopt(lane, { ...closed, pausedForMs: 10, revision: 7 });
    pass(10);
    await times(10, false);
    pass(5_000);
    probeIs({ ...closed, revision: 7, mayTry: false });
    expect(await send(free, true)).toBe(0);
    expect(takeOf(lane)).toBe(4);
  });

  it('that could not be written down is tried by this worker alone, and opens again at the next miss', async () => {
    const { times, pass, said } = setup();
    await times(10, false);
    pass(5_000);
    await times(1, false);
    expect(said).toEqual(['opened after 10', 'opened after 11']);
  });

  it('of a receiver that nothing is sent to any more is forgotten, and no longer counted', async () => {
    const { limits, lanes, times, pass } = setup();
    await times(10, false);
    expect(limits.circuits()).toEqual({ open: 1, half_open: 0 });
    pass(31 * 60_000);
    expect(limits.circuits()).toEqual({ open: 0, half_open: 0 });
    expect(lanes()).toEqual([]);
  });

  it('does not open by misses that are hours apart, and those are not kept in mind for ever', async () => {
    const { lanes, times, pass, said } = setup();
    await times(9, false);
    pass(59 * 60_000);
    expect(lanes()).toHaveLength(1);
    pass(2 * 60_000);
    expect(lanes()).toEqual([]);
    await times(1, false);
    expect(said).toEqual([]);
  });
});
