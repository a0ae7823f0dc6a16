// The whole way, for Pawl and for its peers alike: event over HTTP, commit, webhook, record. Counted when the rows of the
// last event are there, so that nothing is left behind in a queue.
import type { Figures } from './case.ts';
import type { Child } from './child.ts';
import { beginCost, type Measured } from './cost.ts';
import type { Load, Target } from './load.ts';
import { nowMs, warmUpMsFor } from './measure.ts';
import type { Receiver } from './receiver.ts';
import type { Workbench } from './workbench.ts';

export interface EndToEnd {
  bench: Workbench;
  receiver: Child<Receiver>;
  /** Starts what is measured. Nobody is connected to the database before. */
  start(): Promise<Product>;
}

export interface Product {
  processes: readonly Measured[];
  /** Where events are posted, and to which address: connections are dealt over several. */
  url: string | readonly string[];
  targets: readonly Target[];
  /** Resolves when `total` events are over for good, with the moment (`nowMs`). Asked when their POSTs have arrived. */
  over(total: number): Promise<number>;
}

/** @param name what the figures begin with */
export async function endToEnd(name: string, { bench, receiver, start }: EndToEnd): Promise<Figures> {
  const { seconds, connections } = bench.settings;
  const load = await bench.start<Load>(new URL('./load.ts', import.meta.url));
  const cost = await beginCost(name, bench.database);
  const { processes, url, targets, over } = await start();
  await cost.started(processes);
  const drive = async (forMs: number) => {
    const answers = await load.ask('drive', { url, targets, connections, warmUpMs: 0, forMs });
    if (answers.failed > 0) throw new Error(`${answers.failed} events failed: ${answers.firstFailure}`);
    return answers;
  };
  // The receiver is asked first: counting rows while everybody is busy would take CPU time from them.
  const done = async (total: number) => {
    await receiver.ask('reached', { total });
    return over(total);
  };
  const warmUp = await drive(warmUpMsFor(seconds));
  await done(warmUp.done);
  await bench.database.settle();
  const startedAt = nowMs();
  const answers = await drive(seconds * 1_000);
  const total = warmUp.done + answers.done;
  const endedAt = await done(total);
  return {
    [`${name}_per_s`]: (answers.done / (endedAt - startedAt)) * 1_000,
    [`${name}_p50_ms`]: answers.p50Ms,
    [`${name}_p99_ms`]: answers.p99Ms,
    ...(await cost.end(total)),
  };
}
