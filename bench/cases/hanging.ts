// What a receiver that accepts and never answers does to others: latency of one connection, before and while another
// connection of the same tenant has all the requests out that it may have and a backlog behind them.
import type { Case } from '../case.ts';
import type { Child } from '../child.ts';
import type { Load } from '../load.ts';
import { percentile } from '../measure.ts';
import type { Receiver } from '../receiver.ts';
import { patientPingPong, type SeededTenant, seedAnother, webhookPingPong } from '../seed.ts';
import type { Seeded, Workbench } from '../workbench.ts';

const WARM_UP_SAMPLES = 20;
const PAUSE_MS = { least: 15, most: 75 };
const BACKLOG = 2_000;
/** The longest an action may ask for: what hangs, hangs until the end. */
const HANGS_MS = 60_000;

export const hanging: Case = {
  name: 'hanging',
  group: 'hanging',
  repeated: true,
  async run(bench) {
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: true });
    const definition = webhookPingPong;
    const seeded = await bench.seedJobs({ receiverUrl, definition, jobs: bench.settings.jobs });
    const { url } = await bench.startApi();
    await bench.work(await bench.loadWorker());
    const load = await bench.start<Load>(new URL('../load.ts', import.meta.url));
    const measure = () => p99(bench, seeded, { url, load, receiver });

    await bench.database.settle();
    const before = await measure();
    await hangOn(bench, seeded);
    await bench.database.settle();
    const during = await measure();
    return { hanging_p99_before_ms: before, hanging_p99_ms: during };
  },
};

/** Of the tenant whose other connection hangs: its caps are shared, so it has the most to lose. */
const sufferer = ({ tenants }: Seeded): SeededTenant => tenants[0] as SeededTenant;

/** Milliseconds from the answer to an event to the arrival of its webhook. */
async function p99(
  bench: Workbench,
  seeded: Seeded,
  { url, load, receiver }: { url: string; load: Child<Load>; receiver: Child<Receiver> },
): Promise<number> {
  const samples = bench.settings.samples + WARM_UP_SAMPLES;
  const from = await receiver.ask('count');
  const { tenant } = sufferer(seeded);
  const targets = seeded.targets.filter((_, i) => seeded.jobs[i]?.tenantId === tenant.id);
  const answeredAt = await load.ask('oneByOne', { url, targets, samples, pauseMs: PAUSE_MS });
  await receiver.ask('reached', { total: from + samples });
  const arrivals = await receiver.ask('arrivals', { from });
  const arrivedAt = new Map(arrivals.map(({ body, atMs }) => [Number(JSON.parse(body).n), atMs]));
  const latencies = answeredAt.map((atMs, n) => Math.max(0, (arrivedAt.get(n) ?? Number.NaN) - atMs));
  return percentile(latencies.slice(WARM_UP_SAMPLES), 0.99);
}

/** Resolves when as many requests hang as may be out at once. */
async function hangOn(bench: Workbench, seeded: Seeded): Promise<void> {
  const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false, hang: true });
  const name = 'hanging';
  await seedAnother(sufferer(seeded), {
    databaseUrl: bench.database.url,
    keyRing: bench.keyRing,
    receiverUrl,
    name,
    definition: (connectionId) => patientPingPong(connectionId, HANGS_MS),
  });
  const { sender } = seeded;
  const { senders } = bench.settings;
  const tenantId = sufferer(seeded).tenant.id;
  const targets = await sender.ask('start', { tenantId, workflow: name, count: senders, senders });
  await sender.ask('send', { targets, senders, warmUpMs: 0, forMs: null, total: BACKLOG });
  await sender.end();
  await receiver.ask('reached', { total: bench.config.worker.connectionConcurrency });
}
