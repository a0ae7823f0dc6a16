// The worker alone: transitions queued beforehand, then drained with render, decrypt, POST, ledger and event row each.
import type { Case } from '../case.ts';
import { drain } from '../drain.ts';
import { webhookPingPong } from '../seed.ts';

export const deliveries: Case = {
  name: 'deliveries',
  group: 'deliveries',
  repeated: true,
  floor: 'undici',
  async run(bench) {
    const { deliveries: total, jobs, senders } = bench.settings;
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
    const seeded = await bench.seedJobs({ receiverUrl, definition: webhookPingPong, jobs });
    await seeded.sender.ask('send', { targets: seeded.jobs, senders, warmUpMs: 0, forMs: null, total });
    await seeded.sender.end();
    const worker = await bench.loadWorker();
    return drain('deliveries', {
      bench,
      receiver,
      total,
      worker,
      ledger: 'utility_ledger',
      begin: () => bench.work(worker),
      over: () => bench.recorded(total),
    });
  },
};
