import { expect, test } from 'vitest';
import { compare, GUARDS, type Guard, toComparisonTable } from './compare.ts';
import { FIGURES } from './figures.ts';

const rate: Guard = { of: 'done_per_s', to: 'floor_per_s', better: 'more', tolerance: 0.2 };
const time: Guard = { of: 'took_ms', to: null, better: 'less', tolerance: 0.2 };

const verdictOf = (guard: Guard, before: Record<string, number>, now: Record<string, number>) =>
  compare(before, now, [guard])[0]?.verdict;

test('a machine that is half as fast changes nothing, as the floor of the same run falls with it', () => {
  const [comparison] = compare(
    { done_per_s: 500, floor_per_s: 1_000 },
    { done_per_s: 250, floor_per_s: 500 },
    [rate],
  );
  expect(comparison).toMatchObject({ before: 0.5, now: 0.5, worth: 1, verdict: 'held' });
});

test.each([
  [rate, { done_per_s: 81, floor_per_s: 100 }, 'held'],
  [rate, { done_per_s: 79, floor_per_s: 100 }, 'fell'],
  [rate, { done_per_s: 100, floor_per_s: 130 }, 'fell'],
  [rate, { done_per_s: 130, floor_per_s: 100 }, 'gained'],
  [time, { took_ms: 124 }, 'held'],
  [time, { took_ms: 126 }, 'fell'],
  [time, { took_ms: 75 }, 'gained'],
] as const)('%o with %o now has %s', (guard, now, verdict) => {
  const before = { done_per_s: 100, floor_per_s: 100, took_ms: 100 };
  expect(verdictOf(guard, before, now)).toBe(verdict);
});

test('what one of the two runs did not measure is neither better nor worse', () => {
  const whole = { done_per_s: 1, floor_per_s: 1, took_ms: 1 };
  expect(verdictOf(rate, whole, { done_per_s: 1 })).toBe('not measured');
  expect(verdictOf(rate, { floor_per_s: 1 }, whole)).toBe('not measured');
  expect(verdictOf(time, {}, {})).toBe('not measured');
});

test('the table says what fell, and which settings make the runs different', () => {
  const comparisons = compare({ took_ms: 10 }, { took_ms: 20 }, [time]);
  const table = toComparisonTable(comparisons, {
    before: { seconds: 5, rounds: 3 },
    now: { seconds: 1, rounds: 3 },
  });
  expect(table).toMatch(/took_ms +10\.00 +20\.00 +-50 % +20 % +fell/);
  expect(table).toContain('the kept run had seconds 5, this one 1');
  expect(table).not.toContain('rounds');
});

test('every figure that is guarded is one that the benchmark measures', () => {
  const named = GUARDS.flatMap(({ of, to }) => (to === null ? [of] : [of, to]));
  expect(named.filter((name) => !Object.hasOwn(FIGURES, name))).toEqual([]);
});
