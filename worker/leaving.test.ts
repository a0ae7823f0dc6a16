// A worker that leaves while the database is out of its reach: what it may still hold is found by the others.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, type Database, type Row } from '../db/client.ts';
import { gate } from './receiver.testkit.ts';
import { type Kit, setup, statuses, until } from './worker.testkit.ts';

let kit: Kit;
let db: Database;

beforeAll(async () => {
  kit = await setup();
  db = connect({ url: kit.url, role: 'pawl_worker', poolMax: 4, applicationName: 'test worker' });
});
afterAll(async () => {
  await kit?.close();
  await db?.close();
});

const isHeld = async (jobId: string) => (await kit.queueOf(jobId))[0]?.workerId != null;
const gone = () => Object.assign(new Error('the connection is gone'), { code: 'CONNECTION_CLOSED' });

it('what a claim took whose answer was lost as the worker was told to stop is sent by another worker', async () => {
  let jobId = '';
  const lost = gate();
  const losing: Database = {
    ...db,
    async together<T extends readonly Row[]>(...asked: Parameters<typeof db.together<T>>) {
      const answer = await db.together<T>(...asked);
      if (jobId === '' || !(await isHeld(jobId))) return answer;
      lost.resolve({});
      throw gone();
    },
  };
  const { stop } = await kit.startWorker({ db: losing });
  jobId = await kit.jobWith([kit.webhook('/strayed')]);
  await lost.promise;
  await stop();
  expect(await isHeld(jobId)).toBe(true);

  const other = await kit.startWorker();
  expect(statuses(await kit.settled(jobId))).toEqual(['SUCCEEDED']);
  await other.stop();
  expect(kit.receiver.at('/strayed')).toHaveLength(1);
});

it('what a worker that was told to end at once could not write down is found by another', async () => {
  let isAway = false;
  const away = <T>(ask: () => Promise<T>): Promise<T> => (isAway ? Promise.reject(gone()) : ask());
  const losing: Database = {
    ...db,
    together: (...asked) => away(() => db.together(...asked)),
    alone: (...asked) => away(() => db.alone(...asked)),
  };
  const held = gate();
  kit.receiver.script('/given-up', () => held.promise);
  const { worker, stop } = await kit.startWorker({ db: losing });
  const jobId = await kit.jobWith([kit.webhook('/given-up')]);
  await kit.receiver.arrival('/given-up');
  isAway = true;
  worker.abort();
  await stop();
  held.resolve({});
  expect(await isHeld(jobId)).toBe(true);

  const other = await kit.startWorker();
  await until('it waits for a person', async () => (await kit.queueOf(jobId))[0]?.waitsForPerson);
  await other.stop();
  expect(statuses(await kit.runsOf(jobId))).toEqual(['UNKNOWN']);
});
