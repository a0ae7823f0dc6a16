import { expect, test } from 'vitest';
import { duration, relativeTime } from './relative-time.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

test.each([
  [0, 'just now'],
  [-12_000, '12 s ago'],
  [-3 * 60_000, '3 min ago'],
  [-3_600_000 * 23, '23 h ago'],
  [86_400_000, 'in 1 d'],
  [-86_400_000 * 40, '2026-01-20'],
])('%i ms from now reads %s', (ms, said) => {
  expect(relativeTime(NOW + ms, NOW)).toBe(said);
});

test('durations keep their unit', () => {
  expect([duration(12), duration(1_449)]).toEqual(['12 ms', '1.4 s']);
});
