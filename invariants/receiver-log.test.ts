import { expect, test } from 'vitest';
import type { RunStanding } from '../db/statements/invariants.ts';
import { compare } from './receiver-log.ts';

const run = (id: string, more: Partial<RunStanding> = {}): RunStanding => ({
  id,
  transitionId: 'transition',
  ordinal: 0,
  status: 'SUCCEEDED',
  started: 1,
  ...more,
});
const arrivals = (...keys: string[]) => keys.map((key) => ({ key }));
const found = (runs: RunStanding[], ...keys: string[]) =>
  compare(runs, arrivals(...keys)).map(({ invariant, id }) => `${invariant} ${id}`);

test('a list received in order, a resend and a request that never arrived break nothing', () => {
  const runs = [
    run('a', { started: 2 }),
    run('b', { ordinal: 1 }),
    run('c', { ordinal: 2, status: 'FAILED' }),
  ];
  expect(found(runs, 'a', 'a', 'b')).toEqual([]);
});

test('a request that belongs to no run is found', () => {
  expect(found([], 'stranger')).toEqual(['one_effect_per_key stranger']);
});

test('an action received before one that stands before it in its list is found', () => {
  expect(found([run('a'), run('b', { ordinal: 1 })], 'b', 'a')).toEqual(['lists_in_order a']);
});

test('an action that was sent again and whose first bytes arrive last breaks nothing', () => {
  const runs = [run('a', { started: 2 }), run('b', { ordinal: 1 })];
  expect(found(runs, 'a', 'b', 'a')).toEqual([]);
});

test('lists of two transitions may overtake each other', () => {
  expect(found([run('a', { transitionId: 'other' }), run('b', { ordinal: 1 })], 'b', 'a')).toEqual([]);
});

test('more requests than attempts were started are found', () => {
  expect(found([run('a')], 'a', 'a')).toEqual(['ledger_is_attempts a']);
});

test('a success that nobody received is found', () => {
  expect(found([run('a')])).toEqual(['one_effect_per_key a']);
});
