// A million actions that wait: what a claim costs and how many are sent a second, beside a queue of a thousand.
import { asIfKeptUp, fill, originalsOf } from '../fill.ts';
import { median, nowMs } from '../measure.ts';
import { type SeededTenant, WORKFLOW, webhookPingPong } from '../seed.ts';
import { type ClaimCost, claimCost } from './claims.ts';
import { type Delivered, deliver, heldBackFor, holdBack, type Queue } from './deliver.ts';
import type { Ground, ScaleCase } from './scale-case.ts';

const SHORT = 1_000;
const CLAIMS = 100;

export const queued: ScaleCase = {
  name: 'queued',
  async run(ground) {
    const { sizes, say } = ground;
    const short = await queueOf(ground, Math.min(SHORT, sizes.queued));
    const filledFrom = nowMs();
    const long = await queueOf(ground, sizes.queued);
    const filledS = (nowMs() - filledFrom) / 1_000;

    const claims = { short: [] as ClaimCost[], long: [] as ClaimCost[] };
    const sent = { short: [] as Delivered[], long: [] as Delivered[] };
    for (let round = 0; round < sizes.rounds; round++) {
      const turns = round % 2 === 0 ? (['short', 'long'] as const) : (['long', 'short'] as const);
      for (const which of turns) {
        const { queue, tenants } = which === 'short' ? short : long;
        await queue.bench.database.settle();
        claims[which].push(await claimCost(queue.bench, tenants, CLAIMS));
        sent[which].push(await deliver(queue, sizes.deliveries));
        say(`${which} queue: ${Math.round(sent[which].at(-1)?.perSecond ?? 0)} deliveries/s`);
      }
    }
    return {
      queued_actions: sizes.queued,
      queued_fill_s: filledS,
      claim_short_ms: median(claims.short.map(({ ms }) => ms)),
      claim_queued_ms: median(claims.long.map(({ ms }) => ms)),
      claim_short_blocks: median(claims.short.map(({ blocks }) => blocks)),
      claim_queued_blocks: median(claims.long.map(({ blocks }) => blocks)),
      deliveries_short_per_s: median(sent.short.map(({ perSecond }) => perSecond)),
      deliveries_queued_per_s: median(sent.long.map(({ perSecond }) => perSecond)),
      queued_rss_mb: Math.max(...sent.long.map(({ rssMb }) => rssMb)),
    };
  },
};

/** The first tenant has half of it. */
async function queueOf(
  { open, say, sizes }: Ground,
  count: number,
): Promise<{ queue: Queue; tenants: readonly SeededTenant[] }> {
  const bench = await open();
  const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
  const seeded = await bench.seedJobs({ receiverUrl, definition: webhookPingPong, jobs: 1 });
  const tenantIds = seeded.tenants.map(({ tenant }) => tenant.id);
  const originals = await originalsOf(seeded.sender, tenantIds, WORKFLOW, 1);
  await seeded.sender.end();
  const { database } = bench;
  // The originals stay where they are, to be copied: nobody may send them.
  await database.sql`update dispatch_queue set run_at = 'infinity'`;
  const spare = heldBackFor(sizes.deliveries) * sizes.rounds;
  await fill({ database, originals, count: count + spare, say });
  await holdBack(database.sql, spare);
  await asIfKeptUp(database);
  const shards = seeded.tenants.map(({ tenant }) => tenant.shard);
  return { queue: { bench, receiver, shards, putBack: 0 }, tenants: seeded.tenants };
}
