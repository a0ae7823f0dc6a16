import { expect, test } from 'vitest';
import { BASELINE, DEFAULTS, readOptions } from './settings.ts';

test('without options everything is measured at full size', () => {
  expect(readOptions([])).toMatchObject({ settings: DEFAULTS, only: null, json: false, write: false });
});

test('sizes, cases and variables can be chosen', () => {
  const args = ['--json', '--only', 'e2e, idle', '--seconds', '0.5', '--set', 'WORKER_CONCURRENCY=8'];
  expect(readOptions(args)).toMatchObject({
    settings: { ...DEFAULTS, seconds: 0.5 },
    only: ['e2e', 'idle'],
    variables: { WORKER_CONCURRENCY: '8' },
    json: true,
  });
});

test('a run is compared with the one that was kept, or with any other', () => {
  expect(readOptions([]).compare).toBeNull();
  expect(readOptions(['--compare']).compare).toBe(BASELINE);
  expect(readOptions(['--compare', '--json'])).toMatchObject({ compare: BASELINE, json: true });
  expect(readOptions(['--compare', 'before.json'])).toMatchObject({ compare: 'before.json' });
});

test.each([
  ['--write', '--only=e2e'],
  ['--seconds', 'soon'],
  ['--rounds', '0'],
  ['--set', 'WORKER_CONCURRENCY'],
  ['--sceonds', '1'],
])('refuses %s %s', (...args) => {
  expect(() => readOptions(args)).toThrow();
});
