// Jobs that start each other, end each other and pass keys on, from two processes at once: every live job holds its own key,
// and nobody else's.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Definition } from '../engine/definition.ts';
import { checkInvariants } from '../invariants/check-invariants.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { type Kit, setup } from '../worker/worker.testkit.ts';

let kit: Kit;
let processes: Jobs[];
beforeAll(async () => {
  kit = await setup();
  processes = [kit.jobs, await kit.anotherJobs()];
  for (const workflow of WORKFLOWS) await kit.publish(workflow, holder);
});
afterAll(() => kit?.close());

const WORKFLOWS = ['left', 'right'];
const KEYS = ['a', 'b', 'c'];

/** Ends and leaves its key to another job, or starts others, or ends another, as it is told. */
const holder: Definition = {
  initial: 'live',
  context: {},
  states: {
    live: {
      on: {
        END: 'over',
        PASS: {
          target: 'over',
          actions: ['left', 'right'].map((workflow) => ({
            action_type: 'START_JOB' as const,
            params: { workflow, key: 'job.key', input: {} },
          })),
        },
        START: {
          actions: ['left', 'right'].map((workflow) => ({
            action_type: 'START_JOB' as const,
            params: { workflow, key: 'event.key', input: {} },
          })),
        },
        SWAP: {
          actions: [
            { action_type: 'SEND_EVENT', params: { job_id: 'event.other', type: 'PASS', payload: {} } },
            { action_type: 'START_JOB', params: { workflow: 'left', key: 'event.key', input: {} } },
          ],
        },
      },
    },
    over: { type: 'final' },
  },
};

const key = fc.constantFrom(...KEYS);
const command = fc.record({
  process: fc.nat({ max: 1 }),
  kind: fc.constantFrom('start', 'END', 'PASS', 'START', 'SWAP'),
  workflow: fc.constantFrom(...WORKFLOWS),
  /** Of the live jobs at that moment. */
  job: fc.nat(),
  other: fc.nat(),
  key,
});

const liveJobs = () =>
  kit.admin<
    { id: string }[]
  >`select id from jobs where tenant_id = ${kit.tenant.id} and status = 'ACTIVE' order by id`;

test('however they start, end and replace each other', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(command, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
      async (rounds) => {
        for (const round of rounds) {
          const live = await liveJobs();
          const at = (index: number) => live[index % Math.max(1, live.length)]?.id;
          const ends = round.map(async ({ process, kind, workflow, job, other, key }) => {
            const jobs = processes[process] as Jobs;
            const of = { actor: 'test', idempotency: null };
            if (kind === 'start') return jobs.start(kit.tenant, { ...of, workflow, input: {}, key });
            const jobId = at(job);
            if (jobId === undefined) return null;
            const event = { type: kind, payload: { key, other: at(other) ?? '' } };
            return jobs.send(kit.tenant, { ...of, jobId, event, expectedRevision: null });
          });
          for (const end of await Promise.allSettled(ends)) {
            if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'job_key_taken' });
          }
          expect(await checkInvariants({ db: kit.operator, tenants: [kit.tenant] })).toEqual([]);
        }
      },
    ),
    { numRuns: 25 },
  );
});
