// How far a lane may be passed: never over what may still appear there.
import { v7 } from 'uuid';
import { expect, it } from 'vitest';
import type { Claimed } from '../db/statements/claim.ts';
import { createPassedLanes } from './passed-lanes.ts';

const tenantId = v7();
const connectionId = v7();

/** What a claim took of one lane, due at these moments. */
const taken = (...moments: number[]) =>
  moments.map((ms) => ({ tenantId, connectionId, runAt: new Date(ms) }) as Claimed);

function lanesAt(clock: { ms: number }) {
  return createPassedLanes(() => clock.ms);
}

it('passes a lane up to what was claimed of it last, when that is old', () => {
  const passed = lanesAt({ ms: 0 });
  passed.claimed(1, taken(1_000, 2_000, 3_000, 4_000), new Date(60_000));
  expect(passed.of(1)).toEqual([{ tenantId, connectionId, since: new Date(4_000) }]);
  expect(passed.of(2)).toEqual([]);
});

it('stays a second behind now, where a transaction that began earlier may still commit', () => {
  const passed = lanesAt({ ms: 0 });
  passed.claimed(1, taken(59_700, 59_800, 59_900, 59_990), new Date(60_000));
  expect(passed.of(1)[0]?.since).toEqual(new Date(59_000));
});

it('does not remember a lane of which little was taken, but follows one that it knows', () => {
  const passed = lanesAt({ ms: 0 });
  passed.claimed(1, taken(1_000), new Date(60_000));
  expect(passed.of(1)).toEqual([]);
  passed.claimed(1, taken(1_000, 1_001, 1_002, 1_003), new Date(60_000));
  passed.claimed(1, taken(2_000), new Date(60_000));
  expect(passed.of(1)[0]?.since).toEqual(new Date(2_000));
});

it('looks at the beginning of a lane every two seconds, and when rows came back', () => {
  const clock = { ms: 0 };
  const passed = lanesAt(clock);
  passed.claimed(1, taken(1, 2, 3, 4), new Date(60_000));
  clock.ms = 1_999;
  expect(passed.of(1)).toHaveLength(1);
  clock.ms = 2_000;
  expect(passed.of(1)).toEqual([]);
  expect(passed.of(1)).toHaveLength(1);
  passed.claimed(1, taken(5, 6, 7, 8), new Date(60_000));
  expect(passed.of(1)).toHaveLength(1);
  passed.forget([1]);
  expect(passed.of(1)).toEqual([]);
});

it('goes on behind what a whole look took, however little that was, and however far back', () => {
  const clock = { ms: 0 };
  const passed = lanesAt(clock);
  passed.claimed(1, taken(10, 20, 30, 40), new Date(60_000));
  clock.ms = 2_000;
  expect(passed.of(1)).toEqual([]);
  passed.claimed(1, taken(15), new Date(60_000));
  expect(passed.of(1)).toEqual([{ tenantId, connectionId, since: new Date(15) }]);
});

it('puts a whole look off while the lane is full', () => {
  const clock = { ms: 0 };
  const passed = lanesAt(clock);
  passed.claimed(1, taken(1, 2, 3, 4), new Date(60_000));
  clock.ms = 3_000;
  expect(passed.of(1, () => true)).toHaveLength(1);
  expect(passed.of(1, () => false)).toEqual([]);
});

it('forgets a lane of which nothing is taken any more', () => {
  const clock = { ms: 0 };
  const passed = lanesAt(clock);
  const other = v7();
  passed.claimed(1, taken(1, 2, 3, 4), new Date(60_000));
  clock.ms = 9_000;
  passed.claimed(
    1,
    taken(1, 2, 3, 4).map((one) => ({ ...one, connectionId: other })),
    new Date(60_000),
  );
  clock.ms = 10_001;
  expect(passed.of(1).map(({ connectionId: of }) => of)).toEqual([other]);
});
