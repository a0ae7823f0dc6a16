import { expect, test } from 'vitest';
import { attemptsByDay, spokenWeek } from './week.ts';

const item = (day: string, connection_id: string, attempts: number) => ({
  day,
  connection_id,
  attempts,
  quantity: attempts,
  request_bytes: 0,
  response_bytes: 0,
});

test('days without attempts are there, and other connections are not', () => {
  const items = [item('2026-03-01', 'a', 3), item('2026-03-03', 'a', 1), item('2026-03-03', 'b', 9)];
  const counts = attemptsByDay(items, 'a', { nowMs: Date.parse('2026-03-03T23:59:00Z'), days: 3 });
  expect(counts).toEqual([3, 0, 1]);
  expect(spokenWeek(counts)).toBe('4 attempts in 3 days, 1 today');
});
