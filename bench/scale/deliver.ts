// Deliveries per second out of a queue whose depth stays the same: as many are put back as were sent.
import type { Sql } from 'postgres';
import type { Child } from '../child.ts';
import type { Receiver } from '../receiver.ts';
import type { Workbench } from '../workbench.ts';

export interface Queue {
  bench: Workbench;
  receiver: Child<Receiver>;
  /** Of its tenants. */
  shards: readonly number[];
  /** Of the rows that were held back, how many are in the queue again. */
  putBack: number;
}

export interface Delivered {
  perSecond: number;
  rssMb: number;
}

/** Of what is sent: connections open and code gets compiled meanwhile. */
const WARM_UP_SHARE = 1 / 3;
/** Small beside the thousand that a short queue has. */
const PUT_BACK = 250;
/** What a worker sends between the last arrival that counts and its end. */
const MORE_MAX = 5_000;

/** How many must be held back for one measurement of so many. */
export const heldBackFor = (total: number): number => total + MORE_MAX;

/**
 * Takes `count` rows out of the queue, from everywhere in it, to be put back one after the other. Their jobs and runs are there
 * already, so putting one back costs next to nothing of what is measured.
 */
export async function holdBack(sql: Sql, count: number): Promise<void> {
  await sql`
    create unlogged table held_back as
    select row_number() over () as n, q.* from (
      select * from dispatch_queue where run_at < 'infinity' order by md5(id::text) limit ${count}) q`;
  await sql`create unique index on held_back (n)`;
  await sql`
    delete from dispatch_queue q using held_back h where q.shard = h.shard and q.tenant_id = h.tenant_id and q.id = h.id`;
}

async function putBack(queue: Queue, count: number): Promise<void> {
  const { sql } = queue.bench.database;
  const [from, to] = [queue.putBack + 1, queue.putBack + count];
  queue.putBack = to;
  await sql`
    with again as (
      insert into dispatch_queue (shard, tenant_id, id, job_id, workflow_version_id, connection_id)
      select shard, tenant_id, id, job_id, workflow_version_id, connection_id from held_back
      where n between ${from} and ${to})
    -- As whoever commits actions does; else a worker that found nothing would look again after its interval.
    select pg_notify('pawl_queued', ${queue.shards.join(',')})`;
}

/** One worker process, from its start to `total` arrivals; told to stop then. Leaves the queue as long as it was. */
export async function deliver(queue: Queue, total: number): Promise<Delivered> {
  const { bench, receiver } = queue;
  const worker = await bench.loadWorker();
  const begin = await receiver.ask('count');
  const warm = Math.floor(total * WARM_UP_SHARE);
  // Nobody else may ask for the same number: the receiver tells one of them.
  const warmAt = receiver.ask('reached', { total: begin + warm });
  const endAt = receiver.ask('reached', { total: begin + total });
  await bench.work(worker);
  let back = 0;
  for (let sent = PUT_BACK; sent < total - 1; sent += PUT_BACK) {
    await receiver.ask('reached', { total: begin + sent + (sent === warm ? 1 : 0) });
    await putBack(queue, PUT_BACK);
    back += PUT_BACK;
  }
  const perSecond = ((total - warm) / ((await endAt) - (await warmAt))) * 1_000;
  const { peakRssMb: rssMb } = await worker.ask('usage');
  await worker.ask('stop');
  await worker.end();
  await putBack(queue, (await receiver.ask('count')) - begin - back);
  return { perSecond, rssMb };
}
