// The same POSTs with the same rows by pg-boss, in one process like our worker, to the same receiver.
import { setTimeout as pause } from 'node:timers/promises';
import type { Case } from '../case.ts';
import { drain } from '../drain.ts';
import { nowMs } from '../measure.ts';
import type { PgBossProcess } from '../peers/pg-boss.ts';
import type { Workbench } from '../workbench.ts';

/** Where it was fastest here. */
const BATCHES = { workers: 4, batchSize: 100 };
const LOOK_MS = 5;

export const pgBoss: Case = {
  name: 'pg-boss',
  group: 'deliveries',
  repeated: true,
  isPeer: true,
  async run(bench) {
    const { deliveries: total } = bench.settings;
    const databaseUrl = bench.database.url;
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
    const peer = new URL('../peers/pg-boss.ts', import.meta.url);
    const seeder = await bench.start<PgBossProcess>(peer);
    await seeder.ask('prepare', { databaseUrl, count: total });
    await seeder.end();
    const worker = await bench.start<PgBossProcess>(peer);
    return drain('pg_boss', {
      bench,
      receiver,
      total,
      worker,
      begin: () => worker.ask('start', { databaseUrl, receiverUrl, ...BATCHES }),
      over: () => completed(bench),
    });
  },
};

/** Its jobs stay in their table when they are done, which is after their rows were written. */
async function completed({ database }: Workbench): Promise<number> {
  for (;;) {
    const [left] = await database.sql`select from pgboss.job where state < 'completed' limit 1`;
    if (!left) return nowMs();
    await pause(LOOK_MS);
  }
}
