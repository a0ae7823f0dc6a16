import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer, now } from './integrations.testkit.ts';
import {
  budgetRest,
  MAX_RETRY_AFTER_MS,
  parseReset,
  parseResetDate,
  parseRetryAfter,
  retryAfterHeader,
} from './retry-after.ts';

describe('Retry-After', () => {
  it.each<[string | undefined, number | null]>([
    ['0', 0],
    ['1', 1000],
    [' 120 ', 120_000],
    ['1.5', 1500],
    ['0.0001', 1],
    ['-5', 0],
    ['3600', MAX_RETRY_AFTER_MS],
    ['3601', MAX_RETRY_AFTER_MS],
    ['1000000000', MAX_RETRY_AFTER_MS],
    ['9'.repeat(400), MAX_RETRY_AFTER_MS],
    ['Sat, 01 Mar 2025 12:00:30 GMT', 30_000],
    ['Saturday, 01-Mar-25 12:00:30 GMT', 30_000],
    ['Sat Mar  1 12:00:30 2025', 30_000],
    ['Sat, 01 Mar 2025 11:00:00 GMT', 0],
    ['Sun, 01 Mar 2099 00:00:00 GMT', MAX_RETRY_AFTER_MS],
    [undefined, null],
    ['', null],
    ['soon', null],
    ['1e9', null],
    ['0x10', null],
    ['Infinity', null],
    ['NaN', null],
    ['1, 2', null],
    ['2025-03-01T12:00:30Z', null],
    ['Sat, 99 Mar 2025 12:00:30 GMT', null],
  ])('%j means %j ms', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });

  it('is never less than now, more than an hour, or a fraction of a millisecond, whatever it says', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.double().map(String),
          fc.date().map((date) => date.toUTCString()),
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        ),
        (value) => {
          for (const parse of [parseRetryAfter, parseReset, parseResetDate]) {
            const ms = parse(value, now);
            if (ms === null) continue;
            expect(Number.isInteger(ms) && ms >= 0 && ms <= MAX_RETRY_AFTER_MS).toBe(true);
          }
        },
      ),
    );
  });

  it('rests the whole connection after 429 and 503 only', () => {
    const paused = (status: number) =>
      retryAfterHeader(answer(status, undefined, { 'retry-after': '7' }), now);
    expect([429, 503].map(paused)).toEqual([7000, 7000]);
    expect([200, 202, 301, 404, 500].map(paused)).toEqual([null, null, null, null, null]);
    expect(retryAfterHeader(answer(429), now)).toBeNull();
  });
});

describe('a reset header', () => {
  const epochSeconds = now.getTime() / 1000;
  it.each<[string | undefined, number | null]>([
    ['30', 30_000],
    [String(epochSeconds + 30), 30_000],
    [String((epochSeconds + 30) * 1000), 30_000],
    [String(epochSeconds - 30), 0],
    [String(epochSeconds + 86_400), MAX_RETRY_AFTER_MS],
    ['-1', 0],
    ['later', null],
    [undefined, null],
  ])('%j means %j ms', (value, expected) => {
    expect(parseReset(value, now)).toBe(expected);
  });
});

describe('a reset as a date', () => {
  it.each<[string | undefined, number | null]>([
    ['2025-03-01T12:01Z', 60_000],
    ['2025-03-01T12:00:30Z', 30_000],
    ['2025-03-01T12:00:30.5Z', 30_500],
    ['2025-03-01T13:00:30+01:00', 30_000],
    ['2025-03-01T13:00:30+0100', 30_000],
    ['2025-03-01T11:00Z', 0],
    ['2026-03-01T12:00Z', MAX_RETRY_AFTER_MS],
    ['2025-03-01', null],
    ['2025-03-01T12:01', null],
    ['2025-13-01T12:01Z', null],
    ['30', null],
    ['', null],
    [undefined, null],
  ])('%j means %j ms', (value, expected) => {
    expect(parseResetDate(value, now)).toBe(expected);
  });
});

describe('several budgets', () => {
  const budgets = ['a', 'b'].map((name) => ({ remaining: `${name}-remaining`, reset: `${name}-reset` }));
  const rest = (headers: Record<string, string>, limited: boolean) =>
    budgetRest(answer(200, undefined, headers), now, budgets, limited);

  it('rest until the last of those that are spent', () => {
    const spent = { 'a-remaining': '0', 'a-reset': '5', 'b-remaining': '0', 'b-reset': '9' };
    expect(rest(spent, false)).toBe(9000);
    expect(rest({ ...spent, 'b-remaining': '1' }, true)).toBe(5000);
  });

  it('rest until the first, after a refusal that names none as spent', () => {
    const left = { 'a-remaining': '2', 'a-reset': '5', 'b-reset': '9' };
    expect(rest(left, true)).toBe(5000);
    expect(rest(left, false)).toBeNull();
    expect(rest({ 'a-remaining': '0' }, true)).toBeNull();
    expect(rest({}, true)).toBeNull();
  });
});
