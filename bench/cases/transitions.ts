// Engine and database: events decided and committed in one process, many jobs at a time, nothing queued.
import type { Case } from '../case.ts';
import { beginCost, measured } from '../cost.ts';
import { warmUpMsFor } from '../measure.ts';
import type { JobsProcess } from '../processes/jobs.ts';
import { silentPingPong } from '../seed.ts';

export const transitions: Case = {
  name: 'transitions',
  group: 'transitions',
  repeated: true,
  floor: 'pgbench',
  async run(bench) {
    const { seconds, jobs, senders } = bench.settings;
    const warmUpMs = warmUpMsFor(seconds);
    // Nothing is sent, so nobody has to listen.
    const receiverUrl = 'http://127.0.0.1:9';
    const seeded = await bench.seedJobs({ receiverUrl, definition: silentPingPong, jobs });
    await seeded.sender.end();
    await bench.database.settle();
    const cost = await beginCost('transitions', bench.database);
    const sender = await bench.start<JobsProcess>(new URL('../processes/jobs.ts', import.meta.url));
    await sender.ask('open', {
      databaseUrl: bench.database.url,
      poolMax: bench.config.database.poolMax,
    });
    await cost.started([measured(sender)]);
    const pace = await sender.ask('send', {
      targets: seeded.jobs,
      senders,
      warmUpMs,
      forMs: warmUpMs + seconds * 1_000,
      total: null,
    });
    return {
      transitions_per_s: pace.perSecond,
      transitions_p50_ms: pace.p50Ms,
      transitions_p99_ms: pace.p99Ms,
      ...(await cost.end(pace.done)),
    };
  },
};
