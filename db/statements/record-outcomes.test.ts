// What is written down about an attempt, by whoever holds its list and by whoever does so no more.
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Kit, setup } from '../../worker/worker.testkit.ts';
import { connect, type Database } from '../client.ts';
import { type OutcomeRecord, recordOutcomes } from './record-outcomes.ts';

let kit: Kit;
let db: Database;

beforeAll(async () => {
  kit = await setup();
  db = connect({ url: kit.url, role: 'pawl_worker', poolMax: 2, applicationName: 'test worker' });
});
afterAll(async () => {
  await db?.close();
  await kit?.close();
});

/** A list of two that somebody holds under `fence`, and what came of its first action. */
async function held(fence: number): Promise<{ jobId: string; record: OutcomeRecord }> {
  const jobId = await kit.jobWith([kit.webhook('/1'), kit.webhook('/2')]);
  const [run] = await kit.runsOf(jobId);
  if (!run) throw new Error('the job has no runs');
  const attemptId = v7();
  await kit.admin`
    update dispatch_queue set fence = ${fence}, worker_id = ${v7()}, attempt_id = ${attemptId} where job_id = ${jobId}`;
  const record: OutcomeRecord = {
    shard: kit.tenant.shard,
    tenantId: kit.tenant.id,
    jobId,
    transitionId: run.transitionId,
    fence: 5,
    queue: { kind: 'keep', nextOrdinal: 1, connectionId: kit.connection },
    runs: [
      {
        id: run.id,
        status: 'SUCCEEDED',
        attempts: 1,
        attemptId,
        error: null,
        finished: true,
      },
    ],
    attempt: {
      id: attemptId,
      runId: run.id,
      number: 1,
      outcome: 'succeeded',
      provider: 'generic_rest',
      connectionId: kit.connection,
      workflowId: v7(),
      statusCode: 200,
      requestBytes: 10,
      responseBytes: 2,
      durationMs: 1,
      log: { attempt_id: attemptId, outcome: 'succeeded', response: { status: 200 } },
    },
    log: [],
    outcomeEvents: [
      { id: v7(), event: { type: 'xstate.done.actor.x', payload: { output: 1 }, run_id: run.id } },
    ],
  };
  return { jobId, record };
}

const write = (record: OutcomeRecord) =>
  db.once<{ id: string }[]>([kit.tenant.id], (sql) => recordOutcomes(sql, kit.tenant.shard, [record]));
const written = async (jobId: string) => ({
  log: (await kit.logOf(jobId)).map(({ kind }) => kind).filter((kind) => kind.startsWith('attempt')),
  ledger: (await kit.ledgerOf(jobId)).length,
  timers: (await kit.admin`select from timers where job_id = ${jobId}`).length,
});

it('a record moves the list and its run, meters and logs the attempt, and tells the job', async () => {
  const { jobId, record } = await held(5);
  expect(await write(record)).toEqual([{ id: record.transitionId }]);
  expect(await kit.queueOf(jobId)).toMatchObject([{ nextOrdinal: 1, attemptId: null, fence: 5 }]);
  expect(await kit.runsOf(jobId)).toMatchObject([{ status: 'SUCCEEDED', attempts: 1 }, { status: 'QUEUED' }]);
  expect(await written(jobId)).toEqual({ log: ['attempt'], ledger: 1, timers: 1 });
});

it('a record whose fence was replaced moves nothing, and its attempt is metered and logged as late', async () => {
  const { jobId, record } = await held(6);
  expect(await write(record)).toEqual([]);
  expect(await kit.queueOf(jobId)).toMatchObject([{ nextOrdinal: 0, attemptId: record.attempt?.id }]);
  expect(await kit.runsOf(jobId)).toMatchObject([{ status: 'QUEUED', attempts: 0 }, { status: 'QUEUED' }]);
  expect(await written(jobId)).toEqual({ log: ['attempt_late'], ledger: 1, timers: 0 });
});

it.each(['keep', 'release', 'finish'] as const)(
  'a record (%s) whose answer was lost is written once',
  async (kind) => {
    const { jobId, record } = await held(5);
    const connectionId = kit.connection;
    if (kind === 'finish') record.queue = { kind };
    if (kind === 'release') record.queue = { kind, nextOrdinal: 0, connectionId, delayMs: 60_000 };
    await write(record);
    const before = await written(jobId);
    expect(before).toEqual({ log: ['attempt'], ledger: 1, timers: 1 });
    await write({ ...record, again: true });
    expect(await written(jobId)).toEqual(before);
  },
);

it('an outcome that the job has heard when its record is written again is not told once more', async () => {
  const { jobId, record } = await held(5);
  record.outcomeEvents[0] = {
    id: v7(),
    event: { type: 'xstate.done.actor.x', payload: {}, run_id: String(record.runs[0]?.id) },
  };
  await write(record);
  await kit.admin`delete from timers where job_id = ${jobId}`;
  await write({ ...record, again: true });
  expect(await written(jobId)).toEqual({ log: ['attempt'], ledger: 1, timers: 0 });
});
