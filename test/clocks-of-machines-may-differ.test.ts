// Order and time are those of the database, whatever the clocks of the machines say on which something was done.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { connect } from '../db/client.ts';
import { createDatabaseClock } from '../db/clock.ts';
import { readLedger } from '../metering/ledger-reader.ts';
import { createUsage } from '../worker/usage.ts';
import { type Kit, setup, until } from '../worker/worker.testkit.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.testkit.ts';

const HOUR_MS = 3_600_000;

let kit: Kit;
/** On a machine whose clock is an hour ahead. A process of its own: ids that one has made keep later ones from being earlier. */
let ahead: WorkerProcess;

beforeEach(async () => {
  kit = await setup();
});
afterEach(async () => {
  vi.useRealTimers();
  await ahead?.stop();
  await kit?.close();
});

it('a process knows the time of the database, whatever its machine says', async () => {
  const before = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: before - HOUR_MS });
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
      ready: { after: { 10: 'asking' } },
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

  ahead = await startWorkerProcess(kit.url, { aheadMs: HOUR_MS });
  await told(3);
  await ahead.stop();
  const { stop } = await kit.startWorker();
  await kit.send(job.id, 'AGAIN');
  await told(5);
  await stop();
});

it('what a worker sends whose machine is an hour ahead is in the export of the time in which it was sent', async () => {
  const now = Date.now();
  ahead = await startWorkerProcess(kit.url, { aheadMs: HOUR_MS });
  await kit.settled(await kit.jobWith([kit.webhook('/metered')]));
  const range = { from: new Date(now - HOUR_MS), to: new Date(now + HOUR_MS / 2) };
  const window = { since: 0, upto: 2 ** 40 };
  let rows = 0;
  for await (const page of readLedger(kit.operator, kit.tenant, { window, range, after: null, limit: null }))
    rows += page.length;
  expect(rows).toBe(1);
});

it('no hour is closed before it is over by the database, though the clock of the worker has jumped a month ahead', async () => {
  const errors: unknown[] = [];
  const db = connect({ url: kit.url, role: 'pawl_worker', poolMax: 2, applicationName: 'test worker' });
  const usage = createUsage({ db, onError: (error) => errors.push(error) });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31 * 24 * HOUR_MS });
  usage.start();
  const closed = async () =>
    (await kit.admin`select nullif(closed_until, '-infinity') as until from metering_progress`)[0]?.until;
  await until('hours are closed', async () => (await closed()) !== null);
  await usage.stop();
  await db.close();
  vi.useRealTimers();
  expect(errors).toEqual([]);
  expect(((await closed()) as Date).getTime()).toBeLessThanOrEqual(Date.now());
});
