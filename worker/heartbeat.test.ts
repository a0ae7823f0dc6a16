// Workers that fall silent, and workers that are taken for dead while they live.
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Database } from '../db/client.ts';
import { registerWorker } from '../db/statements/workers.ts';
import { createReaper } from './heartbeat.ts';
import { gate } from './receiver.testkit.ts';
import { type Kit, setup, statuses, until } from './worker.testkit.ts';

let kit: Kit;
let db: Database;

beforeAll(async () => {
  kit = await setup();
  db = connect({ url: kit.url, role: 'pawl_worker', poolMax: 1, applicationName: 'test reaper' });
});
afterAll(async () => {
  await db?.close();
  await kit?.close();
});

const declareDead = (id: string) => kit.admin`update workers set dead_at = now() where id = ${id}`;

/** A list whose first request is out when its worker is declared dead; another worker has taken it over since. */
async function takenOver(path: string, options: Parameters<Kit['webhook']>[1] = {}) {
  const held = gate();
  kit.receiver.script(path, ({ nth }) => (nth === 1 ? held.promise : {}));
  const stalled = await kit.startWorker();
  const jobId = await kit.jobWith([kit.webhook(path, options), kit.webhook(`${path}/next`)]);
  await kit.receiver.arrival(path);
  const other = await kit.startWorker();
  await declareDead(await stalled.id());
  return { jobId, held, stalled, other, stop: () => Promise.all([stalled.stop(), other.stop()]) };
}

describe('a worker that was declared dead while it lives', () => {
  it('moves nothing any more, and what it sent is metered once and written down as late', async () => {
    const { jobId, held, stop } = await takenOver('/late');
    expect(statuses(await kit.settled(jobId))).toEqual(['UNKNOWN', 'QUEUED']);
    expect((await kit.runsOf(jobId))[0]?.error?.code).toBe('worker_died');
    expect(await kit.ledgerOf(jobId)).toMatchObject([{ outcome: 'unknown', attempt: 1 }]);

    held.resolve({ body: { late: true } });
    const late = await until('its outcome is in the log', async () =>
      (await kit.logOf(jobId)).find(({ kind }) => kind === 'attempt_late'),
    );
    await stop();
    const attempts = (await kit.logOf(jobId)).filter(({ kind }) => kind === 'attempt');
    expect(attempts.map(({ data }) => [data.attempt_id, data.outcome])).toEqual([
      [late.data.attempt_id, 'unknown'],
    ]);
    expect(late.data).toMatchObject({ outcome: 'succeeded', response: { status: 200 } });
    expect(statuses(await kit.runsOf(jobId))).toEqual(['UNKNOWN', 'QUEUED']);
    expect(await kit.ledgerOf(jobId)).toHaveLength(1);
    expect(kit.receiver.at('/late/next')).toEqual([]);
  });

  it('sees its idempotent call sent again by another under the same key, each attempt metered once', async () => {
    const { jobId, held, stop } = await takenOver('/resent', { idempotent: true });
    const runs = await kit.settled(jobId);
    expect(statuses(runs)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    held.resolve({});
    await until('the late outcome is in the log', async () =>
      (await kit.logOf(jobId)).some(({ kind }) => kind === 'attempt_late'),
    );
    await stop();
    expect(kit.receiver.at('/resent').map(({ key }) => key)).toEqual([runs[0]?.id, runs[0]?.id]);
    expect((await kit.ledgerOf(jobId)).map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'unknown'],
      [2, 'succeeded'],
      [1, 'succeeded'],
    ]);
  });

  it('goes on with new work under a new registration', async () => {
    const { stalled, other, held, jobId } = await takenOver('/reborn');
    await kit.settled(jobId);
    held.resolve({});
    await other.stop();
    const reborn = await until('it is registered again', () =>
      stalled.id().then((id) => id !== 'undefined' && id),
    );
    expect(statuses(await kit.settled(await kit.jobWith([kit.webhook('/reborn/new')])))).toEqual([
      'SUCCEEDED',
    ]);
    expect(await stalled.id()).toBe(reborn);
    await stalled.stop();
  });
});

