// The log alone, through the engine, leads to the row of the job: whatever was sent, fired or came back.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setupApi, type TestApi } from '../api/api.testkit.ts';
import { counter, publish } from '../api/samples.testkit.ts';
import { connect, type Database } from '../db/client.ts';
import type { DueTimer } from '../db/statements/timers.ts';
import { type RandomStep, randomDefinition, randomSteps } from '../engine/arbitraries.testkit.ts';
import { type CompiledWorkflow, compileWorkflow } from '../engine/compile.ts';
import type { Facts, JobEvent, JobFacts, Taken } from '../engine/decision.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import { decide, initialDecision } from '../engine/transition.ts';
import { leaveOutcome, type StoredEntry, type StoredJob, saveDefinition, stored } from './jobs.testkit.ts';

let api: TestApi;
let worker: Database;
beforeAll(async () => {
  api = await setupApi();
  // Random machines start jobs of it.
  await publish(api.a.call, 'other', counter);
  worker = connect({ url: api.url, role: 'pawl_worker', poolMax: 2, applicationName: 'test worker' });
});
afterAll(async () => {
  await worker.close();
  await api.stop();
});

test('replaying the log through the engine gives the row of the job', async () => {
  await fc.assert(
    fc.asyncProperty(randomDefinition(), randomSteps(8), async (definition, steps) => {
      const workflow = await saveDefinition(api, api.a.tenant, definition);
      const started = await api.a.call('POST', '/jobs', {
        body: { workflow, input: { n: 1 }, key: workflow },
      });
      if (started.status === 422) return;
      const jobId: string = started.body.job.id;
      for (const step of steps) await take(jobId, step);
      const { job, log } = await stored(api, jobId);
      const [version] = await api.operator
        .sql`select definition from workflow_versions where workflow_id = ${workflow}`;
      expect(replay(compileWorkflow(version?.definition), job, log)).toEqual({
        status: job.status,
        currentState: job.currentState,
        revision: job.revision,
        snapshot: job.snapshot,
      });
    }),
    { numRuns: 60 },
  );
});

async function take(jobId: string, step: RandomStep): Promise<void> {
  const { shard, id: tenantId } = api.a.tenant;
  if (step.kind === 'event') {
    const { type, payload } = step;
    await api.a.call('POST', `/jobs/${jobId}/events`, { body: { type, payload } });
    return;
  }
  if (step.kind === 'outcome') await leaveOutcome(api, worker, jobId, step);
  const timers = await worker.sql<DueTimer[]>`
    select shard, tenant_id, job_id, id, send_id, entry, event from timers
    where shard = ${shard} and tenant_id = ${tenantId} and job_id = ${jobId}
      and (send_id is null) = ${step.kind === 'outcome'}
    order by id`;
  const timer = timers[step.nth % Math.max(timers.length, 1)];
  if (timer) await api.deps.jobs.fire(timer);
}

interface Standing {
  status: string;
  currentState: string;
  revision: number;
  snapshot: Json;
}

function replay(workflow: CompiledWorkflow, job: StoredJob, log: readonly StoredEntry[]): Standing {
  let at: Standing = { status: 'ACTIVE', currentState: '', revision: 0, snapshot: null };
  for (const { data, seq } of log.filter(({ kind }) => kind === 'transition')) {
    expect([seq, data.from]).toEqual([at.revision + 1, at.revision === 0 ? null : at.currentState]);
    const decision = decideAgain(workflow, job, at, data);
    const { snapshot, currentState, status } = decision;
    expect([data.to, data.status]).toEqual([currentState, status]);
    at = { status, currentState, revision: at.revision + 1, snapshot: JSON.parse(JSON.stringify(snapshot)) };
  }
  return at;
}

function decideAgain(workflow: CompiledWorkflow, job: StoredJob, at: Standing, data: JsonObject): Taken {
  const event = data.event as unknown as JobEvent;
  const facts = (data.facts ?? {}) as unknown as Facts;
  const known: JobFacts = {
    id: job.id,
    current_state: at.currentState,
    revision: at.revision,
    parent_id: job.parentJobId,
    key: job.key,
    created_at: job.createdAt.toISOString(),
  };
  const decision =
    at.revision === 0
      ? initialDecision(workflow, { input: event.payload, job: known, facts })
      : decide(workflow, {
          snapshot: at.snapshot,
          event,
          job: known,
          facts,
          internal: data.internal === true,
        });
  if (decision.kind !== 'taken') throw new Error(decision.message);
  return decision;
}
