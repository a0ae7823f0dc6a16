import { expect, test } from 'vitest';
import type { UsageItem } from './metering-requests.ts';
import { daysOf, rangeOf } from './range.ts';
import { bytesText, chartOf } from './series.ts';

const item = (day: string, connection: string | undefined, attempts: number): UsageItem => ({
  day,
  ...(connection !== undefined && { connection_id: connection }),
  attempts,
  quantity: attempts,
  request_bytes: 0,
  response_bytes: 0,
});

test('a chart has every day, the largest values, and one for the rest', () => {
  const items = ['a', 'b', 'c', 'd', 'e', undefined].map((id, i) => item('2026-01-02', id, 10 - i));
  const { series, data } = chartOf(items, ['2026-01-01', '2026-01-02'], 'connection', (id) =>
    id.toUpperCase(),
  );
  expect(series.map(({ label, total }) => [label, total])).toEqual([
    ['A', 10],
    ['B', 9],
    ['C', 8],
    ['D', 7],
    ['2 others', 11],
  ]);
  expect(data).toEqual([
    { day: '2026-01-01', A: 0, B: 0, C: 0, D: 0, '2 others': 0 },
    { day: '2026-01-02', A: 10, B: 9, C: 8, D: 7, '2 others': 11 },
  ]);
});

test('a month is a whole one in UTC, and its days end with today', () => {
  const now = new Date('2026-03-02T23:30:00Z');
  const month = rangeOf('this-month', now);
  expect(month).toEqual({ from: '2026-03-01T00:00:00.000Z', to: '2026-04-01T00:00:00.000Z' });
  expect(daysOf(month, now)).toEqual(['2026-03-01', '2026-03-02']);
  expect(rangeOf('last-month', now).from).toBe('2026-02-01T00:00:00.000Z');
  expect(daysOf(rangeOf('last-7-days', now), now)).toHaveLength(7);
});

test('bytes are said in the unit that fits', () => {
  expect([0, 999, 1_500, 12_345_678].map(bytesText)).toEqual(['0 B', '999 B', '1.5 kB', '12 MB']);
});
