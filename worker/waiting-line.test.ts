import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createWaitingLine } from './waiting-line.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** @returns what was answered so far, by who joined. */
function joining(line: { join(): Promise<boolean> }) {
  const answers: Record<string, boolean> = {};
  const join = (name: string) => void line.join().then((place) => (answers[name] = place));
  return { answers, join };
}

test('places are handed over in the order in which they were waited for', async () => {
  const line = createWaitingLine(50);
  const { answers, join } = joining(line);
  join('first');
  join('second');
  expect(line.handOver()).toBe(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(answers).toEqual({ first: true });
  expect([line.handOver(), line.handOver()]).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(0);
  expect(answers).toEqual({ first: true, second: true });
});

test('each waits as long as any other, and then goes without a place', async () => {
  const line = createWaitingLine(50);
  const { answers, join } = joining(line);
  join('first');
  await vi.advanceTimersByTimeAsync(30);
  join('second');
  await vi.advanceTimersByTimeAsync(20);
  expect(answers).toEqual({ first: false });
  await vi.advanceTimersByTimeAsync(29);
  expect(answers).toEqual({ first: false });
  await vi.advanceTimersByTimeAsync(1);
  expect(answers).toEqual({ first: false, second: false });
  expect(line.handOver()).toBe(false);
});

test('who joins after a place was handed over waits no less', async () => {
  const line = createWaitingLine(50);
  const { answers, join } = joining(line);
  join('first');
  await vi.advanceTimersByTimeAsync(40);
  join('second');
  line.handOver();
  await vi.advanceTimersByTimeAsync(49);
  expect(answers).toEqual({ first: true });
  await vi.advanceTimersByTimeAsync(1);
  expect(answers).toEqual({ first: true, second: false });
  expect(vi.getTimerCount()).toBe(0);
});
