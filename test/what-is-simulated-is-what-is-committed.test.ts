// A simulation goes on from its own snapshots, a job from what is stored. Given the same, both go the same way: whatever the
// machine has of parallel states, history, timers and invocations, and whatever is refused or fails.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setupApi, type TestApi } from '../api/api.testkit.ts';
import { counter, publish } from '../api/samples.testkit.ts';
import { connect, type Database } from '../db/client.ts';
import type { DueTimer } from '../db/statements/timers.ts';
import { type RandomStep, randomDefinition, randomSteps } from '../engine/arbitraries.testkit.ts';
import type { JsonObject } from '../engine/json.ts';
import { leaveOutcome, saveDefinition, stored } from './jobs.testkit.ts';

let api: TestApi;
let worker: Database;
beforeAll(async () => {
  api = await setupApi();
  // Random machines start jobs of it.
  await publish(api.a.call, 'other', counter);
  worker = connect({ url: api.url, role: 'pawl_worker', poolMax: 2, applicationName: 'test worker' });
});
afterAll(async () => {
  await worker?.close();
  await api?.stop();
});

test('a job goes where its simulation goes, with the same context, timers and actions', async () => {
  await fc.assert(
    fc.asyncProperty(randomDefinition(), randomSteps(8), async (definition, steps) => {
      const workflow = await saveDefinition(api, api.a.tenant, definition);
      const { decision: simulated, actions } = await simulate(workflow, { input: {} });
      const started = await api.a.call('POST', '/jobs', { body: { workflow, input: {} } });
      if (started.status !== 201) {
        expect([simulated.kind, simulated.code]).toEqual(['failed', started.body.code]);
        return;
      }
      const jobId: string = started.body.job.id;
      const timers = new Set<string>();
      let standing = simulated;
      remember(timers, simulated);
      expect(await committed(jobId)).toEqual(expected(standing, timers, actions));
      for (const step of steps) {
        const sent = await send(jobId, step);
        if (sent === null) continue;
        const { event, code } = sent;
        const simulation = await simulate(workflow, { snapshot: standing.snapshot, event });
        const next = simulation.decision;
        if (code !== null) expect(next.kind === 'taken' ? 'taken' : next.code).toBe(code);
        // What comes of an outcome or a timer that cannot be carried out is more than one step: `onError`, or the end in ERROR.
        if (code === null && next.kind === 'failed') return;
        // One that went off is spent, also where every guard refused it.
        timers.delete(event.type);
        if (next.kind === 'taken') {
          remember(timers, next);
          actions.push(...simulation.actions);
          standing = next;
        }
        expect(await committed(jobId), JSON.stringify(event)).toEqual(expected(standing, timers, actions));
        if (standing.status !== 'ACTIVE') return;
      }
    }),
    { numRuns: 40 },
  );
});

// biome-ignore lint/suspicious/noExplicitAny: an answer of the API, whose parts are compared
async function simulate(workflow: string, asked: JsonObject): Promise<any> {
  const { status, body } = await api.a.call('POST', `/workflows/${workflow}/simulate`, { body: asked });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

interface Decision {
  timers: { set: { id: string }[]; cancelled: string[] };
}

function remember(timers: Set<string>, { timers: { set, cancelled } }: Decision): void {
  for (const id of cancelled) timers.delete(id);
  for (const { id } of set) timers.add(id);
}

const expected = (
  { status, current_state: currentState, snapshot }: Record<string, unknown>,
  timers: Set<string>,
  actions: readonly { pointer: string }[],
) => ({
  status,
  currentState,
  snapshot,
  timers: status === 'ACTIVE' ? [...timers].sort() : [],
  actions: actions.map(({ pointer }) => pointer),
});

async function committed(jobId: string) {
  const { job } = await stored(api, jobId);
  const timers = await timersOf(jobId);
  const runs = await api.operator.sql<{ pointer: string }[]>`
    select pointer from action_runs where job_id = ${jobId} order by transition_id, ordinal`;
  const { status, currentState, snapshot } = job;
  return {
    status,
    currentState,
    snapshot,
    timers: timers.flatMap(({ sendId }) => (sendId === null ? [] : [sendId])).sort(),
    actions: runs.map(({ pointer }) => pointer),
  };
}

const timersOf = (jobId: string) => api.operator.sql<DueTimer[]>`
  select shard, tenant_id, job_id, id, send_id, entry, event from timers where job_id = ${jobId} order by id`;

interface Sent {
  event: { type: string; payload: JsonObject };
  /** What the API answered; null where nobody is answered. */
  code: string | null;
}

/** @returns null where there is nothing to send: no timer is set, no invocation runs */
async function send(jobId: string, step: RandomStep): Promise<Sent | null> {
  if (step.kind === 'event') {
    const { type, payload } = step;
    const { status, body } = await api.a.call('POST', `/jobs/${jobId}/events`, { body: { type, payload } });
    return { event: { type, payload }, code: status < 300 ? 'taken' : body.code };
  }
  const timers = await timersOf(jobId);
  if (step.kind === 'timer') {
    const set = timers.filter(({ sendId }) => sendId !== null);
    const timer = set[step.nth % Math.max(set.length, 1)];
    if (timer === undefined) return null;
    // No timer overtakes one of its job that is due before it.
    const dueFirst = new Date(0);
    await api.asOwner((sql) => sql`update timers set due_at = ${dueFirst} where id = ${timer.id}`);
    await api.deps.jobs.fire(timer);
    return { event: { type: timer.sendId as string, payload: {} }, code: null };
  }
  return outcome(jobId, step);
}

async function outcome(jobId: string, step: Extract<RandomStep, { kind: 'outcome' }>): Promise<Sent | null> {
  const left = await leaveOutcome(api, worker, jobId, step);
  if (left === null) return null;
  const { id, event } = left;
  const due = (await timersOf(jobId)).find((timer) => timer.id === id);
  if (due === undefined) throw new Error('the outcome was not left behind');
  const before = (await stored(api, jobId)).job.revision;
  await api.deps.jobs.fire(due);
  const after = (await stored(api, jobId)).job.revision;
  // An outcome of a state that was left moves nothing, though another run of the same state may be waited for.
  return after === before ? null : { event, code: null };
}
