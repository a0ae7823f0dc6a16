// Draining a queue, for Pawl and for its peers alike: how fast, and what it cost.
import type { Figures } from './case.ts';
import type { Child } from './child.ts';
import { nowMs, percentile, type Usage } from './measure.ts';
import type { Receiver } from './receiver.ts';
import type { Workbench } from './workbench.ts';

/** Of the queue: connections open and code gets compiled meanwhile (see `warmUpMsFor`). */
const WARM_UP_SHARE = 1 / 3;

export interface Drain {
  bench: Workbench;
  receiver: Child<Receiver>;
  /** What is queued, one POST each. */
  total: number;
  /** The process that drains: loaded, connected to nothing. */
  worker: { ask(name: 'usage'): Promise<Usage>; end(): Promise<void> };
  begin(): Promise<unknown>;
  /** Has a row of each request, with how long it took. */
  ledger: 'utility_ledger' | 'ledger';
  /** Resolves when the last action is over for good, with the moment (`nowMs`). Asked when its POST has arrived. */
  over(): Promise<number>;
}

/** @param name what the figures begin with */
export async function drain(
  name: string,
  { bench, receiver, total, worker, ledger, begin, over }: Drain,
): Promise<Figures> {
  const { database } = bench;
  await database.settle();
  const warmUp = Math.floor(total * WARM_UP_SHARE);
  const warm = receiver.ask('reached', { total: warmUp });
  const all = receiver.ask('reached', { total });
  const before = { commits: await database.commits(), walBytes: await database.walBytes() };
  const loaded = await worker.ask('usage');

  await begin();
  const warmAt = await warm;
  await all;
  const endedAt = await over();

  const { cpuMs, peakRssMb } = await worker.ask('usage');
  const walBytes = await database.walBytes();
  await worker.end();
  const commits = await database.commits();
  const { p50Ms, p99Ms } = await durations(bench, ledger);
  return {
    [`${name}_per_s`]: ((total - warmUp) / (endedAt - warmAt)) * 1_000,
    [`${name}_p50_ms`]: p50Ms,
    [`${name}_p99_ms`]: p99Ms,
    [`${name}_cpu_s_per_1k`]: (cpuMs - loaded.cpuMs) / total,
    [`${name}_wal_bytes`]: (walBytes - before.walBytes) / total,
    [`${name}_commits`]: (commits - before.commits) / total,
    [`${name}_rss_mb`]: peakRssMb,
  };
}

/** From each request to its answer, as its sender wrote it down: whole milliseconds. */
async function durations(
  { database: { sql } }: Workbench,
  ledger: Drain['ledger'],
): Promise<{ p50Ms: number; p99Ms: number }> {
  const rows = await sql<{ ms: number }[]>`select duration_ms as ms from ${sql(ledger)}`;
  const took = rows.map(({ ms }) => ms);
  return { p50Ms: percentile(took, 0.5), p99Ms: percentile(took, 0.99) };
}

/** A process of `peers/` that drains a queue of its own. */
export type QueuePeer = {
  /** Its schema, the tables it writes, and what is queued. */
  prepare(asked: { databaseUrl: string; count: number }): Promise<void>;
  /** Each is told in its own words, beside where. */
  start(asked: object): Promise<void>;
  usage(): Usage;
};

export interface DrainPeer<P extends QueuePeer> {
  /** What the figures begin with. */
  name: string;
  module: URL;
  /** How it was fastest here. */
  tuning: Omit<Parameters<P['start']>[0], 'databaseUrl' | 'receiverUrl'>;
  /** Whether something is still to be done, its rows included. */
  isOpen(bench: Workbench): Promise<boolean>;
  /** Resolves before that is asked once more; absent: it is asked at once. */
  pause?(): Promise<unknown>;
}

/** Queues with one process, drains with another, which so has done nothing yet. */
export async function drainPeer<P extends QueuePeer>(
  bench: Workbench,
  { name, module, tuning, isOpen, pause }: DrainPeer<P>,
): Promise<Figures> {
  const { deliveries: total } = bench.settings;
  const databaseUrl = bench.database.url;
  const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
  const seeder = await bench.start<QueuePeer>(module);
  await seeder.ask('prepare', { databaseUrl, count: total });
  await seeder.end();
  const worker = await bench.start<QueuePeer>(module);
  return drain(name, {
    bench,
    receiver,
    total,
    worker,
    ledger: 'ledger',
    begin: () => worker.ask('start', { databaseUrl, receiverUrl, ...tuning }),
    async over() {
      while (await isOpen(bench)) await pause?.();
      return nowMs();
    },
  });
}
