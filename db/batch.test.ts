import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createBatch } from './batch.ts';

describe('a batch', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('answers each item with its own answer, however many arrive while others are under way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { maxLength: 60 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 3 }),
        async (items, maxItems, concurrency) => {
          let atOnce = 0;
          const batch = createBatch<number, string>({
            maxItems,
            concurrency,
            async run(members) {
              expect(members.length).toBeLessThanOrEqual(maxItems);
              expect(++atOnce).toBeLessThanOrEqual(concurrency);
              await new Promise(setImmediate);
              atOnce--;
              return members.map((item) => `<${item}>`);
            },
          });
          expect(await Promise.all(items.map(batch.add))).toEqual(items.map((item) => `<${item}>`));
          expect(batch.size).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('takes items in the order in which they came', async () => {
    const seen: number[] = [];
    const batch = createBatch<number, null>({
      maxItems: 2,
      concurrency: 1,
      async run(members) {
        seen.push(...members);
        return members.map(() => null);
      },
    });
    await Promise.all([1, 2, 3, 4, 5].map(batch.add));
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('sends together in the next run what arrives during one', async () => {
    const inside = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const sizes: number[] = [];
    const batch = createBatch<number, number>({
      maxItems: 100,
      concurrency: 1,
      async run(members) {
        sizes.push(members.length);
        inside.resolve();
        await goOn.promise;
        return members;
      },
    });
    const first = batch.add(0);
    await inside.promise;
    const rest = [1, 2, 3].map(batch.add);
    expect(batch.size).toBe(4);
    goOn.resolve();
    await Promise.all([first, ...rest]);
    expect(sizes).toEqual([1, 3]);
  });

  it('fails only the member that cannot be written, and answers the others', async () => {
    const batch = createBatch<string, string>({
      maxItems: 10,
      concurrency: 1,
      async run(members) {
        if (members.includes('bad')) throw new Error('bad');
        return members.map((member) => member.toUpperCase());
      },
    });
    const answers = await Promise.allSettled(['a', 'bad', 'b'].map(batch.add));
    expect(
      answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : String(answer.reason))),
    ).toEqual(['A', 'Error: bad', 'B']);
  });

  it('fails every member, and tries none again, when nobody knows whether the run was carried out', async () => {
    let runs = 0;
    const batch = createBatch<string, string>({
      maxItems: 10,
      concurrency: 1,
      mayRunAgain: () => false,
      async run() {
        runs++;
        throw new Error('the connection went away');
      },
    });
    const answers = await Promise.allSettled(['a', 'b'].map(batch.add));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(runs).toBe(1);
  });

  it('goes on with the other lane while one is slow', async () => {
    const goOn = Promise.withResolvers<void>();
    const batch = createBatch<string, string>({
      maxItems: 1,
      concurrency: 2,
      async run(members) {
        if (members[0] === 'slow') await goOn.promise;
        return members;
      },
    });
    const slow = batch.add('slow');
    expect(await batch.add('quick')).toBe('quick');
    goOn.resolve();
    expect(await slow).toBe('slow');
  });

  it('uses a spare lane only while one takes long, or for as many as are worth one', async () => {
    const goOn = Promise.withResolvers<void>();
    let atOnce = 0;
    const seen: string[] = [];
    const batch = createBatch<string, string>({
      maxItems: 100,
      concurrency: 1,
      spareConcurrency: 1,
      async run(members) {
        atOnce++;
        seen.push(`${members.length} of ${members[0]} beside ${atOnce - 1}`);
        if (members[0] === 'slow') await goOn.promise;
        else await new Promise(setImmediate);
        atOnce--;
        return members;
      },
    });
    const first = batch.add('first');
    await new Promise(setImmediate);
    await Promise.all([first, batch.add('second'), batch.add('third')]);
    const slow = batch.add('slow');
    await new Promise(setImmediate);
    const many = Array.from({ length: 64 }, () => batch.add('many'));
    await Promise.all(many);
    expect(await batch.add('late')).toBe('late');
    goOn.resolve();
    await slow;
    expect(seen).toEqual([
      '1 of first beside 0',
      '2 of second beside 0',
      '1 of slow beside 0',
      '64 of many beside 1',
      '1 of late beside 1',
    ]);
  });

  describe('that pauses', () => {
    /** Runs end when they are told to, so that who waits then is known. */
    function pausing() {
      const sizes: number[] = [];
      const runs: PromiseWithResolvers<void>[] = [];
      const batch = createBatch<string, string>({
        maxItems: 100,
        concurrency: 1,
        pauses: true,
        async run(members) {
          sizes.push(members.length);
          const ended = Promise.withResolvers<void>();
          runs.push(ended);
          await ended.promise;
          return members;
        },
      });
      return { batch, sizes, end: () => runs.shift()?.resolve() };
    }

    it('lets others join who waited while a run was under way, for as long as that took', async () => {
      vi.useFakeTimers();
      const { batch, sizes, end } = pausing();
      const first = batch.add('first');
      await vi.advanceTimersByTimeAsync(10);
      const waited = batch.add('waited');
      end();
      await first;
      await vi.advanceTimersByTimeAsync(9);
      const joined = batch.add('joined');
      await vi.advanceTimersByTimeAsync(0);
      expect(sizes).toEqual([1]);
      await vi.advanceTimersByTimeAsync(1);
      end();
      expect(await Promise.all([waited, joined])).toEqual(['waited', 'joined']);
      expect(sizes).toEqual([1, 2]);
    });

    it('keeps nobody who comes when nothing is under way', async () => {
      vi.useFakeTimers();
      const { batch, sizes, end } = pausing();
      const first = batch.add('first');
      await vi.advanceTimersByTimeAsync(10);
      end();
      await first;
      const second = batch.add('second');
      await vi.advanceTimersByTimeAsync(0);
      expect(sizes).toEqual([1, 1]);
      end();
      expect(await second).toBe('second');
    });

    it('goes on at once when as many wait as are worth a statement, and after a run that something held up', async () => {
      vi.useFakeTimers();
      const { batch, sizes, end } = pausing();
      const first = batch.add('first');
      await vi.advanceTimersByTimeAsync(10);
      const many = Array.from({ length: 63 }, () => batch.add('many'));
      end();
      await first;
      await vi.advanceTimersByTimeAsync(1);
      expect(sizes).toEqual([1]);
      const last = batch.add('worth it');
      await vi.advanceTimersByTimeAsync(0);
      expect(sizes).toEqual([1, 64]);
      await vi.advanceTimersByTimeAsync(50);
      const next = batch.add('next');
      end();
      await Promise.all([...many, last]);
      await vi.advanceTimersByTimeAsync(0);
      expect(sizes).toEqual([1, 64, 1]);
      end();
      expect(await next).toBe('next');
    });
  });
});
