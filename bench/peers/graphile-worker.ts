// graphile-worker doing what an action asks of a worker, as its users would write it: one POST, then one metering row
// and one audit row in a single statement. Tenancy, credentials, order and retries by outcome are not asked of it.
import { type JobHelpers, Logger, makeWorkerUtils, type Runner, run } from 'graphile-worker';
import { Agent, request } from 'undici';
import { v7 } from 'uuid';
import { serve } from '../child.ts';
import { nowMs, usage } from '../measure.ts';
import { RECEIVER_AUTHORIZATION } from '../seed.ts';

interface Payload {
  job_id: string;
  state: string;
  count: number;
  n: number;
}

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
        payload: payload(from + i),
      }));
      await utils.addJobs(jobs);
    }
    await utils.release();
  },

  async start(asked: { databaseUrl: string; receiverUrl: string; concurrency: number }): Promise<void> {
    const { concurrency } = asked;
    const dispatcher = new Agent({ connections: concurrency, pipelining: 1 });
    const url = `${asked.receiverUrl}/hooks/hit`;
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
        deliver: (payload, helpers) => deliver(url, dispatcher, payload as Payload, helpers),
      },
      noHandleSignals: true,
    });
  },
  usage,
  async stop() {
    await runner?.stop();
  },
};

const payload = (n: number): Payload => ({ job_id: v7(), state: n % 2 === 0 ? 'pong' : 'ping', count: n, n });

async function deliver(url: string, dispatcher: Agent, job: Payload, helpers: JobHelpers): Promise<void> {
  const body = JSON.stringify({ job_id: job.job_id, state: job.state, count: job.count, n: job.n });
  const startedAt = nowMs();
  const answer = await request(url, {
    method: 'POST',
    headers: {
      authorization: RECEIVER_AUTHORIZATION,
      'content-type': 'application/json',
      'idempotency-key': helpers.job.id,
      'user-agent': 'Pawl/bench',
    },
    body,
    dispatcher,
  });
  const text = await answer.body.text();
  const durationMs = Math.round(nowMs() - startedAt);
  if (answer.statusCode >= 300) throw new Error(`answered ${answer.statusCode}`);
  const entry = {
    attempt: helpers.job.attempts,
    outcome: 'succeeded',
    request: { method: 'POST', url, body },
    response: { status: answer.statusCode, body: text },
    duration_ms: durationMs,
  };
  await helpers.withPgClient((client) =>
    client.query({
      name: 'record',
      text: RECORD,
      values: [
        v7(),
        helpers.job.id,
        job.job_id,
        answer.statusCode,
        Buffer.byteLength(body),
        Buffer.byteLength(text),
        durationMs,
        v7(),
        JSON.stringify(entry),
      ],
    }),
  );
}

const TABLES = `
  create table ledger (
    attempt_id uuid primary key, at timestamptz not null default now(), kind text not null, quantity integer not null,
    outcome text not null, run_id bigint not null, job_id uuid not null, status_code smallint,
    request_bytes bigint not null, response_bytes bigint not null, duration_ms integer);
  create table audit (
    subject_id uuid not null, id uuid not null, at timestamptz not null default now(), kind text not null,
    actor text not null, data jsonb not null, primary key (subject_id, id))`;

const RECORD = `
  with metered as (
    insert into ledger (attempt_id, kind, quantity, outcome, run_id, job_id, status_code, request_bytes,
      response_bytes, duration_ms)
    values ($1, 'WebhookEgress', 1, 'succeeded', $2, $3, $4, $5, $6, $7))
  insert into audit (subject_id, id, kind, actor, data) values ($3, $8, 'attempt', 'worker', $9)`;

serve(handlers);
