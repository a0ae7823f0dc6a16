// Latency under half of the load that `e2e` reached: events on a fixed schedule, whether or not Pawl keeps up, each timed
// from when it should have been sent. What a stall delays is counted, not only what was under way when it began.
import type { Case } from '../case.ts';
import type { Load } from '../load.ts';
import { longestGap, median, percentile, warmUpMsFor } from '../measure.ts';
import { webhookPingPong } from '../seed.ts';

/** What is asked of the machine, as a part of what it can do. */
const SHARE = 0.5;
/** Times the seconds of other figures: long enough for what comes every few seconds, loops and collections of garbage. */
export const RUN_LENGTHS = 2;
const SECOND_MS = 1_000;

export const halfLoad: Case = {
  name: 'half_load',
  group: 'e2e',
  repeated: true,
  needs: ['e2e'],
  floor: 'pgbench',
  async run(bench, soFar) {
    const { seconds, jobs, connections } = bench.settings;
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: true });
    const { targets, sender } = await bench.seedJobs({ receiverUrl, definition: webhookPingPong, jobs });
    await sender.end();
    const { url } = await bench.startApi();
    await bench.work(await bench.loadWorker());
    const load = await bench.start<Load>(new URL('../load.ts', import.meta.url));
    const warmUp = { url, targets, connections, warmUpMs: 0, forMs: warmUpMsFor(seconds) };
    const { done: from, failed, firstFailure } = await load.ask('drive', warmUp);
    if (failed > 0) throw new Error(`${failed} events failed: ${firstFailure}`);
    await receiver.ask('reached', { total: from });
    await bench.recorded(from);
    await bench.database.settle();

    const perSecond = soFar('e2e_per_s') * SHARE;
    const forMs = seconds * RUN_LENGTHS * SECOND_MS;
    const sent = await load.ask('onSchedule', { url, targets, connections, perSecond, forMs });
    await receiver.ask('reached', { total: from + sent.length });
    const arrivals = await receiver.ask('arrivals', { from });
    const arrivedAt = new Map(arrivals.map(({ body, atMs }) => [Number(JSON.parse(body).n), atMs]));
    const timed = sent.map(({ dueAtMs, answeredAtMs }, n) => {
      const atMs = arrivedAt.get(n);
      if (atMs === undefined) throw new Error(`the webhook of event ${n} did not arrive`);
      // A webhook may well be there before the client has read its answer.
      return { dueAtMs, tookMs: atMs - dueAtMs, afterCommitMs: Math.max(0, atMs - answeredAtMs) };
    });
    const took = timed.map(({ tookMs }) => tookMs);
    const afterCommit = timed.map(({ afterCommitMs }) => afterCommitMs);
    const everySecond = Map.groupBy(timed, ({ dueAtMs }) => Math.floor(dueAtMs / SECOND_MS)).values();
    return {
      half_load_per_s: perSecond,
      half_load_commit_p50_ms: percentile(afterCommit, 0.5),
      half_load_commit_p99_ms: percentile(afterCommit, 0.99),
      half_load_p50_ms: percentile(took, 0.5),
      half_load_p99_ms: percentile(took, 0.99),
      half_load_max_ms: Math.max(...took),
      half_load_second_max_ms: median(
        [...everySecond].map((second) => Math.max(...second.map(({ tookMs }) => tookMs))),
      ),
      half_load_gap_ms: longestGap(arrivals.map(({ atMs }) => atMs)),
    };
  },
};
