// The runs that measure.ts makes on the bench's own parts: each begins with a fresh database, warms up, and then counts what
// every process used until the last unit of work is done.
import { tableSizes } from '../../db/statements/placement.ts';
import type { Child } from '../child.ts';
import type { Load } from '../load.ts';
import { nowMs } from '../measure.ts';
import { onWorkbench } from '../on-workbench.ts';
import type { BenchDatabase, BenchPostgres } from '../postgres.ts';
import type { SealerProcess } from '../processes/sealer.ts';
import { silentPingPong, webhookPingPong } from '../seed.ts';
import { cpuMsOf } from '../server-cpu.ts';
import type { Settings } from '../settings.ts';
import type { Seeded, Workbench } from '../workbench.ts';
import type { Costs, Run } from './costs.ts';

export interface RunOf {
  on: BenchPostgres;
  settings: Settings;
  units: number;
  workers: number;
}

const NOBODY = 'http://127.0.0.1:9';
const WARM_UP_SHARE = 1 / 3;

/** Events decided and committed without HTTP, nothing queued. */
export const runTransitions = (of: RunOf): Promise<Run> =>
  onWorkbench(of.on, of, async (bench) => {
    const seeded = await seedSilent(bench);
    const send = sending(seeded, bench);
    await send(Math.ceil(of.units * WARM_UP_SHARE));
    await bench.database.settle();
    return spent(of, bench.database, { sender: [seeded.sender] }, () => send(of.units));
  });

/** @returns microseconds of Postgres and Node to seal one entry */
export const runSealing = (of: RunOf): Promise<number> =>
  onWorkbench(of.on, of, async (bench) => {
    const seeded = await seedSilent(bench);
    const sealer = await bench.start<SealerProcess>(new URL('../processes/sealer.ts', import.meta.url));
    await sealer.ask('open', { databaseUrl: bench.database.url });
    const seal = () => sealer.ask('sealAll');
    await seal();
    await sending(seeded, bench)(of.units);
    const run = await spent(of, bench.database, { sealer: [sealer] }, seal);
    return (run.cpuUs.postgres ?? 0) + (run.cpuUs.sealer ?? 0);
  });

/** Transitions that queue a POST each; then the queue is drained. */
export const runDeliveries = (of: RunOf): Promise<{ queued: Run; delivered: Run; disk: Costs['disk'] }> =>
  onWorkbench(of.on, of, async (bench) => {
    const { database } = bench;
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
    const seeded = await bench.seedJobs({
      receiverUrl,
      definition: webhookPingPong,
      jobs: of.settings.jobs,
    });
    const send = sending(seeded, bench);
    const warmUp = Math.ceil(of.units * WARM_UP_SHARE);
    await send(warmUp);
    await database.settle();
    const before = await keptBytes(database);
    const queued = await spent(of, database, { sender: [seeded.sender] }, () => send(of.units));
    await seeded.sender.end();
    const between = await keptBytes(database);
    await database.settle();

    const workers = await Promise.all(Array.from({ length: of.workers }, () => bench.loadWorker()));
    const total = warmUp + of.units;
    const warm = receiver.ask('reached', { total: warmUp });
    const all = receiver.ask('reached', { total });
    await Promise.all(workers.map((worker) => bench.work(worker)));
    await warm;
    const delivered = await spent(of, database, { worker: workers, receiver: [receiver] }, async () => {
      await all;
      await bench.recorded(total);
      return of.units;
    });
    const after = await keptBytes(database);
    // The row of the run is queued with the transition, and counted as the transition's: the sum is what matters.
    const transitionBytes = (between - before) / of.units;
    return { queued, delivered, disk: { transitionBytes, actionBytes: (after - between) / total } };
  });

/** The same transitions as of `runTransitions`, through HTTP. */
export const runHttp = (of: RunOf): Promise<Run> =>
  onWorkbench(of.on, of, async (bench) => {
    const { targets, sender } = await seedSilent(bench);
    await sender.end();
    const { url, api } = await bench.startApi();
    const load = await bench.start<Load>(new URL('../load.ts', import.meta.url));
    const drive = driving(load, { url, targets, connections: bench.settings.connections });
    const paced = await drive(secondsFor(of.units * WARM_UP_SHARE, PACE));
    await bench.database.settle();
    const rate = paced.done / paced.seconds;
    return spent(of, bench.database, { api: [api], load: [load] }, async () => {
      return (await drive(secondsFor(of.units, rate))).done;
    });
  });

