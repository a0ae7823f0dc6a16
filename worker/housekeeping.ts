// What has to be done now and then by somebody: partitions made ahead, and what is past its time forgotten.
// Every worker does it; doing it twice changes nothing.
import type { Database } from '../db/client.ts';
import { forgetAnswers } from '../db/statements/answers.ts';
import { makePartitions } from '../db/statements/partitions.ts';
import { listTenantsOf } from '../db/statements/tenants.ts';
import type { Archive } from '../retention/archive.ts';
import { forgetOldInboundEvents } from '../retention/forget-inbound.ts';
import { forgetOldRuns } from '../retention/forget-runs.ts';
import { createLoop, type Loop } from './loop.ts';

export interface HousekeepingOptions {
  db: Database;
  shards: readonly number[];
  partitionDaysAhead: number;
  inboundRetentionDays: number;
  /** Of runs of jobs that are over, and of deliveries. */
  runRetentionDays: number;
  answerRetentionDays: number;
  archive: Archive | null;
  now(): Date;
  onError(error: unknown): void;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SHORTEST_MONTH_DAYS = 28;

export function createHousekeeping({
  db,
  shards,
  partitionDaysAhead,
  inboundRetentionDays,
  runRetentionDays,
  answerRetentionDays,
  archive,
  now,
  onError,
}: HousekeepingOptions): Loop {
  const daysAgo = (days: number) => new Date(now().getTime() - days * DAY_MS);

  return createLoop({
    intervalMs: HOUR_MS,
    onError,
    async run() {
      await makePartitions(db.sql, Math.ceil(partitionDaysAhead / SHORTEST_MONTH_DAYS));
      for (const shard of shards) {
        const forget = () =>
          db.once<{ key: string }[]>([], (sql) => forgetAnswers(sql, shard, answerRetentionDays));
        while ((await forget()).length > 0);
        const tenantIds = (await listTenantsOf(db.sql, shard)).map(({ id }) => id);
        if (tenantIds.length === 0) continue;
        const inbound = { db, archive, before: daysAgo(inboundRetentionDays) };
        await forgetOldInboundEvents(inbound, shard, tenantIds);
        const runs = { db, archive, before: daysAgo(runRetentionDays) };
        for (const tenantId of tenantIds) await forgetOldRuns(runs, shard, tenantId);
      }
      return false;
    },
  });
}
