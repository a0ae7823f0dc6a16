// Large machines, large contexts and long lists, each beside the small one that all other figures are of.
import type { Definition } from '../../engine/definition.ts';
import type { Figures } from '../case.ts';
import { median, warmUpMsFor } from '../measure.ts';
import type { JobRef } from '../processes/jobs.ts';
import { listPingPong, seedAnother, silentPingPong, webhookPingPong } from '../seed.ts';
import type { Seeded, Workbench } from '../workbench.ts';
import type { Ground, ScaleCase } from './scale-case.ts';

const STATES = 200;
const CONTEXT_KB = 64;
const LIST = 50;
const JOBS_OF_TENANT = 64;

const COUNT = { action_type: 'ASSIGN' as const, params: { count: 'context.count + 1' } };

/** States in a ring: each event leads to the next. */
const ring = (): Definition => ({
  context: { count: 0 },
  initial: 's0',
  states: Object.fromEntries(
    Array.from({ length: STATES }, (_, i) => [
      `s${i}`,
      { on: { HIT: { target: `s${(i + 1) % STATES}`, actions: [COUNT] } } },
    ]),
  ),
});

const large = (): Definition => {
  const small = silentPingPong();
  return { ...small, context: { count: 0, text: 'x'.repeat(CONTEXT_KB * 1024) } };
};

const SILENT = { small: silentPingPong, ring, large } as const;
const SENDING = {
  single: webhookPingPong,
  list: (connectionId: string) => listPingPong(connectionId, LIST),
} as const;

export const shapes: ScaleCase = {
  name: 'shapes',
  async run({ sizes, open, say }) {
    const bench = await open();
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
    const seeded = await bench.seedJobs({ receiverUrl, definition: silentPingPong, jobs: 1 });
    const jobs = new Map<string, JobRef[]>();
    for (const [name, definition] of Object.entries({ ...SILENT, ...SENDING })) {
      jobs.set(name, await jobsOf(bench, seeded, { receiverUrl, name: `shape-${name}`, definition }));
    }
    await bench.database.settle();

    const transitions: Record<string, number[]> = {};
    for (let round = 0; round < sizes.rounds; round++) {
      for (const name of Object.keys(SILENT)) {
        const perSecond = await pace(bench, seeded, jobs.get(name) ?? [], sizes);
        transitions[name] = [...(transitions[name] ?? []), perSecond];
        say(`${name}: ${Math.round(perSecond)} transitions/s`);
      }
    }
    const actions: Record<string, number[]> = {};
    let arrived = 0;
    for (let round = 0; round < sizes.rounds; round++) {
      for (const [name, length] of [
        ['single', 1],
        ['list', LIST],
      ] as const) {
        const total = Math.ceil(sizes.deliveries / length);
        const targets = jobs.get(name) ?? [];
        const { senders } = bench.settings;
        await seeded.sender.ask('send', { targets, senders, warmUpMs: 0, forMs: null, total });
        const worker = await bench.loadWorker();
        const warm = receiver.ask('reached', { total: arrived + Math.floor((total * length) / 3) });
        arrived += total * length;
        const all = receiver.ask('reached', { total: arrived });
        await bench.work(worker);
        const perSecond = ((total * length * (2 / 3)) / ((await all) - (await warm))) * 1_000;
        await bench.recorded(arrived);
        await worker.ask('stop');
        await worker.end();
        actions[name] = [...(actions[name] ?? []), perSecond];
        say(`${name}: ${Math.round(perSecond)} actions/s`);
      }
    }
    const figures: Figures = {};
    for (const [name, all] of Object.entries(transitions)) figures[`shape_${name}_per_s`] = median(all);
    for (const [name, all] of Object.entries(actions)) figures[`shape_${name}_actions_per_s`] = median(all);
    return figures;
  },
};

async function jobsOf(
  bench: Workbench,
  { tenants, sender }: Seeded,
  of: { receiverUrl: string; name: string; definition(connectionId: string): Definition },
): Promise<JobRef[]> {
  const { keyRing, database, settings } = bench;
  const jobs: JobRef[] = [];
  for (const tenant of tenants) {
    await seedAnother(tenant, { databaseUrl: database.url, keyRing, ...of });
    const asked = { tenantId: tenant.tenant.id, workflow: of.name, count: JOBS_OF_TENANT };
    jobs.push(...(await sender.ask('start', { ...asked, senders: settings.senders })));
  }
  return jobs;
}

async function pace(
  bench: Workbench,
  { sender }: Seeded,
  targets: readonly JobRef[],
  { seconds }: Ground['sizes'],
): Promise<number> {
  const warmUpMs = warmUpMsFor(seconds);
  const { perSecond } = await sender.ask('send', {
    targets,
    senders: bench.settings.senders,
    warmUpMs,
    forMs: warmUpMs + seconds * 1_000,
    total: null,
  });
  return perSecond;
}
