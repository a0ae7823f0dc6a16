// A worker's life: what it leaves behind when it stops, and what it does beside lists.
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gate } from './receiver.testkit.ts';
import { type Kit, SECRET, setup, statuses, until } from './worker.testkit.ts';

let kit: Kit;

beforeAll(async () => {
  kit = await setup();
});
afterAll(() => kit?.close());

describe('a worker that is told to stop', () => {
  it('finishes the request that is out, records it, hands the rest of the list back, and is gone', async () => {
    const { receiver, webhook, admin } = kit;
    const held = gate();
    receiver.script('/stop/1', () => held.promise);
    const { stop, id } = await kit.startWorker();
    const jobId = await kit.jobWith([webhook('/stop/1'), webhook('/stop/2')]);
    await receiver.arrival('/stop/1');
    const workerId = await id();
    const stopping = stop();
    held.resolve({});
    await stopping;
    expect(statuses(await kit.runsOf(jobId))).toEqual(['SUCCEEDED', 'QUEUED']);
    expect(receiver.at('/stop/2')).toEqual([]);
    expect(await kit.queueOf(jobId)).toMatchObject([{ workerId: null, attemptId: null, nextOrdinal: 1 }]);
    expect((await kit.queueOf(jobId))[0]?.dueInMs).toBeLessThanOrEqual(0);
    expect(await admin`select from workers where id = ${workerId}`).toHaveLength(0);

    const next = await kit.startWorker();
    expect(statuses(await kit.settled(jobId))).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(receiver.at('/stop/1')).toHaveLength(1);
    await next.stop();
  });

  it('claims nothing more', async () => {
    const { stop } = await kit.startWorker();
    await stop();
    const jobId = await kit.jobWith([kit.webhook('/after-stop')]);
    expect(await kit.queueOf(jobId)).toMatchObject([{ workerId: null, fence: 0 }]);
    const next = await kit.startWorker();
    await kit.settled(jobId);
    await next.stop();
  });

  it('gives up at once when told a second time; what was out becomes UNKNOWN when another finds it', async () => {
    const held = gate();
    kit.receiver.script('/abort', () => held.promise);
    const { worker, id, stop } = await kit.startWorker();
    const jobId = await kit.jobWith([kit.webhook('/abort')]);
    await kit.receiver.arrival('/abort');
    // Its record would come too late: from here on the row is the test's.
    await kit.admin`update dispatch_queue set fence = fence + 1 where job_id = ${jobId}`;
    const workerId = await id();
    worker.abort();
    await stop();
    await kit.admin`insert into workers (id, name, version, dead_at) values (${workerId}, 'x', '0', now())`;
    const next = await kit.startWorker();
    expect(statuses(await kit.settled(jobId))).toEqual(['UNKNOWN']);
    expect(await kit.ledgerOf(jobId)).toHaveLength(1);
    held.resolve({});
    await next.stop();
  });
});

describe('a connection test that somebody asked for', () => {
  it('is made by a worker, and its answer is shown without the secret', async () => {
    const { receiver, tenant, connection, admin, api } = kit;
    receiver.script('/', ({ headers }) => ({ status: headers.authorization === SECRET ? 200 : 401 }));
    const { worker, stop } = await kit.startWorker();
    const id = v7();
    await api.once(
      [tenant.id],
      (sql) => sql`
        insert into connection_tests (shard, tenant_id, id, connection_id, requested_by)
        values (${tenant.shard}, ${tenant.id}, ${id}, ${connection}, 'test')`,
    );
    worker.wakeTests();
    const answered = await until('it is answered', async () => {
      const [row] =
        await admin`select result from connection_tests where id = ${id} and answered_at is not null`;
      return row?.result;
    });
    expect(answered).toMatchObject({ ok: true, status: 200 });
    const [row] = await admin`select last_test from connections where id = ${connection}`;
    expect(row?.last_test).toMatchObject({ ok: true, at: expect.any(String) });
    expect(JSON.stringify([answered, row])).not.toContain(SECRET);
    await stop();
  });
});
