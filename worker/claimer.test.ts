// Who is claimed for, and when: nobody waits behind somebody else's backlog, and nothing is sent twice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tenant } from '../db/tenants.ts';
import { gate } from './receiver.testkit.ts';
import { type Kit, setup, statuses, until } from './worker.testkit.ts';

let kit: Kit;

beforeAll(async () => {
  kit = await setup();
});
afterAll(() => kit?.close());

/** Jobs of one workflow that queue one WEBHOOK each when they start. @returns their ids */
async function backlog(path: string, size: number, connection: string, tenant?: Tenant): Promise<string[]> {
  const name = `backlog ${path}`;
  const action = kit.webhook(path, { params: { connection_id: connection, body: { job: '<<job.id>>' } } });
  await kit.publish(name, { initial: 'sent', states: { sent: { type: 'final', entry: [action] } } }, tenant);
  const answers = await Promise.all(Array.from({ length: size }, () => kit.start(name, {}, tenant)));
  return answers.map(({ job }) => job.id);
}

const queued = async (tenant: Tenant): Promise<number> => {
  const [row] =
    await kit.admin`select count(*)::integer as rows from dispatch_queue where tenant_id = ${tenant.id}`;
  return Number(row?.rows);
};

describe('a tenant with two thousand actions for a slow receiver', () => {
  it('keeps nobody else waiting, neither another tenant of its shard nor another connection of its own', async () => {
    const { receiver } = kit;
    const shard = 7;
    const [busy, quiet] = [await kit.addTenant(shard), await kit.addTenant(shard)];
    const open = gate();
    receiver.script('/slow', () => open.promise);
    const slow = await kit.addConnection({ tenant: busy });
    const brisk = await kit.addConnection({ tenant: busy });
    const quiets = await kit.addConnection({ tenant: quiet });
    await backlog('/slow', 2_000, slow, busy);
    const { stop } = await kit.startWorker({
      concurrency: 32,
      tenantConcurrency: 31,
      connectionConcurrency: 30,
    });
    await receiver.arrival('/slow', 30);

    const other = kit.webhook('/other-tenant', { params: { connection_id: quiets } });
    const own = kit.webhook('/other-connection', { params: { connection_id: brisk } });
    await kit.jobWith([other], { tenant: quiet });
    await kit.jobWith([own], { tenant: busy });
    await Promise.all([receiver.arrival('/other-tenant'), receiver.arrival('/other-connection')]);
    // Not one of the two thousand has been answered, and no more of them are out than the lane may have.
    expect(receiver.at('/slow')).toHaveLength(30);
    expect(await queued(busy)).toBeGreaterThanOrEqual(2_000);

    const stopping = stop();
    open.resolve({});
    await stopping;
    await kit.admin`delete from dispatch_queue where tenant_id = ${busy.id}`;
  });
});

describe('a tenant whose connection has all it may have', () => {
  it('is served as soon as it has room, while other shards keep the worker busy', async () => {
    const { receiver } = kit;
    const [busy, other] = [await kit.addTenant(8), await kit.addTenant(9)];
    const [first, held] = [gate(), gate()];
    receiver.script('/one-by-one', ({ nth }) => (nth === 1 ? first.promise : {}));
    receiver.script('/held', () => held.promise);
    const slow = await kit.addConnection({ tenant: busy });
    const others = await kit.addConnection({ tenant: other });
    await backlog('/one-by-one', 3, slow, busy);
    const { stop } = await kit.startWorker({
      concurrency: 2,
      tenantConcurrency: 2,
      connectionConcurrency: 1,
      // Nothing is found by looking around.
      pollIntervalMs: 600_000,
    });
    await receiver.arrival('/one-by-one', 1);
    const action = kit.webhook('/held', { params: { connection_id: others } });
    const waiting = await kit.jobWith([action], { tenant: other });
    await receiver.arrival('/held');

    first.resolve({});
    await receiver.arrival('/one-by-one', 3);
    expect(statuses(await kit.runsOf(waiting))).toEqual(['QUEUED']);
    held.resolve({});
    await stop();
  });
});

describe('two workers on one queue', () => {
  it('send every action exactly once, and both lend a hand', async () => {
    const { receiver, tenant } = kit;
    const jobs = await backlog('/shared', 300, kit.connection);
    const held = gate();
    receiver.script('/shared', ({ nth }) => (nth <= 8 ? held.promise : {}));
    // The first is full with what it holds, so the second is needed.
    const small = { concurrency: 8, tenantConcurrency: 8, connectionConcurrency: 8 };
    const one = await kit.startWorker(small);
    await receiver.arrival('/shared', 8);
    const two = await kit.startWorker(small);
    await receiver.arrival('/shared', 9);
    held.resolve({});
    await until('the queue is empty', async () => (await queued(tenant)) === 0);
    await Promise.all([one.stop(), two.stop()]);
    const arrived = receiver.at('/shared').map(({ body }) => String(JSON.parse(body).job));
    expect(arrived.toSorted()).toEqual(jobs.toSorted());
    const [row] = await kit.admin`
      select count(*)::integer as rows, count(distinct action_run_id)::integer as runs from utility_ledger
      where job_id = any (${jobs}::uuid[])`;
    expect(row).toEqual({ rows: 300, runs: 300 });
  });
});

describe('a connection with limits of its own', () => {
  it('never has more requests out at once than its settings say', async () => {
    const { receiver, tenant } = kit;
    const connection = await kit.addConnection({ settings: { concurrency: 2 } });
    let [out, mostOut] = [0, 0];
    receiver.script('/two', async () => {
      mostOut = Math.max(mostOut, ++out);
      // Leaves whoever else may come the time to come.
      await new Promise(setImmediate);
      out--;
      return {};
    });
    await backlog('/two', 40, connection);
    const { stop } = await kit.startWorker();
    await until('the queue is empty', async () => (await queued(tenant)) === 0);
    await stop();
    expect(receiver.at('/two')).toHaveLength(40);
    expect(mostOut).toBeLessThanOrEqual(2);
  });

  it('goes no faster than its rate, and its waiting rows keep no one else’s place', async () => {
    const { receiver } = kit;
    const connection = await kit.addConnection({ settings: { rate_limit: { per_second: 0.001, burst: 3 } } });
    const jobs = await backlog('/rated', 20, connection);
    const { stop } = await kit.startWorker({
      concurrency: 4,
      tenantConcurrency: 4,
      connectionConcurrency: 4,
    });
    await receiver.arrival('/rated', 3);
    expect(statuses(await kit.settled(await kit.jobWith([kit.webhook('/unrated')])))).toEqual(['SUCCEEDED']);
    await stop();
    expect(receiver.at('/rated')).toHaveLength(3);
    await kit.admin`delete from dispatch_queue where job_id = any (${jobs}::uuid[])`;
  });
});
