// What has to be done now and then by somebody: partitions made ahead and dropped, old answers forgotten.
// Every worker does it; doing it twice changes nothing.
import type { Database } from '../db/client.ts';
import { forgetAnswers } from '../db/statements/answers.ts';
import { dropOldPartitions, makePartitions } from '../db/statements/partitions.ts';
import { createLoop, type Loop } from './loop.ts';

export interface HousekeepingOptions {
  db: Database;
  shards: readonly number[];
  retentionDays: number;
  partitionDaysAhead: number;
  onError(error: unknown): void;
}

const HOUR_MS = 3_600_000;
/** Clients repeat a request within minutes; a week covers a long weekend. */
const ANSWERS_KEPT_DAYS = 7;
const SHORTEST_MONTH_DAYS = 28;

export function createHousekeeping({
  db,
  shards,
  retentionDays,
  partitionDaysAhead,
  onError,
}: HousekeepingOptions): Loop {
  return createLoop({
    intervalMs: HOUR_MS,
    onError,
    async run() {
      await makePartitions(db.sql, Math.ceil(partitionDaysAhead / SHORTEST_MONTH_DAYS));
      await dropOldPartitions(db.sql, retentionDays);
      for (const shard of shards) {
        const forget = () =>
          db.once<{ key: string }[]>([], (sql) => forgetAnswers(sql, shard, ANSWERS_KEPT_DAYS));
        while ((await forget()).length > 0);
      }
      return false;
    },
  });
}
