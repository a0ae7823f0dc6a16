// A worker's life: what it leaves behind when it stops, and what it does beside lists.
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unusedPort } from '../egress/receiver.testkit.ts';
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

  it('sends nothing of what it had claimed when it was told, but hands it back', async () => {
    const { receiver, webhook } = kit;
    const [looked, letGo] = [gate(), gate()];
    const { stop } = await kit.startWorker({
      tenants: {
        changed() {},
        async get() {
          looked.resolve({});
          await letGo.promise;
          return kit.tenant;
        },
      },
    });
    const jobId = await kit.jobWith([webhook('/claimed-too-late')]);
    await looked.promise;
    expect(await kit.queueOf(jobId)).toMatchObject([{ workerId: expect.any(String) }]);
    const stopping = stop();
    letGo.resolve({});
    await stopping;
    expect(receiver.at('/claimed-too-late')).toEqual([]);
    expect(await kit.queueOf(jobId)).toMatchObject([{ workerId: null, attemptId: null, nextOrdinal: 0 }]);
    const next = await kit.startWorker();
    expect(statuses(await kit.settled(jobId))).toEqual(['SUCCEEDED']);
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
  async function ask(connection: string): Promise<string> {
    const { api, tenant } = kit;
    const id = v7();
    await api.once(
      [tenant.id],
      (sql) => sql`
        insert into connection_tests (shard, tenant_id, id, connection_id, requested_by)
        values (${tenant.shard}, ${tenant.id}, ${id}, ${connection}, 'test')`,
    );
    return id;
  }

  const answered = (id: string) =>
    until('it is answered', async () => {
      const [row] =
        await kit.admin`select result from connection_tests where id = ${id} and answered_at is not null`;
      return row?.result;
    });

  const lastTest = async (connection: string) =>
    (await kit.admin`select last_test from connections where id = ${connection}`)[0]?.last_test;

  it('is made by a worker, and says what came, how long it took and what it means', async () => {
    const { receiver, connection } = kit;
    receiver.script('/', ({ headers }) => ({ status: headers.authorization === SECRET ? 200 : 401 }));
    const { worker, stop } = await kit.startWorker();
    const id = await ask(connection);
    worker.wakeTests();
    const result = await answered(id);
    expect(result).toEqual({
      ok: true,
      code: 'ok',
      message: 'The API answered 200.',
      status: 200,
      duration_ms: expect.any(Number),
      answer: null,
    });
    expect(await lastTest(connection)).toEqual({ ...result, at: expect.any(String) });
    await stop();
  });

  it('has the words of a receiver that refused, without the secret it repeated', async () => {
    const { receiver } = kit;
    const connection = await kit.addConnection();
    receiver.script('/', ({ headers }) => ({
      status: 403,
      body: `no scope for ${headers.authorization} ${'.'.repeat(2000)}`,
    }));
    const { worker, stop } = await kit.startWorker();
    const id = await ask(connection);
    worker.wakeTests();
    const result = await answered(id);
    expect(result).toMatchObject({ ok: false, code: 'http_403', status: 403 });
    expect(result.answer).toMatch(/^no scope for \*\*\* \.+$/);
    expect(result.answer.length).toBeLessThanOrEqual(1024);
    expect(JSON.stringify(await lastTest(connection))).not.toContain(SECRET);
    await stop();
  });

  it('has no status when no answer came', async () => {
    const connection = await kit.addConnection({ origin: `http://127.0.0.1:${await unusedPort()}` });
    const { worker, stop } = await kit.startWorker();
    const id = await ask(connection);
    worker.wakeTests();
    expect(await answered(id)).toMatchObject({
      ok: false,
      code: 'refused',
      status: null,
      duration_ms: expect.any(Number),
      answer: null,
    });
    await stop();
  });

  it('says nothing about credentials that were rotated while it was under way', async () => {
    const { receiver } = kit;
    const connection = await kit.addConnection();
    const held = gate();
    receiver.script('/held', () => held.promise);
    await kit.rotateConnection(connection, { base_url: `${receiver.origin}/held` });
    const { worker, stop } = await kit.startWorker();
    const id = await ask(connection);
    worker.wakeTests();
    await receiver.arrival('/held');
    await kit.rotateConnection(connection, { base_url: `${receiver.origin}/other` });
    held.resolve({ status: 401 });
    expect(await answered(id)).toMatchObject({ ok: false, status: 401 });
    expect(await lastTest(connection)).toBeNull();
    await stop();
  });
});
