// What a backlog costs: the time of a claim with a short queue and with a long one, and the peak memory of a worker
// that begins to drain the long one.
import { v7 } from 'uuid';
import { connect } from '../../db/client.ts';
import { type ClaimRequest, claim } from '../../db/statements/claim.ts';
import { handBack, registerWorker, removeWorker } from '../../db/statements/workers.ts';
import type { Case } from '../case.ts';
import { nowMs, percentile } from '../measure.ts';
import { type SeededTenant, webhookPingPong } from '../seed.ts';
import type { Workbench } from '../workbench.ts';

const SHORT_BACKLOG = 1_000;
const CLAIMS = 200;
const CLAIM_SIZE = 64;
/** As many as the case `deliveries` drains, whose memory this one's is compared with. */
const drainedOf = ({ settings }: Workbench) => Math.min(settings.backlog, settings.deliveries);

export const backlog: Case = {
  name: 'backlog',
  group: 'backlog',
  repeated: false,
  async run(bench) {
    const { backlog: total, jobs, senders } = bench.settings;
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
    const seeded = await bench.seedJobs({ receiverUrl, definition: webhookPingPong, jobs });
    const send = (count: number) =>
      seeded.sender.ask('send', { targets: seeded.jobs, senders, warmUpMs: 0, forMs: null, total: count });
    const first = Math.min(SHORT_BACKLOG, total);
    await send(first);
    await bench.database.settle();
    const short = await claimMs(bench, seeded.tenants);
    await send(total - first);
    await seeded.sender.end();
    await bench.database.settle();
    const long = await claimMs(bench, seeded.tenants);

    const worker = await bench.loadWorker();
    const drained = receiver.ask('reached', { total: drainedOf(bench) });
    await bench.work(worker);
    await drained;
    const { peakRssMb } = await worker.ask('usage');
    return {
      claim_ms_1k: short.p50,
      claim_p99_ms_1k: short.p99,
      claim_ms_100k: long.p50,
      claim_p99_ms_100k: long.p99,
      rss_mb_100k: peakRssMb,
    };
  },
};

/** The worker's own statement, on each tenant's shard in turn; what it took is given back between two claims. */
async function claimMs(
  bench: Workbench,
  tenants: readonly SeededTenant[],
): Promise<{ p50: number; p99: number }> {
  const options = { url: bench.database.url, poolMax: 1, applicationName: 'pawl bench claims' };
  const db = connect({ ...options, role: 'pawl_worker' });
  try {
    const workerId = v7();
    await registerWorker(db.sql, { id: workerId, name: 'bench', version: 'bench', shards: [] });
    const took: number[] = [];
    for (let i = 0; i < CLAIMS; i++) {
      const { tenant } = tenants[i % tenants.length] as SeededTenant;
      const request: ClaimRequest = {
        workerId,
        shard: tenant.shard,
        limit: CLAIM_SIZE,
        laneMax: CLAIM_SIZE,
        tenantMax: CLAIM_SIZE,
        lanes: [],
        tenants: [],
      };
      const startedAt = nowMs();
      const claimed = await claim(db, [request]);
      took.push(nowMs() - startedAt);
      await handBack(db.sql, tenant.shard, workerId, { rows: claimed, delayMs: 0 });
    }
    await removeWorker(db.sql, workerId);
    return { p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
  } finally {
    await db.close();
  }
}
