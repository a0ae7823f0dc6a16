import { describe, expect, it } from 'vitest';
import { createLimits, type Lane, type LaneRule, laneRule } from './limits.ts';

const lane: Lane = { tenantId: 't', connectionId: 'c' };
const other: Lane = { tenantId: 't', connectionId: 'd' };
const free: LaneRule = { concurrency: 10, rate: null };
const rated: LaneRule = { concurrency: 10, rate: { perSecond: 2, burst: 3 } };

function setup({ tenantMax = 8, laneMax = 4 } = {}) {
  let at = 0;
  const limits = createLimits({ tenantMax, laneMax, now: () => at });
  const takeOf = ({ connectionId }: Lane) =>
    limits.room().lanes.find((known) => known.connectionId === connectionId)?.take ?? laneMax;
  const send = (to: Lane, rule: LaneRule, wasThere: boolean) => {
    const place = limits.enter(to);
    const wait = place.admit(rule);
    if (wait === 0) limits.reached(to, wasThere);
    place.leave();
    return wait;
  };
  return {
    limits,
    takeOf,
    send,
    pass: (ms: number) => {
      at += ms;
    },
    tenantTake: () => limits.room().tenants[0]?.take ?? tenantMax,
  };
}

/** So many places at a lane, none of them left yet. */
const enter = (limits: ReturnType<typeof createLimits>, at: Lane, count: number) =>
  Array.from({ length: count }, () => limits.enter(at));

