import { expect, test } from 'vitest';
import { spokenUsage, usageByConnection } from './usage.ts';

const item = (connection_id: string, outcome: string, attempts: number) => ({
  connection_id,
  outcome,
  attempts,
  quantity: attempts,
  request_bytes: 0,
  response_bytes: 0,
});

test('the usage of a connection is all its attempts, whatever came of them', () => {
  const usage = usageByConnection([
    item('a', 'succeeded', 8),
    item('a', 'failed', 2),
    item('b', 'unknown', 1),
  ]);
  expect(usage.get('a')).toEqual({ attempts: 10, succeeded: 8 });
  expect(usage.get('b')).toEqual({ attempts: 1, succeeded: 0 });
});

test.each([
  [{ attempts: 0, succeeded: 0 }, 'not in the last 30 days'],
  [{ attempts: 1, succeeded: 1 }, '1 attempt in 30 days, 100 % succeeded'],
  [{ attempts: 1000, succeeded: 999 }, '1\u202f000 attempts in 30 days, 99 % succeeded'],
])('%o reads %s', (usage, said) => {
  expect(spokenUsage(usage)).toBe(said);
});
