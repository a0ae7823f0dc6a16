// Sends what is due: `after` timers, and the outcomes that an `invoke` waits for.
import type { Sql } from '../db/client.ts';
import { type DueTimer, leaseDueTimers, shardsWithDueTimers } from '../db/statements/timers.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { OnError } from './log-ids.ts';
import { createLoop, type Loop } from './loop.ts';

export interface TimersOptions {
  sql: Sql;
  jobs: Jobs;
  shards: readonly number[];
  intervalMs: number;
  /** So many were sent to their jobs. */
  onFired?: ((count: number) => void) | undefined;
  onError: OnError;
}

const TAKEN_AT_ONCE = 100;
/** Firing takes milliseconds; who died holding a lease costs this much. */
const LEASE_MS = 15_000;

export function createTimers({ sql, jobs, shards, intervalMs, onFired, onError }: TimersOptions): Loop {
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
      for (const { shard } of await shardsWithDueTimers(sql, shards)) {
        const due = await leaseDueTimers(sql, shard, { limit: TAKEN_AT_ONCE, leaseMs: LEASE_MS });
        await Promise.all([...Map.groupBy(due, ({ jobId }) => jobId).values()].map(fireInOrder));
        if (due.length > 0) onFired?.(due.length);
        more ||= due.length === TAKEN_AT_ONCE;
      }
      return more;
    },
  });
}
