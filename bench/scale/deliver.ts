// Deliveries per second out of a queue whose depth stays the same: as many are put back as were sent.
import type { Child } from '../child.ts';
import { fill } from '../fill.ts';
import type { JobRef } from '../processes/jobs.ts';
import type { Receiver } from '../receiver.ts';
import type { Workbench } from '../workbench.ts';

export interface Queue {
  bench: Workbench;
  receiver: Child<Receiver>;
  /** A job of each tenant whose actions wait. */
  originals: readonly JobRef[];
  /** Copies of them made so far. */
  copies: number;
  /** Of their tenants. */
  shards: readonly number[];
}

export interface Delivered {
  perSecond: number;
  rssMb: number;
}

/** Of what is sent: connections open and code gets compiled meanwhile. */
const WARM_UP_SHARE = 1 / 3;
/** Small beside the thousand that a short queue has. */
const PUT_BACK = 250;

/** One worker process, from its start to `total` arrivals; told to stop then. */
export async function deliver(queue: Queue, total: number): Promise<Delivered> {
  const { bench, receiver, originals } = queue;
  const worker = await bench.loadWorker();
  const begin = await receiver.ask('count');
  const warm = Math.floor(total * WARM_UP_SHARE);
  const warmAt = receiver.ask('reached', { total: begin + warm });
  const endAt = receiver.ask('reached', { total: begin + total });
  await bench.work(worker);
  for (let sent = PUT_BACK; sent < total; sent += PUT_BACK) {
    await receiver.ask('reached', { total: begin + sent });
    await fill({
      database: bench.database,
      originals,
      from: queue.copies,
      count: PUT_BACK,
      say: () => {},
    });
    queue.copies += PUT_BACK;
    // As whoever commits actions does; else a worker that found nothing would look again after its interval.
    await bench.database.sql`select pg_notify('pawl_queued', ${queue.shards.join(',')})`;
  }
  const perSecond = ((total - warm) / ((await endAt) - (await warmAt))) * 1_000;
  const { peakRssMb: rssMb } = await worker.ask('usage');
  await worker.ask('stop');
  await worker.end();
  return { perSecond, rssMb };
}
