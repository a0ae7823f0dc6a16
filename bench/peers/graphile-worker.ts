// graphile-worker doing what an action asks of a worker, as its users would write it: one POST, then one metering row
// and one audit row in a single statement. Tenancy, credentials, order and retries by outcome are not asked of it.
import { type JobHelpers, Logger, makeWorkerUtils, type Runner, run } from 'graphile-worker';
import { serve } from '../child.ts';
import { usage } from '../measure.ts';
import { createPost, RECORD, rowsOf, TABLES, type Work, work } from './action.ts';

// How its documentation batches for its best figures (worker.graphile.org/docs/performance). There it runs 24 jobs at
// once; with tasks that wait for a receiver it does better with more, so it gets as many as our worker.
const PRESET = {
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
} as const;
const ADD_MAX = 1_000;

/** A line for each job would be paid for by the job. */
const LOGGER = new Logger(() => (level, message) => {
  if (level === 'error' || level === 'warning') console.error(message);
});

let runner: Runner | null = null;

export type GraphileWorkerProcess = typeof handlers;

const handlers = {
  /** Its schema, the tables its task writes, and `count` jobs. */
  async prepare({ databaseUrl, count }: { databaseUrl: string; count: number }): Promise<void> {
    const utils = await makeWorkerUtils({ connectionString: databaseUrl });
    await utils.migrate();
    await utils.withPgClient((client) => client.query(TABLES));
    for (let from = 0; from < count; from += ADD_MAX) {
      const size = Math.min(ADD_MAX, count - from);
      const jobs = Array.from({ length: size }, (_, i) => ({
        identifier: 'deliver',
        payload: work(from + i),
      }));
      await utils.addJobs(jobs);
    }
    await utils.release();
  },

  async start(asked: { databaseUrl: string; receiverUrl: string; concurrency: number }): Promise<void> {
    const { concurrency } = asked;
    const post = createPost(asked.receiverUrl, concurrency);
    runner = await run({
      preset: {
        worker: {
          ...PRESET,
          logger: LOGGER,
          connectionString: asked.databaseUrl,
          concurrentJobs: concurrency,
          maxPoolSize: concurrency + 1,
        },
      },
      taskList: {
        deliver: (payload, helpers) => deliver(post, payload as Work, helpers),
      },
      noHandleSignals: true,
    });
  },
  usage,
  async stop() {
    await runner?.stop();
  },
};

async function deliver(
  post: ReturnType<typeof createPost>,
  job: Work,
  { job: { id, attempts }, withPgClient }: JobHelpers,
): Promise<void> {
  const delivered = await post(id, job);
  const values = rowsOf(job, delivered, { runId: id, attempt: attempts });
  await withPgClient((client) => client.query({ name: 'record', text: RECORD, values }));
}

serve(handlers);