describe('limits', () => {
  it('lets a lane have as many at once as the smaller of the worker’s cap and the connection’s', () => {
    const { limits, takeOf } = setup();
    const first = limits.enter(lane);
    first.admit({ concurrency: 2, rate: null });
    expect(takeOf(lane)).toBe(1);
    limits.enter(lane);
    expect(takeOf(lane)).toBe(0);
    expect(takeOf(other)).toBe(4);
    first.leave();
    expect(takeOf(lane)).toBe(1);
  });

  it('sends no more than that, however many were claimed before the connection’s cap was known', () => {
    const { limits } = setup();
    const two: LaneRule = { concurrency: 2, rate: null };
    const places = enter(limits, lane, 4);
    const waits = places.map((place) => place.admit(two) > 0);
    expect(waits).toEqual([false, false, true, true]);
    places[2]?.leave();
    expect(limits.enter(lane).admit(two)).toBeGreaterThan(0);
    places[0]?.leave();
    expect(limits.enter(lane).admit(two)).toBe(0);
  });

  it('counts a tenant’s lanes together', () => {
    const { limits, tenantTake } = setup({ tenantMax: 3 });
    const places = [...enter(limits, lane, 1), ...enter(limits, other, 1)];
    expect(tenantTake()).toBe(1);
    places.push(...enter(limits, other, 1));
    expect(tenantTake()).toBe(0);
    for (const place of places) place.leave();
    expect(tenantTake()).toBe(3);
  });

  it('lets a burst through, then as many as the rate gives, and says how long to wait', () => {
    const { send, pass } = setup();
    const four = () => [1, 2, 3, 4].map(() => send(lane, rated, true));
    expect(four()).toEqual([0, 0, 0, 500]);
    pass(500);
    expect([send(lane, rated, true), send(lane, rated, true)]).toEqual([0, 500]);
    pass(3_600_000);
    expect(four()).toEqual([0, 0, 0, 500]);
  });

  it('claims nothing for a lane that is over its rate', () => {
    const { send, takeOf, pass } = setup();
    for (let i = 0; i < 3; i++) send(lane, rated, true);
    expect(takeOf(lane)).toBe(0);
    pass(1000);
    expect(takeOf(lane)).toBe(2);
  });

  it('rests while the receiver wants to be left alone, and a shorter wish does not shorten a longer one', () => {
    const { limits, send, takeOf, pass } = setup();
    limits.pause(lane, 5_000);
    limits.pause(lane, 1_000);
    expect(send(lane, free, true)).toBe(5_000);
    expect(takeOf(lane)).toBe(0);
    pass(5_000);
    expect(send(lane, free, true)).toBe(0);
    expect(takeOf(lane)).toBe(4);
  });

  it('stops sending to a receiver that was not there ten times in a row', () => {
    const { send, takeOf } = setup();
    for (let i = 0; i < 9; i++) send(lane, free, false);
    expect(takeOf(lane)).toBe(4);
    send(lane, free, false);
    expect(takeOf(lane)).toBe(0);
    expect(send(lane, free, true)).toBe(5_000);
    expect(takeOf(other)).toBe(4);
  });

  it('forgets misses when the receiver is there again', () => {
    const { send, takeOf } = setup();
    for (let i = 0; i < 9; i++) send(lane, free, false);
    send(lane, free, true);
    for (let i = 0; i < 9; i++) send(lane, free, false);
    expect(takeOf(lane)).toBe(4);
  });

  it('sends one request to find out whether a receiver is back, and nothing beside it', () => {
    const { send, limits, takeOf, pass } = setup();
    for (let i = 0; i < 10; i++) send(lane, free, false);
    pass(5_000);
    expect(takeOf(lane)).toBe(1);
    const probe = limits.enter(lane);
    expect(probe.admit(free)).toBe(0);
    expect(takeOf(lane)).toBe(0);
    const beside = limits.enter(lane);
    expect(beside.admit(free)).toBeGreaterThan(0);
    beside.leave();
    limits.reached(lane, true);
    probe.leave();
    expect(takeOf(lane)).toBe(4);
  });

  it('waits twice as long after each vain try, five minutes at most', () => {
    const { send, pass } = setup();
    for (let i = 0; i < 10; i++) send(lane, free, false);
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const wait = send(lane, free, false);
      waits.push(wait);
      pass(wait);
      send(lane, free, false);
    }
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  });

  it('lets another request find out when the first one never left', () => {
    const { send, limits, takeOf, pass } = setup();
    for (let i = 0; i < 10; i++) send(lane, free, false);
    pass(5_000);
    const lost = limits.enter(lane);
    expect(lost.admit(free)).toBe(0);
    // Its claim was lost, or its credential could not be opened: nothing was learned about the receiver.
    lost.leave();
    expect(takeOf(lane)).toBe(1);
    expect(send(lane, free, true)).toBe(0);
  });

  it('takes no request for the one that finds out when the rate holds it back', () => {
    const { send, limits, pass } = setup();
    for (let i = 0; i < 10; i++) send(lane, free, false);
    pass(5_000);
    const slow: LaneRule = { concurrency: 10, rate: { perSecond: 0.1, burst: 1 } };
    const lost = limits.enter(lane);
    lost.admit(slow);
    lost.leave();
    const place = limits.enter(lane);
    expect(place.admit(slow)).toBe(10_000);
    pass(10_000);
    expect(place.admit(slow)).toBe(0);
  });

  it('lists no lane about which there is nothing to know', () => {
    const { send, limits, pass } = setup();
    send(lane, free, true);
    send(other, rated, true);
    expect(limits.room().lanes).toMatchObject([{ connectionId: 'd', take: 2 }]);
    pass(500);
    expect(limits.room()).toEqual({ laneMax: 4, tenantMax: 8, lanes: [], tenants: [] });
  });
});

describe('laneRule', () => {
  it('takes the connection’s settings before the provider’s defaults', () => {
    const defaults = { concurrency: 5, perSecond: 1, burst: 2 };
    expect(laneRule({}, defaults)).toEqual({ concurrency: 5, rate: { perSecond: 1, burst: 2 } });
    expect(laneRule({ concurrency: 1, rate_limit: { per_second: 10, burst: 20 } }, defaults)).toEqual({
      concurrency: 1,
      rate: { perSecond: 10, burst: 20 },
    });
    expect(laneRule({}, { concurrency: 5 })).toEqual({ concurrency: 5, rate: null });
  });

  it('lets at least one request go at a rate below one a second', () => {
    expect(laneRule({ rate_limit: { per_second: 0.2 } }, { concurrency: 5 }).rate).toEqual({
      perSecond: 0.2,
      burst: 1,
    });
  });
});
