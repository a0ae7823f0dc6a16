// Order and time are those of the database, whatever the clocks of the machines say on which something was done.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createDatabaseClock } from '../db/clock.ts';
import { readLedger } from '../metering/ledger-reader.ts';
import { type Kit, setup, until } from '../worker/worker.testkit.ts';

const HOUR_MS = 3_600_000;

let kit: Kit;

beforeEach(async () => {
  kit = await setup();
});
afterEach(async () => {
  vi.useRealTimers();
  await kit?.close();
});

const machineIsAheadBy = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });

it('a process knows the time of the database, whatever its machine says', async () => {
  const before = Date.now();
  machineIsAheadBy(-HOUR_MS);
  const clock = await createDatabaseClock(kit.api.sql);
  const now = clock.now().getTime();
  clock.stop();
  vi.useRealTimers();
  expect(now).toBeGreaterThan(before - 1_000);
  expect(now).toBeLessThan(Date.now() + 1_000);
});

it('a job is told of the last action it asked for, though an earlier one was asked for by a machine an hour ahead', async () => {
  await kit.publish('asking', {
    initial: 'ready',
    states: {
      ready: { on: { GO: 'asking' } },
      asking: {
        invoke: {
          src: 'webhook',
          input: { connection_id: kit.connection, path: '/asked' },
          onDone: 'told',
          onError: 'failed',
        },
      },
      told: { on: { AGAIN: 'asking' } },
      failed: { type: 'final' },
    },
  });
  const { job } = await kit.start('asking');
  const told = (revision: number) =>
    until('the job is told', async () => {
      const now = await kit.jobOf(job.id);
      return now.currentState === 'told' && now.revision === revision;
    });

  machineIsAheadBy(HOUR_MS);
  const ahead = await kit.anotherJobs();
  await ahead.send(kit.tenant, {
    jobId: job.id,
    event: { type: 'GO', payload: {} },
    actor: 'test',
    idempotency: null,
    expectedRevision: null,
  });
  vi.useRealTimers();
  const { stop } = await kit.startWorker();
  await told(3);
  await kit.send(job.id, 'AGAIN');
  await told(5);
  await stop();
});

it('what a worker sends whose machine is an hour ahead is in the export of the time in which it was sent', async () => {
  const now = Date.now();
  machineIsAheadBy(HOUR_MS);
  const { stop } = await kit.startWorker();
  await kit.settled(await kit.jobWith([kit.webhook('/metered')]));
  await stop();
  vi.useRealTimers();
  const range = { from: new Date(now - HOUR_MS), to: new Date(now + HOUR_MS / 2) };
  const window = { since: 0, upto: 2 ** 40 };
  let rows = 0;
  for await (const page of readLedger(kit.operator, kit.tenant, { window, range, after: null, limit: null }))
    rows += page.length;
  expect(rows).toBe(1);
});
