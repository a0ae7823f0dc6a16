// The same POSTs with the same rows by graphile-worker, in one process like our worker, to the same receiver.
import type { Case } from '../case.ts';
import { drainPeer } from '../drain.ts';
import type { GraphileWorkerProcess } from '../peers/graphile-worker.ts';

/** Where it was fastest here: more wait for connections, of which each job takes one, fewer leave the receiver idle. */
const JOBS_AT_ONCE = 64;

export const graphileWorker: Case = {
  name: 'graphile-worker',
  group: 'deliveries',
  repeated: true,
  isPeer: true,
  run: (bench) =>
    drainPeer<GraphileWorkerProcess>(bench, {
      name: 'graphile_worker',
      module: new URL('../peers/graphile-worker.ts', import.meta.url),
      tuning: { concurrency: JOBS_AT_ONCE },
      // Its jobs are deleted when they are done, which is after their rows were written.
      async isOpen({ database }) {
        const [left] = await database.sql`select from graphile_worker.jobs limit 1`;
        return left !== undefined;
      },
    }),
};
