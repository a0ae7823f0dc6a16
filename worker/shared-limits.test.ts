// Limits of a connection over several workers: what its receiver sees of them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../engine/json.ts';
import { gate } from './receiver.testkit.ts';
import { type Kit, type StartedWorker, setup, statuses, until } from './worker.testkit.ts';

let kit: Kit;

beforeAll(async () => {
  kit = await setup();
});
afterAll(() => kit?.close());

interface Queued {
  connection: string;
  path: string;
  jobs: string[];
}

/** A connection with these settings, and so many jobs that queue one WEBHOOK each to a path of its own. */
async function queue(path: string, size: number, settings: JsonObject): Promise<Queued> {
  const connection = await kit.addConnection({ settings });
  return { connection, path, jobs: await queueMore({ connection, path }, size) };
}

async function queueMore({ connection, path }: { connection: string; path: string }, size: number) {
  const name = `${path} ${kit.receiver.requests.length} ${Math.random()}`;
  const retry = { max_attempts: 1 };
  const action = kit.webhook(path, { params: { connection_id: connection }, retry });
  await kit.publish(name, { initial: 'sent', states: { sent: { type: 'final', entry: [action] } } });
  const started = await Promise.all(Array.from({ length: size }, () => kit.start(name)));
  return started.map(({ job }) => job.id);
}

const isDone = async (jobs: readonly string[]): Promise<boolean> => {
  const [row] = await kit.admin`
    select count(*)::integer as open from dispatch_queue where job_id = any (${jobs as string[]}::uuid[])`;
  return row?.open === 0;
};

const done = (jobs: readonly string[]) => until('all have been sent', () => isDone(jobs));

/** Workers that all know of each other: each has asked who lives since the last of them came. */
async function startWorkers(
  count: number,
  options: Parameters<Kit['startWorker']>[0] = {},
): Promise<StartedWorker[]> {
  const started = await Promise.all(Array.from({ length: count }, () => kit.startWorker(options)));
  const heartbeats = async () =>
    (await kit.admin`select heartbeat_at from workers where dead_at is null order by id`).map((row) =>
      Number(row.heartbeat_at),
    );
  // A heartbeat begins after the answer to the one before it was read, so the second one proves the first.
  for (let i = 0; i < 2; i++) {
    const before = await heartbeats();
    await until('every worker has asked again', async () =>
      (await heartbeats()).every((at, worker) => at > (before[worker] ?? 0)),
    );
  }
  return started;
}

const stopAll = (workers: readonly StartedWorker[]) => Promise.all(workers.map(({ stop }) => stop()));

/** Answers when others have had the time to come; keeps the most that were there at once. */
function countOut(path: string): () => number {
  let [out, most] = [0, 0];
  kit.receiver.script(path, async () => {
    most = Math.max(most, ++out);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    out--;
    return {};
  });
  return () => most;
}

describe('a rate', () => {
  it('is kept by three workers together, from the moment they start and from each moment of rest', async () => {
    const { receiver } = kit;
    const rate = { per_second: 40, burst: 4 };
    const arrivals: number[] = [];
    receiver.script('/rate', () => {
      arrivals.push(performance.now());
      return {};
    });
    const workers = await startWorkers(3);
    const { jobs, ...to } = await queue('/rate', 0, { rate_limit: rate });
    const keptFrom = async (size: number) => {
      const [startedAt, before] = [performance.now(), arrivals.length];
      await done(await queueMore(to, size));
      const since = arrivals.slice(before);
      expect(since).toHaveLength(size);
      since.forEach((at, index) => {
        // Nothing was out at `startedAt`, so whatever came later was granted later. A hundredth more for two clocks.
        expect(index + 1).toBeLessThanOrEqual(
          rate.burst + (rate.per_second * 1.01 * (at - startedAt)) / 1_000,
        );
      });
    };
    await keptFrom(40);
    await keptFrom(15);
    await stopAll(workers);
    const [row] = await kit.admin`
      select count(*)::integer as rows from utility_ledger where connection_id = ${to.connection}`;
    expect(row?.rows).toBe(55);
  });

  it('that is used up costs no more claims until there is a slot', async () => {
    const { receiver } = kit;
    const { connection, jobs } = await queue('/used-up', 60, { rate_limit: { per_second: 0.001, burst: 2 } });
    const workers = await startWorkers(2, { concurrency: 8, tenantConcurrency: 8, connectionConcurrency: 8 });
    await receiver.arrival('/used-up', 2);
    // Whoever claims goes on claiming: for others, and so for this one if it would let them.
    for (let i = 0; i < 5; i++) await kit.settled(await kit.jobWith([kit.webhook('/beside')]));
    await stopAll(workers);
    const [row] = await kit.admin`
      select sum(fence)::integer as claims from dispatch_queue where connection_id = ${connection}`;
    expect(receiver.at('/used-up')).toHaveLength(2);
    // Each worker filled its room once before it knew, and two of those were sent.
    expect(row?.claims).toBeLessThanOrEqual(2 * 8 - 2);
    await kit.admin`delete from dispatch_queue where job_id = any (${jobs}::uuid[])`;
  });

  it('that the settings take away is none', async () => {
    const workers = await startWorkers(2);
    const { connection, jobs } = await queue('/none', 20, { rate_limit: null });
    await done(jobs);
    await stopAll(workers);
    expect(await kit.admin`select from connection_rates where connection_id = ${connection}`).toHaveLength(0);
  });
});

