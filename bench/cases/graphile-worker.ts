// The same POSTs with the same rows by graphile-worker, in one process like our worker, to the same receiver.
import type { Case } from '../case.ts';
import { drain } from '../drain.ts';
import { nowMs } from '../measure.ts';
import type { GraphileWorkerProcess } from '../peers/graphile-worker.ts';
import type { Workbench } from '../workbench.ts';

/** Where it was fastest here: more wait for connections, of which each job takes one, fewer leave the receiver idle. */
const JOBS_AT_ONCE = 64;

export const graphileWorker: Case = {
  name: 'graphile-worker',
  group: 'deliveries',
  repeated: true,
  isPeer: true,
  async run(bench) {
    const { deliveries: total } = bench.settings;
    const databaseUrl = bench.database.url;
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
    const peer = new URL('../peers/graphile-worker.ts', import.meta.url);
    const seeder = await bench.start<GraphileWorkerProcess>(peer);
    await seeder.ask('prepare', { databaseUrl, count: total });
    await seeder.end();
    const worker = await bench.start<GraphileWorkerProcess>(peer);
    return drain('graphile_worker', {
      bench,
      receiver,
      total,
      worker,
      begin: () => worker.ask('start', { databaseUrl, receiverUrl, concurrency: JOBS_AT_ONCE }),
      over: () => completed(bench),
    });
  },
};

/** Its jobs are deleted when they are done, which is after their rows were written. */
async function completed({ database }: Workbench): Promise<number> {
  for (;;) {
    const [left] = await database.sql`select from graphile_worker.jobs limit 1`;
    if (!left) return nowMs();
  }
}
