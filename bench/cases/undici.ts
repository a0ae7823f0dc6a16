// The floor under every figure with a POST in it: undici and the receiver, with nothing else.
import type { Case } from '../case.ts';
import { warmUpMsFor } from '../measure.ts';
import type { UndiciProcess } from '../peers/undici.ts';

// One per socket: more would wait for one.
const SENDERS = 64;

export const undici: Case = {
  name: 'undici',
  group: 'deliveries',
  repeated: true,
  async run(bench) {
    const { seconds } = bench.settings;
    const warmUpMs = warmUpMsFor(seconds);
    const { url } = await bench.startReceiver({ record: false });
    const client = await bench.start<UndiciProcess>(new URL('../peers/undici.ts', import.meta.url));
    const { cpuMs: before } = await client.ask('usage');
    const pace = await client.ask('post', {
      url: `${url}/hooks/hit`,
      body: JSON.stringify({
        job_id: '0198f3a2-7c11-7a53-9b0e-6f1c2d3e4f50',
        state: 'pong',
        count: 17,
        n: 16,
      }),
      concurrency: SENDERS,
      warmUpMs,
      forMs: warmUpMs + seconds * 1_000,
    });
    const { cpuMs } = await client.ask('usage');
    return {
      undici_per_s: pace.perSecond,
      undici_p50_ms: pace.p50Ms,
      undici_p99_ms: pace.p99Ms,
      undici_cpu_s_per_1k: (cpuMs - before) / pace.done,
    };
  },
};
