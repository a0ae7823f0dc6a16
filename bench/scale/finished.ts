// Millions of jobs that are done: transitions of others beside those in an empty database, and what people look up.
import type { Figures } from '../case.ts';
import { asIfKeptUp, fill, finish, originalsOf } from '../fill.ts';
import { median, nowMs, warmUpMsFor } from '../measure.ts';
import { seedAnother, silentPingPong, webhookPingPong } from '../seed.ts';
import type { Seeded, Workbench } from '../workbench.ts';
import { answerMs } from './answers.ts';
import type { Ground, ScaleCase } from './scale-case.ts';

const WORKFLOW = 'finished';

export const finished: ScaleCase = {
  name: 'finished',
  async run({ sizes, open, say }) {
    const empty = await prepared(await open());
    const full = await prepared(await open());
    const filledFrom = nowMs();
    const originals = await doneByWorker(full);
    const { database } = full.bench;
    await fill({ database, originals, count: sizes.finished, say });
    await asIfKeptUp(database);
    const filledS = (nowMs() - filledFrom) / 1_000;
    for (const { bench } of [empty, full]) await bench.database.settle();

    const rounds = { empty: [] as Pace[], full: [] as Pace[] };
    for (let round = 0; round < sizes.rounds; round++) {
      // Whoever comes first meets another machine than whoever comes second: they change places.
      const turns = round % 2 === 0 ? (['empty', 'full'] as const) : (['full', 'empty'] as const);
      for (const which of turns) {
        rounds[which].push(await pace(which === 'empty' ? empty : full, sizes.seconds));
        say(`${which}: ${Math.round(rounds[which].at(-1)?.perSecond ?? 0)} transitions/s`);
      }
    }
    const of = (which: 'empty' | 'full', figure: keyof Pace) =>
      median(rounds[which].map((one) => one[figure]));
    return {
      finished_jobs: sizes.finished,
      finished_fill_s: filledS,
      finished_disk_gb: await diskGb(full.bench),
      empty_transitions_per_s: of('empty', 'perSecond'),
      finished_transitions_per_s: of('full', 'perSecond'),
      empty_transition_cpu_us: of('empty', 'cpuUs'),
      finished_transition_cpu_us: of('full', 'cpuUs'),
      empty_transition_wal_bytes: of('empty', 'walBytes'),
      finished_transition_wal_bytes: of('full', 'walBytes'),
      ...(await lookUps(full, sizes)),
    };
  },
};

interface Prepared {
  bench: Workbench;
  seeded: Seeded;
}

async function prepared(bench: Workbench): Promise<Prepared> {
  const of = { receiverUrl: 'http://127.0.0.1:9', definition: silentPingPong };
  return { bench, seeded: await bench.seedJobs({ ...of, jobs: bench.settings.jobs }) };
}

/** One job of each tenant, with its webhook sent, recorded, and done. */
async function doneByWorker({ bench, seeded: { tenants, sender } }: Prepared) {
  const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
  const { keyRing, database } = bench;
  const of = { databaseUrl: database.url, keyRing, receiverUrl, name: WORKFLOW, definition: webhookPingPong };
  for (const tenant of tenants) await seedAnother(tenant, of);
  const tenantIds = tenants.map(({ tenant }) => tenant.id);
  const originals = await originalsOf(sender, tenantIds, WORKFLOW, 1);
  const worker = await bench.loadWorker();
  await bench.work(worker);
  await receiver.ask('reached', { total: originals.length });
  await bench.recorded(originals.length);
  await worker.ask('stop');
  await worker.end();
  await finish(database, originals);
  return originals;
}

interface Pace {
  perSecond: number;
  /** Of sender and Postgres together, for one transition: another load on the machine hardly changes it. */
  cpuUs: number;
  walBytes: number;
}

async function pace({ bench, seeded: { sender, jobs } }: Prepared, seconds: number): Promise<Pace> {
  const used = async () => (await bench.database.cpuMs()) + (await sender.ask('usage')).cpuMs;
  const warmUpMs = warmUpMsFor(seconds);
  const before = await used();
  const walBefore = await bench.database.walBytes();
  const { perSecond, done } = await sender.ask('send', {
    targets: jobs,
    senders: bench.settings.senders,
    warmUpMs,
    forMs: warmUpMs + seconds * 1_000,
    total: null,
  });
  const cpuUs = (((await used()) - before) * 1_000) / done;
  const walBytes = ((await bench.database.walBytes()) - walBefore) / done;
  return { perSecond, cpuUs, walBytes };
}

/** Of the tenant that has half of everything. */
async function lookUps({ bench, seeded }: Prepared, { samples }: Ground['sizes']): Promise<Figures> {
  const { url } = await bench.startApi();
  const [heaviest] = seeded.tenants;
  const jobId = seeded.jobs.find(({ tenantId }) => tenantId === heaviest?.tenant.id)?.jobId;
  const asked = {
    job: `/jobs/${jobId}`,
    job_log: `/jobs/${jobId}/log`,
    jobs: '/jobs',
    jobs_active: '/jobs?status=ACTIVE',
    jobs_error: '/jobs?status=ERROR',
    jobs_of_workflow: `/jobs?workflow=${WORKFLOW}`,
    actions: '/actions',
    actions_failed: '/actions?status=FAILED',
  };
  const figures: Figures = {};
  for (const [name, path] of Object.entries(asked)) {
    // What looks through everything there is takes its second each time.
    const times = name === 'actions_failed' ? 3 : Math.min(samples, 50);
    figures[`finished_${name}_ms`] = await answerMs(`${url}/api/v1${path}`, heaviest?.apiKey ?? '', times);
  }
  return figures;
}

async function diskGb({ database: { sql } }: Workbench): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`select pg_database_size(current_database())::float8 as bytes`;
  return (row?.bytes ?? Number.NaN) / 2 ** 30;
}
