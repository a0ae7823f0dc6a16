// The whole way: event over HTTP, commit, webhook, record. Counted when the attempt is in the ledger, and the clock
// stops when the last one is, so that nothing is left behind in a queue.
import type { Case } from '../case.ts';
import type { Load } from '../load.ts';
import { nowMs, warmUpMsFor } from '../measure.ts';
import { webhookPingPong } from '../seed.ts';

export const e2e: Case = {
  name: 'e2e',
  group: 'e2e',
  repeated: true,
  async run(bench) {
    const { seconds, jobs, connections } = bench.settings;
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
    const seeded = await bench.seedJobs({ receiverUrl, definition: webhookPingPong, jobs });
    await seeded.sender.end();
    const { url } = await bench.startApi();
    await bench.work(await bench.loadWorker());
    const load = await bench.start<Load>(new URL('../load.ts', import.meta.url));
    const drive = async (forMs: number) => {
      const answers = await load.ask('drive', {
        url,
        targets: seeded.targets,
        connections,
        warmUpMs: 0,
        forMs,
      });
      if (answers.failed > 0) throw new Error(`${answers.failed} events failed: ${answers.firstFailure}`);
      return answers.done;
    };
    // The receiver is asked first: counting rows while the worker is busy would take its CPU time.
    const recorded = async (total: number) => {
      await receiver.ask('reached', { total });
      return bench.recorded(total);
    };
    const warmUp = await drive(warmUpMsFor(seconds));
    await recorded(warmUp);
    await bench.database.settle();
    const startedAt = nowMs();
    const done = await drive(seconds * 1_000);
    const endedAt = await recorded(warmUp + done);
    return { e2e_per_s: (done / (endedAt - startedAt)) * 1_000 };
  },
};
