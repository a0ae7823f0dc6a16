// pg-boss doing what an action asks of a worker, as its users would write it for throughput: batches, each job of which
// is one POST, and which are recorded by one statement.
import { PgBoss } from 'pg-boss';
import { serve } from '../child.ts';
import { usage } from '../measure.ts';
import { createPost, RECORD_MANY, rowsOf, TABLES, type Work, work } from './action.ts';

const QUEUE = 'deliver';
const INSERT_MAX = 1_000;

let boss: PgBoss | null = null;

export type PgBossProcess = typeof handlers;

const handlers = {
  /** Its schema, the tables its handler writes, and `count` jobs. */
  async prepare({ databaseUrl, count }: { databaseUrl: string; count: number }): Promise<void> {
    const seeder = new PgBoss({ connectionString: databaseUrl, supervise: false, schedule: false });
    seeder.on('error', (error) => console.error(error));
    await seeder.start();
    // A table of its own, as its documentation advises for a large queue.
    await seeder.createQueue(QUEUE, { partition: true });
    await seeder.getDb().executeSql(TABLES);
    for (let from = 0; from < count; from += INSERT_MAX) {
      const size = Math.min(INSERT_MAX, count - from);
      await seeder.insert(
        QUEUE,
        Array.from({ length: size }, (_, i) => ({ data: work(from + i) })),
      );
    }
    await seeder.stop();
  },

  /** @param workers each takes a batch of `batchSize` at a time, and the next when that is settled */
  async start(asked: {
    databaseUrl: string;
    receiverUrl: string;
    workers: number;
    batchSize: number;
  }): Promise<void> {
    const { workers, batchSize } = asked;
    const post = createPost(asked.receiverUrl, workers * batchSize);
    const started = new PgBoss({ connectionString: asked.databaseUrl, max: workers + 1, schedule: false });
    boss = started;
    started.on('error', (error) => console.error(error));
    await started.start();
    await started.work<Work>(
      QUEUE,
      {
        batchSize,
        localConcurrency: workers,
        // Fetches on while batches come back full, instead of every half second.
        burstWhenBatchFull: true,
        pollingIntervalSeconds: 0.5,
        // Without it one failed POST would have the whole batch sent again.
        perJobResults: true,
      },
      async (jobs) => {
        const rows: unknown[] = [];
        const results = await Promise.all(
          jobs.map(async ({ id, data }) => {
            try {
              rows.push(rowsOf(data, await post(id, data), { runId: id, attempt: 1 }));
              return { id, status: 'completed' as const };
            } catch (error) {
              return { id, status: 'failed' as const, output: { message: String(error) } };
            }
          }),
        );
        await started.getDb().executeSql(RECORD_MANY, [JSON.stringify(rows)]);
        return results;
      },
    );
  },
  usage,
  async stop() {
    await boss?.stop();
  },
};

serve(handlers);
