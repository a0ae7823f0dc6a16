import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLoop } from './loop.ts';

const NEVER_MS = 2 ** 31 - 1;

function setup(run: (nth: number) => boolean | Promise<boolean>, intervalMs = NEVER_MS) {
  const errors: unknown[] = [];
  const seen = { runs: 0, atOnce: 0, mostAtOnce: 0 };
  const loop = createLoop({
    intervalMs,
    onError: (error) => errors.push(error),
    async run() {
      seen.runs++;
      seen.atOnce++;
      seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atOnce);
      try {
        return await run(seen.runs);
      } finally {
        seen.atOnce--;
      }
    },
  });
  return { loop, seen, errors };
}

describe('a loop', () => {
  it('runs at once when started, and again as long as there is more to do', async () => {
    const third = Promise.withResolvers<void>();
    const { loop, seen } = setup((nth) => {
      if (nth === 3) third.resolve();
      return nth < 3;
    });
    loop.start();
    await third.promise;
    await loop.stop();
    expect(seen.runs).toBe(3);
  });

  it('runs once more after the run that was under way when it was woken, however often', async () => {
    const inside = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const second = Promise.withResolvers<void>();
    const { loop, seen } = setup(async (nth) => {
      if (nth === 1) {
        inside.resolve();
        await goOn.promise;
      } else second.resolve();
      return false;
    });
    loop.start();
    await inside.promise;
    loop.wake();
    loop.wake();
    goOn.resolve();
    await second.promise;
    await loop.stop();
    expect(seen).toMatchObject({ runs: 2, mostAtOnce: 1 });
  });

  it('goes on after an error, a quarter of a second later, however short its interval', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { loop, seen, errors } = setup((nth) => {
      if (nth === 1) throw new Error('once');
      return false;
    }, 1);
    loop.start();
    await vi.advanceTimersByTimeAsync(249);
    expect(seen.runs).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.runs).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.runs).toBe(3);
    await loop.stop();
    expect(errors).toHaveLength(1);
  });

  it('stops when the run that is under way has ended, and stays stopped when woken', async () => {
    const inside = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { loop, seen } = setup(async () => {
      inside.resolve();
      await goOn.promise;
      return true;
    });
    loop.start();
    await inside.promise;
    let stopped = false;
    const stopping = loop.stop().then(() => {
      stopped = true;
    });
    await Promise.resolve();
    expect(stopped).toBe(false);
    goOn.resolve();
    await stopping;
    loop.wake();
    expect(seen.runs).toBe(1);
  });
});
