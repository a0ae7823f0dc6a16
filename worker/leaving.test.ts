// A worker that leaves: what it has not ended, or may still hold where the database is out of its reach, others find.
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, type Database, type Row } from '../db/client.ts';
import { recordUsage } from '../test/ledger.testkit.ts';
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

it('an export that is far from its end is left after the part that is under way, and goes on elsewhere at once', async () => {
  const { admin, receiver, connection } = kit;
  const { shard, id: tenantId } = kit.tenant;
  await recordUsage(admin, kit.tenant, 1_100);
  const destination = { type: 'http', connection_id: connection, path: '/usage' };
  await admin`
    insert into metering_exports (shard, tenant_id, id, name, destination, format, interval_minutes, created_by)
    values (${shard}, ${tenantId}, ${v7()}, 'pushed', ${admin.json(destination)}, 'cloudevents', 60, 'test')`;
  const first = gate();
  receiver.script('/usage', ({ nth }) => (nth === 1 ? first.promise : {}));
  const { stop } = await kit.startWorker();
  await receiver.arrival('/usage');
  const stopped = stop();
  first.resolve({});
  await stopped;
  expect(receiver.at('/usage')).toHaveLength(1);

  const other = await kit.startWorker();
  await receiver.arrival('/usage', 3);
  await other.stop();
  const sent = receiver.at('/usage').flatMap(({ body }) => JSON.parse(body) as { id: string }[]);
  expect(sent.length).toBeGreaterThanOrEqual(1_100);
  expect(new Set(sent.map(({ id }) => id)).size).toBe(sent.length);
});
