// Ten thousand tenants with work for each, beside four: claims, deliveries, events over HTTP, and what one of them looks up.
import type { Figures } from '../case.ts';
import type { Answers, Load } from '../load.ts';
import { median, nowMs, warmUpMsFor } from '../measure.ts';
import { webhookPingPong } from '../seed.ts';
import type { Seeded, Workbench } from '../workbench.ts';
import { answerMs } from './answers.ts';
import { claimCost } from './claims.ts';
import type { Ground, ScaleCase } from './scale-case.ts';

const FEW = 4;
const CLAIMS = 100;

export const tenants: ScaleCase = {
  name: 'tenants',
  async run(ground) {
    const few = await measure(ground, FEW, 'few_tenants');
    const seededFrom = nowMs();
    const many = await measure(ground, ground.sizes.tenants, 'many_tenants');
    return {
      tenants: ground.sizes.tenants,
      tenants_total_s: (nowMs() - seededFrom) / 1_000,
      ...few,
      ...many,
    };
  },
};

async function measure({ open, sizes, say }: Ground, count: number, name: string): Promise<Figures> {
  const bench = await open({ tenants: count });
  const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
  const { jobs } = bench.settings;
  const seeded = await bench.seedJobs({
    receiverUrl,
    definition: webhookPingPong,
    jobs: Math.max(jobs, count),
  });
  const { senders } = bench.settings;
  // At least one for each tenant, and as many of each.
  const total = Math.ceil(sizes.deliveries / seeded.jobs.length) * seeded.jobs.length;
  await seeded.sender.ask('send', { targets: seeded.jobs, senders, warmUpMs: 0, forMs: null, total });
  await bench.database.settle();
  const claims = await claimCost(bench, seeded.tenants, CLAIMS);

  const worker = await bench.loadWorker();
  const warm = Math.floor(total / 3);
  const warmAt = receiver.ask('reached', { total: warm });
  const all = receiver.ask('reached', { total });
  await bench.work(worker);
  const perSecond = ((total - warm) / ((await all) - (await warmAt))) * 1_000;
  await bench.recorded(total);
  const { peakRssMb } = await worker.ask('usage');
  await worker.ask('stop');
  await worker.end();
  say(`${count} tenants: ${Math.round(perSecond)} deliveries/s`);

  const { url } = await bench.startApi();
  const http = await drive(bench, seeded, url, sizes.seconds);
  const asked = seeded.tenants.slice(0, sizes.samples);
  const looked: number[] = [];
  // Each asks once: nothing of it was remembered.
  for (const { apiKey } of asked) looked.push(await answerMs(`${url}/api/v1/jobs`, apiKey, 1));
  return {
    [`${name}_claim_ms`]: claims.ms,
    [`${name}_claim_blocks`]: claims.blocks,
    [`${name}_deliveries_per_s`]: perSecond,
    [`${name}_rss_mb`]: peakRssMb,
    [`${name}_http_per_s`]: http.perSecond,
    [`${name}_http_p99_ms`]: http.p99Ms,
    [`${name}_look_up_ms`]: median(looked),
  };
}

async function drive(bench: Workbench, seeded: Seeded, url: string, seconds: number): Promise<Answers> {
  const load = await bench.start<Load>(new URL('../load.ts', import.meta.url));
  const warmUpMs = warmUpMsFor(seconds);
  const answers = await load.ask('drive', {
    url,
    targets: seeded.targets,
    connections: bench.settings.connections,
    forMs: warmUpMs + seconds * 1_000,
    warmUpMs,
  });
  if (answers.failed > 0) throw new Error(`${answers.failed} requests failed: ${answers.firstFailure}`);
  await load.end();
  return answers;
}
