// Sends what is due: `after` timers, and the outcomes that an `invoke` waits for.
import type { Database, Row } from '../db/client.ts';
import { type DueTimer, leaseDueTimers, shardsWithDueTimers } from '../db/statements/timers.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { OnError } from './log-ids.ts';
import { createLoop, type Loop } from './loop.ts';

export interface TimersOptions {
  db: Database;
  jobs: Jobs;
  shards: readonly number[];
  intervalMs: number;
  /** So many were sent to their jobs. */
  onFired?: ((count: number) => void) | undefined;
  onError: OnError;
}

/** Firing takes milliseconds; who died holding a lease costs this much. */
const TAKEN = { limit: 100, leaseMs: 15_000 };

export function createTimers({ db, jobs, shards, intervalMs, onFired, onError }: TimersOptions): Loop {
  /** Which of two timers of one moment goes first may decide whether the other one goes at all. */
  async function fireInOrder(ofOneJob: readonly DueTimer[]): Promise<void> {
    for (const timer of ofOneJob) {
      const about = { tenant_id: timer.tenantId, job_id: timer.jobId };
      await jobs.fire(timer).catch((error) => onError(error, about));
    }
  }

  return createLoop({
    intervalMs,
    onError,
    async run() {
      let more = false;
      const calls = await db.serverCalls();
      const dueIn = await db.everyShard<{ shard: number }[]>((sql) => shardsWithDueTimers(sql, shards));
      for (const { shard } of dueIn) {
        const lease = calls.onShard(shard, (sql) => leaseDueTimers(sql, shard, TAKEN));
        const due = await db.alone<(Row & DueTimer)[]>([], lease);
        await Promise.all([...Map.groupBy(due, ({ jobId }) => jobId).values()].map(fireInOrder));
        if (due.length > 0) onFired?.(due.length);
        more ||= due.length === TAKEN.limit;
      }
      return more;
    },
  });
}
