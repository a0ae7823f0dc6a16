import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ATTEMPTS_MAX, gapsOf, isDue } from './gaps.ts';
import type { Sent } from './source-kind.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const ago = (minutes: number): Date => new Date(NOW.getTime() - minutes * 60_000);
const attempt = (deliveryId: string, status: number | null, minutes: number, isAgain = false): Sent => ({
  id: `${deliveryId} ${minutes}`,
  deliveryId,
  sentAt: ago(minutes),
  isAgain,
  status,
});
const asked = (...sent: Sent[]) =>
  gapsOf(sent)
    .filter((gap) => isDue(gap, NOW))
    .map(({ last }) => last.id);

test('asks for what nobody answered, what failed here, and what came while a secret was changed', () => {
  for (const status of [null, 500, 502, 503, 401, 408, 429])
    expect(asked(attempt('a', status, 5)), String(status)).toEqual(['a 5']);
});

test('leaves alone what arrived, and what a deactivated source refused on purpose', () => {
  for (const status of [200, 202, 301, 404, 413]) expect(asked(attempt('a', status, 5))).toEqual([]);
});

test('does not ask again for what arrived at any attempt, in whatever order they are listed', () => {
  const arrived = [attempt('a', 500, 30), attempt('a', 200, 20)];
  expect(asked(...arrived)).toEqual([]);
  expect(asked(...arrived.toReversed())).toEqual([]);
});

test('leaves alone what was given up, where its first attempts are read no more', () => {
  expect(asked(attempt('a', 500, 90, true), attempt('a', 500, 80, true))).toEqual([]);
});

test('waits longer after each attempt, and gives up after the fifth', () => {
  const failed = (...minutes: number[]) => minutes.map((n, nth) => attempt('a', 500, n, nth > 0));
  expect(asked(...failed(1))).toEqual([]);
  expect(asked(...failed(2))).toEqual(['a 2']);
  expect(asked(...failed(20, 9))).toEqual([]);
  expect(asked(...failed(20, 10))).toEqual(['a 10']);
  expect(asked(...failed(90, 80, 59))).toEqual([]);
  expect(asked(...failed(90, 80, 60))).toEqual(['a 60']);
  expect(asked(...failed(500, 490, 480, 360))).toEqual(['a 360']);
  expect(asked(...failed(1_000, 990, 980, 970, 960))).toEqual([]);
});

test('a vendor that delivers nothing is asked for each delivery four times in all', () => {
  const statuses = fc.constantFrom(null, 500, 401, 429);
  fc.assert(
    fc.property(fc.array(statuses, { minLength: ATTEMPTS_MAX, maxLength: ATTEMPTS_MAX }), (answers) => {
      const sent: Sent[] = [];
      let now = NOW.getTime();
      let times = 0;
      for (let looks = 0; looks < 100; looks += 1, now += 600_000) {
        const due = sent.length === 0 || gapsOf(sent).some((gap) => isDue(gap, new Date(now)));
        if (!due) continue;
        const status = answers[times] ?? null;
        sent.push({ id: `${times}`, deliveryId: 'a', sentAt: new Date(now), isAgain: times > 0, status });
        times += 1;
      }
      expect(times).toBe(ATTEMPTS_MAX);
    }),
  );
});
