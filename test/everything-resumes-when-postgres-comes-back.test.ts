// Postgres restarts, is killed, and loses connections while callers send and workers work. Nobody is told to start again.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../db/embedded.ts';
import { readPostmaster } from '../db/embedded-postmaster.ts';
import { migrate } from '../db/migrate.ts';
import { checkInvariants } from '../invariants/check-invariants.ts';
import { type Kit, setupOn, statuses, until } from '../worker/worker.testkit.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.testkit.ts';

let directory: string;
let postgres: EmbeddedPostgres;
let kit: Kit;
let worker: WorkerProcess;

const start = () => startEmbeddedPostgres({ directory, durable: false, log: () => {} });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pawl-test-restart-'));
  postgres = await start();
  await migrate(postgres.url);
  kit = await setupOn(postgres.url);
  worker = await startWorkerProcess(postgres.url, { leaseMs: 3_000, heartbeatIntervalMs: 500 });
});
afterAll(async () => {
  await worker?.stop();
  await kit?.close();
  await postgres?.stop();
  await rm(directory, { recursive: true, force: true });
});

const JOBS = 6;
const EVENTS_PER_JOB = 40;

/** Sends events one after the other, each with a key of its own, until it is answered, as a careful client does. */
async function sendAll(jobId: string, events: number, onAnswer: () => void): Promise<void> {
  for (let i = 0; i < events; i++) {
    await until('the event is answered', async () => {
      const idempotency = { key: `event-${i}`, requestHash: 'aa' };
      return kit.send(jobId, 'ADD', { i }, { idempotency }).catch(() => null);
    });
    onAnswer();
  }
}

/** Disturbs as soon as so many events have been answered. */
function disturbances(...plan: [answered: number, disturb: () => Promise<unknown>][]) {
  let answered = 0;
  const disturbed: Promise<unknown>[] = [];
  return {
    onAnswer() {
      answered++;
      for (const [at, disturb] of plan) if (at === answered) disturbed.push(disturb());
    },
    async over() {
      await Promise.all(disturbed);
      expect(disturbed).toHaveLength(plan.length);
    },
  };
}

async function workUnder(name: string, ...plan: Parameters<typeof disturbances>): Promise<void> {
  const retry = { max_attempts: 20, backoff: { initial_ms: 1, factor: 1, max_ms: 1 } };
  const add = [
    { action_type: 'ASSIGN' as const, params: { n: 'context.n + 1' } },
    kit.webhook(`/${name}/first`, { idempotent: true, retry, params: { body: { i: '<<event.i>>' } } }),
    kit.webhook(`/${name}/second`, { idempotent: true, retry }),
  ];
  await kit.publish(name, {
    context: { n: 0 },
    initial: 'open',
    states: { open: { on: { ADD: { actions: add } } } },
  });
  const jobs = await Promise.all(Array.from({ length: JOBS }, async () => (await kit.start(name)).job.id));
  const { onAnswer, over } = disturbances(...plan);
  await Promise.all(jobs.map((jobId) => sendAll(jobId, EVENTS_PER_JOB, onAnswer)));
  await over();

  for (const jobId of jobs) {
    const runs = await kit.settled(jobId);
    expect(runs).toHaveLength(2 * EVENTS_PER_JOB);
    expect(new Set(statuses(runs))).toEqual(new Set(['SUCCEEDED']));
    // One effect per key, though many were asked for more than once.
    expect(await kit.jobOf(jobId)).toMatchObject({
      revision: 1 + EVENTS_PER_JOB,
      context: { n: EVENTS_PER_JOB },
    });
  }
  expect(await held()).toBe(0);
  const { operator: db, tenant, receiver } = kit;
  expect(await checkInvariants({ db, tenants: [tenant], arrivals: receiver.requests })).toEqual([]);
  expect(await loggedTwice()).toEqual([]);
}

const held = async () => {
  const [row] = await kit.admin`select count(*)::integer as rows from dispatch_queue`;
  return row?.rows;
};

/** An attempt is written down once, however often the database had to be asked. */
const loggedTwice = async () => [
  ...(await kit.admin`
    select data ->> 'attempt_id' as attempt, array_agg(kind) as kinds from event_log
    where kind in ('attempt', 'attempt_late') group by 1, data ->> 'code' having count(*) > 1`),
];

it('goes on after connections were terminated, again and again', async () => {
  const terminate = () => kit.admin`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name like any (array['pawl%', 'test %']) and pid <> pg_backend_pid()`;
  await workUnder(
    'terminated',
    [20, terminate],
    [60, terminate],
    [100, terminate],
    [140, terminate],
    [200, terminate],
  );
});

it('goes on after Postgres was restarted', async () => {
  await workUnder('restarted', [
    60,
    async () => {
      await postgres.stop();
      postgres = await start();
    },
  ]);
});

it('goes on after Postgres was killed', async () => {
  await workUnder('killed', [
    60,
    async () => {
      const { pid } = (await readPostmaster(join(directory, 'data'))) ?? {};
      // An immediate shutdown: what was not committed is gone, and no client is told.
      process.kill(pid as number, 'SIGQUIT');
      await until('it is gone', async () => (await readPostmaster(join(directory, 'data'))) === undefined);
      postgres = await start();
    },
  ]);
});
