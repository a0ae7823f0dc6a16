// Transitions through HTTP: the API process, and a client that costs next to nothing.
import type { Case } from '../case.ts';
import type { Load } from '../load.ts';
import { warmUpMsFor } from '../measure.ts';
import { silentPingPong } from '../seed.ts';

export const http: Case = {
  name: 'http',
  group: 'http',
  repeated: true,
  floor: 'pgbench',
  async run(bench) {
    const { seconds, jobs, connections } = bench.settings;
    const warmUpMs = warmUpMsFor(seconds);
    const receiverUrl = 'http://127.0.0.1:9';
    const { targets, sender } = await bench.seedJobs({ receiverUrl, definition: silentPingPong, jobs });
    await sender.end();
    const { url } = await bench.startApi();
    const load = await bench.start<Load>(new URL('../load.ts', import.meta.url));
    await bench.database.settle();
    const answers = await load.ask('drive', {
      url,
      targets,
      connections,
      warmUpMs,
      forMs: warmUpMs + seconds * 1_000,
    });
    if (answers.failed > 0) throw new Error(`${answers.failed} events failed: ${answers.firstFailure}`);
    return {
      http_transitions_per_s: answers.perSecond,
      http_p50_ms: answers.p50Ms,
      http_p99_ms: answers.p99Ms,
    };
  },
};
