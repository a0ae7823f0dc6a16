// The floor under `transitions`: the same rows, on the same tables, by as many clients, one statement a commit.
import type { Case } from '../case.ts';
import { beginCost, measured } from '../cost.ts';
import { warmUpMsFor } from '../measure.ts';
import type { PgbenchProcess } from '../peers/pgbench.ts';
import { silentPingPong } from '../seed.ts';
import type { Settings } from '../settings.ts';

/** Few server processes, each with statements waiting for it: fastest of 10, 32, 64 and 128 here. */
const SHARED_CONNECTIONS = 32;

/** As pgbench itself: a connection for each client. */
export const pgbench = floor('pgbench', 'pgbench', ({ senders }) => senders);

/** As clients of a driver that pools: fewer connections, shared, and kept busy. */
export const pgbenchPooled: Case = {
  ...floor('pgbench-pooled', 'pgbench_pooled', ({ senders }) => Math.min(SHARED_CONNECTIONS, senders)),
  isPeer: true,
};

/** @param figure what the figures begin with */
function floor(name: string, figure: string, connectionsOf: (settings: Settings) => number): Case {
  return {
    name,
    group: 'transitions',
    repeated: true,
    async run(bench) {
      const { seconds, jobs, senders: clients } = bench.settings;
      const warmUpMs = warmUpMsFor(seconds);
      const receiverUrl = 'http://127.0.0.1:9';
      const { sender } = await bench.seedJobs({ receiverUrl, definition: silentPingPong, jobs });
      await sender.end();
      await bench.database.settle();
      const cost = await beginCost(figure, bench.database);
      const process = await bench.start<PgbenchProcess>(new URL('../peers/pgbench.ts', import.meta.url));
      await cost.started([measured(process)]);
      const pace = await process.ask('run', {
        databaseUrl: bench.database.url,
        clients,
        connections: connectionsOf(bench.settings),
        warmUpMs,
        forMs: warmUpMs + seconds * 1_000,
      });
      return {
        [`${figure}_per_s`]: pace.perSecond,
        [`${figure}_p50_ms`]: pace.p50Ms,
        [`${figure}_p99_ms`]: pace.p99Ms,
        ...(await cost.end(pace.done)),
      };
    },
  };
}
