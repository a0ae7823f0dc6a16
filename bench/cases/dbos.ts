// The whole way through DBOS: two processes that serve HTTP and run workflows, as Pawl has two.
import { setTimeout as pause } from 'node:timers/promises';
import type { Case } from '../case.ts';
import { measured } from '../cost.ts';
import { endToEnd } from '../end-to-end.ts';
import { nowMs } from '../measure.ts';
import type { DbosProcess } from '../peers/dbos.ts';
import type { Workbench } from '../workbench.ts';

const PROCESSES = 2;
/** Connections of each; where it was fastest here. */
const POOL_SIZE = 20;
/** To the receiver, of each. */
const SOCKETS = 32;
const OVER_WITHIN_MS = 240_000;
const LOOK_MS = 20;

export const dbos: Case = {
  name: 'dbos',
  group: 'e2e',
  repeated: true,
  isPeer: true,
  async run(bench) {
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
    const databaseUrl = bench.database.url;
    const peer = new URL('../peers/dbos.ts', import.meta.url);
    const seeder = await bench.start<DbosProcess>(peer);
    const jobIds = await seeder.ask('prepare', { databaseUrl, count: bench.settings.jobs });
    await seeder.end();
    return endToEnd('dbos', {
      bench,
      receiver,
      async start() {
        const apps: Awaited<ReturnType<typeof bench.start<DbosProcess>>>[] = [];
        const url: string[] = [];
        // One after the other: the first makes the tables.
        for (let nth = 1; nth <= PROCESSES; nth++) {
          const app = await bench.start<DbosProcess>(peer);
          const asked = { databaseUrl, receiverUrl, poolSize: POOL_SIZE, sockets: SOCKETS };
          url.push((await app.ask('start', { ...asked, executor: `executor-${nth}` })).url);
          apps.push(app);
        }
        return {
          processes: apps.map(measured),
          url,
          targets: jobIds.map((id) => ({ path: `/jobs/${id}/events`, authorization: 'none' })),
          over: (total) => succeeded(bench, total),
        };
      },
    });
  },
};

/** A workflow is over when its status says so, which is after its steps. */
async function succeeded({ database }: Workbench, total: number): Promise<number> {
  for (const until = nowMs() + OVER_WITHIN_MS; nowMs() < until; await pause(LOOK_MS)) {
    const [row] = await database.sql<{ done: number; failed: number }[]>`
      select count(*) filter (where status = 'SUCCESS')::integer as done,
        count(*) filter (where status not in ('SUCCESS', 'PENDING', 'ENQUEUED'))::integer as failed
      from dbos.workflow_status`;
    if (Number(row?.failed) > 0) throw new Error(`${row?.failed} workflows failed`);
    if (Number(row?.done) >= total) return nowMs();
  }
  throw new Error(`not all of ${total} workflows were over in time`);
}