/** Events over HTTP, each with a POST: from the first event until the last POST is in the ledger. */
export const runEndToEnd = (of: RunOf): Promise<Run> =>
  onWorkbench(of.on, of, async (bench) => {
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
    const { targets, sender } = await bench.seedJobs({
      receiverUrl,
      definition: webhookPingPong,
      jobs: of.settings.jobs,
    });
    await sender.end();
    const { url, api } = await bench.startApi();
    const worker = await bench.loadWorker();
    await bench.work(worker);
    const load = await bench.start<Load>(new URL('../load.ts', import.meta.url));
    const drive = driving(load, { url, targets, connections: bench.settings.connections });
    let sent = 0;
    const until = async (forSeconds: number) => {
      const { done } = await drive(forSeconds);
      sent += done;
      // The receiver is asked first: counting rows while the worker is busy would take its CPU time.
      await receiver.ask('reached', { total: sent });
      await bench.recorded(sent);
      return done;
    };
    const warmUpS = secondsFor(of.units * WARM_UP_SHARE, PACE);
    const rate = (await until(warmUpS)) / warmUpS;
    await bench.database.settle();
    const processes = { api: [api], worker: [worker], load: [load], receiver: [receiver] };
    return spent(of, bench.database, processes, () => until(secondsFor(of.units, rate)));
  });

/** Events a second that a run is planned with before it is known how many there are. */
const PACE = 3_000;
const secondsFor = (units: number, rate: number): number => Math.max(1, units / Math.max(1, rate));

const seedSilent = (bench: Workbench): Promise<Seeded> =>
  bench.seedJobs({ receiverUrl: NOBODY, definition: silentPingPong, jobs: bench.settings.jobs });

const sending =
  ({ sender, jobs: targets }: Seeded, { settings: { senders } }: Workbench) =>
  async (total: number): Promise<number> =>
    (await sender.ask('send', { targets, senders, warmUpMs: 0, forMs: null, total })).done;

const driving =
  (load: Child<Load>, of: { url: string; targets: Seeded['targets']; connections: number }) =>
  async (seconds: number): Promise<{ done: number; seconds: number }> => {
    const answers = await load.ask('drive', { ...of, warmUpMs: 0, forMs: seconds * 1_000 });
    if (answers.failed > 0) throw new Error(`${answers.failed} events failed: ${answers.firstFailure}`);
    return { done: answers.done, seconds };
  };

/** @param work resolves with how many units it did */
async function spent(
  of: RunOf,
  { sql, walBytes, cpuMs }: BenchDatabase,
  processes: Readonly<Record<string, readonly { pid: number }[]>>,
  work: () => Promise<number>,
): Promise<Run> {
  const used = async () => {
    const each = Object.entries(processes).map(([name, list]): [string, number] => [
      name,
      list.reduce((sum, { pid }) => sum + cpuMsOf(pid), 0),
    ]);
    return {
      ms: new Map([...each, ['postgres', await cpuMs()]]),
      wal: await walBytes(),
      xid: await xid(sql),
    };
  };
  const before = await used();
  const startedAt = nowMs();
  const units = await work();
  const seconds = (nowMs() - startedAt) / 1_000;
  const after = await used();
  return {
    tenants: of.settings.tenants,
    workers: of.workers,
    units,
    perSecond: units / seconds,
    cpuUs: Object.fromEntries(
      [...after.ms].map(([name, ms]) => [name, ((ms - (before.ms.get(name) ?? 0)) * 1_000) / units]),
    ),
    walBytes: (after.wal - before.wal) / units,
    commits: (after.xid - before.xid) / units,
  };
}

async function xid(sql: BenchDatabase['sql']): Promise<number> {
  const [row] = await sql<{ next: string }[]>`select pg_snapshot_xmax(pg_current_snapshot()) as next`;
  return Number(row?.next);
}

const KEPT = ['event_log', 'action_runs', 'utility_ledger'];

/** Of what stays: the log, the runs and the ledger, with their indexes. */
async function keptBytes({ sql }: BenchDatabase): Promise<number> {
  return (await tableSizes(sql, KEPT)).reduce((sum, { bytes }) => sum + bytes, 0);
}
