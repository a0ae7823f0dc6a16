import { describe, expect, it } from 'vitest';
import { connectionRule, nextSlotInUs, slotsFree, spacingUs } from './connection-rule.ts';

describe('what a connection may have', () => {
  const defaults = { concurrency: 5, perSecond: 1, burst: 2 };

  it('is said by its settings before its provider, part by part', () => {
    expect(connectionRule({}, defaults)).toEqual({
      concurrency: 5,
      rate: { perSecond: 1, burst: 2 },
      from: { concurrency: 'provider', perSecond: 'provider', burst: 'provider' },
    });
    const settings = { concurrency: 1, rate_limit: { per_second: 10, burst: 20 } };
    expect(connectionRule(settings, defaults)).toEqual({
      concurrency: 1,
      rate: { perSecond: 10, burst: 20 },
      from: { concurrency: 'settings', perSecond: 'settings', burst: 'settings' },
    });
    expect(connectionRule({ rate_limit: { per_second: 10 } }, defaults)).toMatchObject({
      rate: { perSecond: 10, burst: 2 },
      from: { perSecond: 'settings', burst: 'provider' },
    });
  });

  it('has no rate where neither names one, or where its settings say null', () => {
    expect(connectionRule({}, { concurrency: 5 }).rate).toBeNull();
    expect(connectionRule({ rate_limit: null }, defaults)).toMatchObject({
      rate: null,
      from: { perSecond: 'settings' },
    });
  });

  it('lets a second’s worth go at once where nobody names a burst, and one at a rate below one a second', () => {
    const from = { concurrency: 'provider', perSecond: 'settings', burst: 'per_second' };
    const burstAt = (per_second: number) =>
      connectionRule({ rate_limit: { per_second } }, { concurrency: 5 });
    expect(burstAt(2.5)).toMatchObject({ rate: { perSecond: 2.5, burst: 3 }, from });
    expect(burstAt(0.2)).toMatchObject({ rate: { perSecond: 0.2, burst: 1 }, from });
  });
});

describe('slots of a rate', () => {
  it('come back one by one, never sooner than the rate says', () => {
    const rate = { perSecond: 3, burst: 2 };
    expect(spacingUs(rate)).toBe(333_334);
    expect(slotsFree(rate, 0)).toBe(2);
    expect(slotsFree(rate, 1)).toBe(1);
    expect(slotsFree(rate, 2 * 333_334)).toBe(0);
    expect(nextSlotInUs(rate, 2 * 333_334)).toBe(333_334);
    expect(nextSlotInUs(rate, 333_334)).toBe(0);
    expect(slotsFree(rate, 10_000_000)).toBe(0);
  });
});
