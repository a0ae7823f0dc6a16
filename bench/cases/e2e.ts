// The whole way through Pawl: its API and its worker, each in its process.
import type { Case } from '../case.ts';
import { measured } from '../cost.ts';
import { endToEnd } from '../end-to-end.ts';
import { webhookPingPong } from '../seed.ts';

export const e2e: Case = {
  name: 'e2e',
  group: 'e2e',
  repeated: true,
  floor: 'undici',
  async run(bench) {
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
    const { jobs } = bench.settings;
    const { targets, sender } = await bench.seedJobs({ receiverUrl, definition: webhookPingPong, jobs });
    await sender.end();
    return endToEnd('e2e', {
      bench,
      receiver,
      async start() {
        const { url, api } = await bench.startApi();
        const worker = await bench.loadWorker();
        await bench.work(worker);
        return {
          processes: [measured(api), measured(worker)],
          url,
          targets,
          over: (total) => bench.recorded(total),
        };
      },
    });
  },
};
