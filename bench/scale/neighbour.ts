// One tenant with a long queue: how long another one's webhooks take from commit to arrival, beside what they take alone, and how
// fast the queue is worked off meanwhile.
import type { Child } from '../child.ts';
import { asIfKeptUp, fill, originalsOf } from '../fill.ts';
import type { Load } from '../load.ts';
import { nowMs, percentile } from '../measure.ts';
import type { JobRef } from '../processes/jobs.ts';
import type { Receiver } from '../receiver.ts';
import { type SeededTenant, seedAnother, webhookPingPong } from '../seed.ts';
import type { Seeded, Workbench } from '../workbench.ts';
import type { ScaleCase } from './scale-case.ts';

const WARM_UP_SAMPLES = 20;
const PAUSE_MS = { least: 15, most: 75 };
const HEAVY = 'heavy';
/** Of the queue, when the last sample was taken: a latency beside a queue that is over is none. */
const LEFT_LEAST = 0.05;

export const neighbour: ScaleCase = {
  name: 'neighbour',
  async run({ sizes, open, say }) {
    const bench = await open();
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: true });
    const { jobs } = bench.settings;
    const seeded = await bench.seedJobs({ receiverUrl, definition: webhookPingPong, jobs });
    const [heavy, light] = seeded.tenants as [SeededTenant, SeededTenant];
    const originals = await heavyOriginal(bench, seeded, heavy);
    const { url } = await bench.startApi();
    const worker = await bench.loadWorker();
    await bench.work(worker);
    const load = await bench.start<Load>(new URL('../load.ts', import.meta.url));
    const measure = () => latencies(seeded, light, { url, load, receiver, samples: sizes.samples });

    await bench.database.settle();
    const alone = await measure();
    say(`alone: p99 ${percentile(alone, 0.99).toFixed(1)} ms`);
    await fill({ database: bench.database, originals, count: sizes.neighbour, say });
    // What was filled in with one commit would be sealed with one statement too, of half a second.
    await asIfKeptUp(bench.database);
    const [waitingBefore, from] = [await waiting(bench, heavy), nowMs()];
    const beside = await measure();
    const left = await waiting(bench, heavy);
    const sentPerSecond = ((waitingBefore - left) * 1_000) / (nowMs() - from);
    if (left < sizes.neighbour * LEFT_LEAST) {
      throw new Error(`the queue of the other tenant was nearly empty (${left}): ask for a longer one`);
    }
    return {
      neighbour_queued: sizes.neighbour,
      alone_p50_ms: percentile(alone, 0.5),
      alone_p99_ms: percentile(alone, 0.99),
      beside_p50_ms: percentile(beside, 0.5),
      beside_p99_ms: percentile(beside, 0.99),
      beside_sent_per_s: sentPerSecond,
    };
  },
};

async function latencies(
  seeded: Seeded,
  { tenant }: SeededTenant,
  of: { url: string; load: Child<Load>; receiver: Child<Receiver>; samples: number },
): Promise<number[]> {
  const samples = of.samples + WARM_UP_SAMPLES;
  const from = await of.receiver.ask('count');
  const targets = seeded.targets.filter((_, i) => seeded.jobs[i]?.tenantId === tenant.id);
  const asked = { url: of.url, targets, samples, pauseMs: PAUSE_MS };
  const answeredAt = await of.load.ask('oneByOne', asked);
  await of.receiver.ask('reached', { total: from + samples });
  const arrivals = await of.receiver.ask('arrivals', { from });
  const arrivedAt = new Map(arrivals.map(({ body, atMs }) => [Number(JSON.parse(body).n), atMs]));
  return answeredAt
    .map((atMs, n) => Math.max(0, (arrivedAt.get(n) ?? Number.NaN) - atMs))
    .slice(WARM_UP_SAMPLES);
}

/** A job of the heavy tenant whose webhook, to another receiver, waits for ever: the copies of it do not. */
async function heavyOriginal(
  bench: Workbench,
  { sender }: Seeded,
  heavy: SeededTenant,
): Promise<readonly JobRef[]> {
  const { url: receiverUrl } = await bench.startReceiver({ record: false });
  const { keyRing, database } = bench;
  const of = { databaseUrl: database.url, keyRing, receiverUrl, name: HEAVY, definition: webhookPingPong };
  await seedAnother(heavy, of);
  const originals = await originalsOf(sender, [heavy.tenant.id], HEAVY, 1);
  await database.sql`update dispatch_queue set run_at = 'infinity'`;
  return originals;
}

async function waiting({ database: { sql } }: Workbench, { tenant }: SeededTenant): Promise<number> {
  const [row] = await sql<{ left: number }[]>`
    select count(*)::integer as left from dispatch_queue where tenant_id = ${tenant.id}`;
  return row?.left ?? 0;
}
