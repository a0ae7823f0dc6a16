// Latency when nothing else happens: from the answer to an event (it is committed) to the arrival of its webhook.
import type { Case } from '../case.ts';
import type { Load } from '../load.ts';
import { percentile } from '../measure.ts';
import { webhookPingPong } from '../seed.ts';

const WARM_UP_SAMPLES = 20;
const PAUSE_MS = { least: 15, most: 75 };

export const idle: Case = {
  name: 'idle',
  group: 'idle',
  repeated: true,
  floor: 'pgbench',
  async run(bench) {
    const { jobs, samples: wanted } = bench.settings;
    const samples = wanted + WARM_UP_SAMPLES;
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: true });
    const { targets, sender } = await bench.seedJobs({ receiverUrl, definition: webhookPingPong, jobs });
    await sender.end();
    const { url } = await bench.startApi();
    await bench.work(await bench.loadWorker());
    const load = await bench.start<Load>(new URL('../load.ts', import.meta.url));
    await bench.database.settle();
    const answeredAt = await load.ask('oneByOne', { url, targets, samples, pauseMs: PAUSE_MS });
    await receiver.ask('reached', { total: samples });
    const arrivedAt = new Map(
      (await receiver.ask('arrivals', { from: 0 })).map(({ body, atMs }) => [
        Number(JSON.parse(body).n),
        atMs,
      ]),
    );
    const latencies = answeredAt.slice(WARM_UP_SAMPLES).map((atMs, i) => {
      const arrived = arrivedAt.get(i + WARM_UP_SAMPLES) ?? Number.NaN;
      // A webhook may well be there before the client has read its answer.
      return Math.max(0, arrived - atMs);
    });
    return { idle_p50_ms: percentile(latencies, 0.5), idle_p99_ms: percentile(latencies, 0.99) };
  },
};