describe('a reaper', () => {
  const LEASE_MS = 200;

  function setupReaper() {
    let at = 0;
    const freed: number[][] = [];
    const errors: unknown[] = [];
    let exportsFreed = 0;
    const reaper = createReaper({
      sql: db.sql,
      intervalMs: 100,
      leaseMs: LEASE_MS,
      now: () => at,
      onFreed: (shards) => freed.push([...shards]),
      onExportsFreed: () => exportsFreed++,
      onError: (error) => errors.push(error),
    });
    return {
      freed,
      exportsFreed: () => exportsFreed,
      /** One look at the others, so many milliseconds after the last. */
      async lookAfter(ms: number) {
        at += ms;
        reaper.start();
        await reaper.stop();
        expect(errors).toEqual([]);
      },
    };
  }

  /** A worker that holds one list. */
  async function silentWorker() {
    const id = v7();
    await registerWorker(db.sql, { id, name: 'silent', version: '0', shards: [] });
    const jobId = await kit.jobWith([kit.webhook('/reaped')]);
    await kit.admin`update dispatch_queue set worker_id = ${id}, fence = 5, attempt_id = ${v7()} where job_id = ${jobId}`;
    // By the database's clock, and Postgres has been up for longer than the lease.
    await until('it has been silent for a lease', async () => {
      const [row] = await kit.admin`
        select greatest(heartbeat_at, pg_postmaster_start_time()) < now() - make_interval(secs => ${LEASE_MS / 1000})
          as silent
        from workers where id = ${id}`;
      return row?.silent === true;
    });
    const isDead = async () => {
      const [row] = await kit.admin`select dead_at is not null as dead from workers where id = ${id}`;
      return row?.dead;
    };
    return { id, jobId, isDead };
  }

  it('frees what a silent worker holds, keeps the started attempt with it, and outdates its fence', async () => {
    const { jobId, isDead } = await silentWorker();
    const { lookAfter, freed } = setupReaper();
    await lookAfter(100);
    expect(await isDead()).toBe(true);
    expect(freed).toEqual([[kit.tenant.shard]]);
    expect(await kit.queueOf(jobId)).toMatchObject([
      { workerId: null, fence: 6, attemptId: expect.any(String) },
    ]);
    await kit.admin`delete from dispatch_queue where job_id = ${jobId}`;
  });

  it('frees the standing export that a silent worker was carrying out', async () => {
    const { id, jobId } = await silentWorker();
    const { shard, id: tenantId } = kit.tenant;
    await kit.admin`
      insert into metering_exports (shard, tenant_id, id, name, destination, format, interval_minutes, created_by,
        worker_id, leased_until, fence)
      values (${shard}, ${tenantId}, ${v7()}, 'held', '{"type": "s3"}', 'csv', 60, 'test', ${id}, 'infinity', 3)`;
    const { lookAfter, exportsFreed } = setupReaper();
    await lookAfter(100);
    expect(exportsFreed()).toBe(1);
    const [held] = await kit.admin`delete from metering_exports returning worker_id, leased_until, fence`;
    expect(held).toMatchObject({ worker_id: null, leased_until: null, fence: '4' });
    await kit.admin`delete from dispatch_queue where job_id = ${jobId}`;
  });

  it('frees what a claim that was under way at its worker’s death committed afterwards', async () => {
    const { id, jobId } = await silentWorker();
    const { lookAfter } = setupReaper();
    await lookAfter(100);
    await kit.admin`update dispatch_queue set worker_id = ${id} where job_id = ${jobId}`;
    await lookAfter(100);
    expect(await kit.queueOf(jobId)).toMatchObject([{ workerId: null }]);
    await kit.admin`delete from dispatch_queue where job_id = ${jobId}`;
  });

  it('judges nobody for a whole lease after it could not ask the database itself', async () => {
    const { isDead, jobId } = await silentWorker();
    const { lookAfter } = setupReaper();
    await lookAfter(LEASE_MS * 10);
    await lookAfter(100);
    expect(await isDead()).toBe(false);
    await lookAfter(100);
    expect(await isDead()).toBe(true);
    await kit.admin`delete from dispatch_queue where job_id = ${jobId}`;
  });

  it('forgets the dead after a minute', async () => {
    const { id, jobId } = await silentWorker();
    const { lookAfter } = setupReaper();
    await lookAfter(100);
    await kit.admin`update workers set dead_at = now() - interval '61 seconds' where id = ${id}`;
    await lookAfter(100);
    expect(await kit.admin`select from workers where id = ${id}`).toHaveLength(0);
    await kit.admin`delete from dispatch_queue where job_id = ${jobId}`;
  });
});