describe('concurrency', () => {
  it('is never exceeded by three workers, not even where there is less than one for each, and nothing starves', async () => {
    const workers = await startWorkers(3);
    const lanes = await Promise.all(
      [1, 1, 1, 1, 2, 4].map(async (concurrency, index) => {
        const path = `/together/${index}`;
        const most = countOut(path);
        const { jobs } = await queue(path, 12, { concurrency });
        return { concurrency, jobs, most };
      }),
    );
    await done(lanes.flatMap(({ jobs }) => jobs));
    for (const { concurrency, most } of lanes) expect(most()).toBeLessThanOrEqual(concurrency);
    await stopAll(workers);
  });

  it('of a worker that stops goes to those that stay', async () => {
    const { receiver } = kit;
    const [first, second] = await startWorkers(2);
    // One connection each for whoever has its one request; both workers have some of eight.
    const lanes = await Promise.all(
      Array.from({ length: 8 }, () => queue('/handed-over', 3, { concurrency: 1 })),
    );
    await done(lanes.flatMap(({ jobs }) => jobs));
    await first?.stop();
    const more = await Promise.all(lanes.map((lane) => queueMore(lane, 3)));
    await done(more.flat());
    await second?.stop();
    expect(receiver.at('/handed-over')).toHaveLength(48);
  });
});

describe('a receiver that answers 429', () => {
  it('is left alone by every worker for as long as it asks', async () => {
    const { receiver, admin } = kit;
    receiver.script('/429', { status: 429, headers: { 'retry-after': '3000' } });
    const workers = await startWorkers(3);
    const { connection, jobs } = await queue('/429', 1, { concurrency: 64 });
    await receiver.arrival('/429');
    await until('all know', async () => {
      const [row] = await admin`
        select extract(epoch from paused_until - now())::float8 as s from connection_health
        where connection_id = ${connection}`;
      return Number(row?.s) > 2_000;
    });
    const later = await queueMore({ connection, path: '/429' }, 30);
    await Promise.all(
      Array.from({ length: 6 }, async () => kit.settled(await kit.jobWith([kit.webhook('/beside-429')]))),
    );
    await stopAll(workers);
    // A worker that starts anew knows as well.
    const [late] = await startWorkers(1);
    await kit.settled(await kit.jobWith([kit.webhook('/beside-429')]));
    await late?.stop();
    expect(receiver.at('/429')).toHaveLength(1);
    await admin`delete from dispatch_queue where job_id = any (${[...jobs, ...later]}::uuid[])`;
  });
});

describe('a receiver that is down', () => {
  it('is left alone by all workers once its circuit is open, and sent everything when that closes', async () => {
    const { receiver, admin } = kit;
    let isUp = false;
    receiver.script('/down', () => (isUp ? {} : { status: 500 }));
    const workers = await startWorkers(2);
    const { connection, jobs } = await queue('/down', 60, { concurrency: 4 });
    const circuit = async () => {
      const [row] = await admin`select circuit from connection_health where connection_id = ${connection}`;
      return row?.circuit;
    };
    await until('it is open', async () => (await circuit()) !== undefined);
    await stopAll(workers);
    // Ten misses in a row as one worker sees them, and what all had out.
    expect(receiver.at('/down').length).toBeLessThanOrEqual(2 * 10 + 4);
    expect(await isDone(jobs)).toBe(false);

    isUp = true;
    await admin`
      update connection_health set open_until = now(), revision = revision + 1 where connection_id = ${connection}`;
    await admin`update dispatch_queue set run_at = now() where connection_id = ${connection}`;
    const again = await startWorkers(2);
    await done(jobs);
    expect(await circuit()).toBe('closed');
    await stopAll(again);
  });
});

describe('a receiver that accepts and never answers', () => {
  it('does not stop what goes to others, of the same tenant and through the same workers', async () => {
    const { receiver } = kit;
    const never = gate();
    receiver.script('/never', () => never.promise);
    const small = { concurrency: 8, tenantConcurrency: 8, connectionConcurrency: 4 };
    const workers = await Promise.all([kit.startWorker(small), kit.startWorker(small)]);
    const hanging = await queue('/never', 50, {});
    await receiver.arrival('/never', 8);
    const others = await queue('/answers', 40, {});
    await done(others.jobs);
    expect(receiver.at('/never')).toHaveLength(8);
    const jobId = await kit.jobWith([kit.webhook('/answers/1'), kit.webhook('/answers/2')]);
    expect(statuses(await kit.settled(jobId))).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    never.resolve({});
    await done(hanging.jobs);
    await stopAll(workers);
  });
});
