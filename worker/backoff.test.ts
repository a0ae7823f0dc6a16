import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_BACKOFF_MS } from '../engine/definition.ts';
import { backoffMs } from './backoff.ts';

const rule = fc.record({
  initialMs: fc.nat(MAX_BACKOFF_MS),
  factor: fc.double({ min: 1, max: 100, noNaN: true }),
  maxMs: fc.nat(MAX_BACKOFF_MS),
});
const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoffMs', () => {
  it('waits at least what the receiver asked for and beyond that no longer than the rule’s longest wait', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        rule,
        fc.nat(10 ** 9),
        dice,
        (attempt, rule, asked, random) => {
          const wait = backoffMs(attempt, rule, asked, random);
          expect(Number.isInteger(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(asked);
          expect(wait).toBeLessThanOrEqual(asked + rule.maxMs);
        },
      ),
    );
  });

  it('takes a negative wish for none', () => {
    expect(backoffMs(1, { initialMs: 1000, factor: 2, maxMs: 60_000 }, -5_000, 0)).toBe(0);
  });

  it('doubles the span it throws its dice over, up to the longest wait of the rule', () => {
    const almostOne = 1 - Number.EPSILON;
    const longest = (attempt: number) =>
      backoffMs(attempt, { initialMs: 1000, factor: 2, maxMs: 5_000 }, 0, almostOne);
    expect([1, 2, 3, 4, 5].map(longest)).toEqual([999, 1999, 3999, 4999, 4999]);
  });

  it('waits for a day where the rule says so', () => {
    const day = { initialMs: MAX_BACKOFF_MS, factor: 1, maxMs: MAX_BACKOFF_MS };
    expect(backoffMs(1, day, 0, 0.5)).toBe(MAX_BACKOFF_MS / 2);
  });

  it('spreads over the whole span, so that what failed together does not come back together', () => {
    const at = (random: number) => backoffMs(3, { initialMs: 1000, factor: 2, maxMs: 60_000 }, 0, random);
    expect([at(0), at(0.25), at(0.5)]).toEqual([0, 1000, 2000]);
  });

  it('adds its dice to what was asked, so that a crowd told the same does not come back together either', () => {
    expect(backoffMs(1, { initialMs: 1000, factor: 2, maxMs: 60_000 }, 7_000, 0.5)).toBe(7_500);
  });
});
