// n concurrent senders of n events, through two processes: what was accepted is committed once, what was not is nowhere,
// and revisions have no gap.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setupApi, type TestApi } from '../api/api.testkit.ts';
import { createApi } from '../api/app.ts';
import { counter, publish } from '../api/samples.testkit.ts';
import { EVENT_TYPES, randomDefinition } from '../engine/arbitraries.testkit.ts';
import type { Definition } from '../engine/definition.ts';
import { createJobs } from '../jobs/jobs.ts';
import { saveDefinition, stored } from './jobs.testkit.ts';

let api: TestApi;
/** Two processes on one database, each with its own memory of jobs. */
let processes: TestApi['app'][];
beforeAll(async () => {
  api = await setupApi();
  // Random machines start jobs of it.
  await publish(api.a.call, 'other', counter);
  const { db, tenants, clock, ids, watch } = api.deps;
  const jobs = createJobs({
    db,
    tenants,
    clock,
    ids,
    onQueued: () => {},
    onMoved: watch.moved,
    concurrency: 2,
  });
  processes = [api.app, createApi({ ...api.deps, jobs })];
});
afterAll(() => api.stop());

/** A transition, or a problem. */
interface Body {
  code?: string;
  job?: { id: string };
  transition?: { id: string };
  action_runs?: { id: string }[];
}

interface Sent {
  status: number;
  code: string;
  transitionId: string;
  runIds: string[];
}

async function post(
  process: number,
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Sent & { jobId: string }> {
  const answer = await (processes[process % processes.length] as TestApi['app']).request(`/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.a.key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const { code, transition, action_runs: runs, job } = (await answer.json()) as Body;
  return {
    status: answer.status,
    code: code ?? '',
    transitionId: transition?.id ?? '',
    runIds: (runs ?? []).map(({ id }) => id),
    jobId: job?.id ?? '',
  };
}

const event = fc.record({
  type: fc.constantFrom(...EVENT_TYPES),
  payload: fc.record({ v: fc.integer({ min: -1, max: 3 }) }),
});

test('what is accepted is committed exactly once, with revisions without gaps', async () => {
  await fc.assert(
    fc.asyncProperty(
      randomDefinition(),
      fc.array(event, { minLength: 2, maxLength: 16 }),
      async (definition, events) => {
        const workflow = await saveDefinition(api, api.a.tenant, definition);
        const started = await post(0, '/jobs', { workflow });
        // A machine that runs in circles cannot be started.
        if (started.status === 422) return;
        expect(started.status).toBe(201);
        const sent = await Promise.all(events.map((one, i) => post(i, `/jobs/${started.jobId}/events`, one)));
        const accepted = [started, ...sent.filter(({ status }) => status === 200)];
        for (const { status, code } of sent) {
          expect([
            '200 ',
            '409 no_transition',
            '409 guard_refused',
            '409 job_not_active',
            '422 loop_limit',
          ]).toContain(`${status} ${code}`);
        }

        const { job, log } = await stored(api, started.jobId);
        const transitions = log.filter(({ kind }) => kind === 'transition');
        expect(job.revision).toBe(accepted.length);
        expect(transitions.map(({ seq }) => seq)).toEqual(accepted.map((_, i) => i + 1));
        expect(transitions.map(({ id }) => id).sort()).toEqual(
          accepted.map(({ transitionId }) => transitionId).sort(),
        );
        const runs = await api.operator.sql`select id from action_runs where job_id = ${started.jobId}`;
        expect(runs.map(({ id }) => id).sort()).toEqual(accepted.flatMap(({ runIds }) => runIds).sort());
        const queued = await api.operator.sql`select id from dispatch_queue where job_id = ${started.jobId}`;
        const withRuns = accepted
          .filter(({ runIds }) => runIds.length > 0)
          .map(({ transitionId }) => transitionId);
        expect(queued.map(({ id }) => id).sort()).toEqual(withRuns.sort());
      },
    ),
    { numRuns: 40 },
  );
});

test('each of many senders of one event counts once, and a repeated key not at all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(5), { minLength: 1, maxLength: 40 }), async (keys) => {
      const workflow = await saveDefinition(api, api.a.tenant, counter as unknown as Definition);
      const { jobId } = await post(0, '/jobs', { workflow });
      const sent = await Promise.all(
        keys.map((key, i) =>
          post(i, `/jobs/${jobId}/events`, { type: 'ADD' }, { 'idempotency-key': `key-${key}` }),
        ),
      );
      expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([200]));
      const { job } = await stored(api, jobId);
      const distinct = new Set(keys).size;
      expect([job.revision, (job.snapshot as { context: { n: number } }).context.n]).toEqual([
        1 + distinct,
        distinct,
      ]);
      expect(new Set(sent.map(({ transitionId }) => transitionId)).size).toBe(distinct);
    }),
    { numRuns: 15 },
  );
});
