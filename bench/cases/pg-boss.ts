// The same POSTs with the same rows by pg-boss, in one process like our worker, to the same receiver.
import { setTimeout as pause } from 'node:timers/promises';
import type { Case } from '../case.ts';
import { drainPeer } from '../drain.ts';
import type { PgBossProcess } from '../peers/pg-boss.ts';

/** Where it was fastest here. */
const BATCHES = { workers: 4, batchSize: 100 };
const LOOK_MS = 5;

export const pgBoss: Case = {
  name: 'pg-boss',
  group: 'deliveries',
  repeated: true,
  isPeer: true,
  run: (bench) =>
    drainPeer<PgBossProcess>(bench, {
      name: 'pg_boss',
      module: new URL('../peers/pg-boss.ts', import.meta.url),
      tuning: BATCHES,
      // Its jobs stay in their table when they are done, which is after their rows were written.
      async isOpen({ database }) {
        const [left] = await database.sql`select from pgboss.job where state < 'completed' limit 1`;
        return left !== undefined;
      },
      pause: () => pause(LOOK_MS),
    }),
};
