import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer, now } from './integrations.testkit.ts';
import { MAX_RETRY_AFTER_MS, parseReset, parseRetryAfter, retryAfterHeader } from './retry-after.ts';

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
        ),
        (value) => {
          for (const ms of [parseRetryAfter(value, now), parseReset(value, now)]) {
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
