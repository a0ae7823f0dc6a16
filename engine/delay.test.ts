import { expect, it } from 'vitest';
import { MAX_DELAY_MS, parseDelay } from './delay.ts';

it.each([
  ['0', 0],
  ['1500', 1500],
  ['PT24H', 86_400_000],
  ['P1DT2H3M4.5S', 93_784_500],
  ['PT90M', 5_400_000],
  ['P2W', 1_209_600_000],
  [String(MAX_DELAY_MS), MAX_DELAY_MS],
])('%s is %d milliseconds', (key, ms) => {
  expect(parseDelay(key)).toBe(ms);
});

it.each([
  '',
  '-1',
  '1.5',
  '1e3',
  '0x10',
  ' 5',
  '007',
  'P',
  'PT',
  'P1M',
  'P1Y',
  'PT1',
  '24H',
  'tomorrow',
  String(MAX_DELAY_MS + 1),
])('%j is not a delay', (key) => {
  expect(parseDelay(key)).toBeNull();
});
