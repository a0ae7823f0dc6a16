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

test('a run is published, and as that of a release only when its version is named', () => {
  expect(readOptions(['--write'], {})).toMatchObject({ write: true, release: null });
  expect(readOptions(['--release', '0.2.0'], {})).toMatchObject({ write: true, release: '0.2.0' });
  expect(() => readOptions(['--release', '0.2.0', '--only', 'e2e'], {})).toThrow(/--only/);
});

test('a Postgres that is named comes before Citus, and Citus before the embedded one', () => {
  const citus = { CITUS_URL: 'postgres://coordinator/postgres' };
  expect(readOptions([], {}).server).toEqual({ kind: 'embedded' });
  expect(readOptions([], citus).server).toEqual({ kind: 'citus', url: citus.CITUS_URL });
  const named = ['--database-url', 'postgres://named/postgres'];
  expect(readOptions(named, citus).server).toEqual({ kind: 'postgres', url: 'postgres://named/postgres' });
});

test('what is published is measured on the embedded Postgres', () => {
  expect(() => readOptions(['--write'], { CITUS_URL: 'postgres://coordinator/postgres' })).toThrow(
    /CITUS_URL/,
  );
  expect(() => readOptions(['--write', '--database-url', 'postgres://named/postgres'], {})).toThrow(
    /--database-url/,
  );
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
