// What has to be done now and then by somebody: partitions made ahead and dropped, old answers forgotten.
// Every worker does it; doing it twice changes nothing.
import type { Database } from '../db/client.ts';
import { forgetAnswers } from '../db/statements/answers.ts';
import { forgetInboundEvents } from '../db/statements/inbound-events.ts';
import { dropOldPartitions, makePartitions } from '../db/statements/partitions.ts';
import { listTenantsOf } from '../db/statements/tenants.ts';
import { createLoop, type Loop } from './loop.ts';

export interface HousekeepingOptions {
  db: Database;
  shards: readonly number[];
  retentionDays: number;
  partitionDaysAhead: number;
  inboundRetentionDays: number;
  now(): Date;
  onError(error: unknown): void;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Clients repeat a request within minutes; a week covers a long weekend. */
const ANSWERS_KEPT_DAYS = 7;
const SHORTEST_MONTH_DAYS = 28;

export function createHousekeeping({
  db,
  shards,
  retentionDays,
  partitionDaysAhead,
  inboundRetentionDays,
  now,
  onError,
}: HousekeepingOptions): Loop {
  async function forgetInbound(shard: number): Promise<void> {
    const before = new Date(now().getTime() - inboundRetentionDays * DAY_MS);
    const tenantIds = (await listTenantsOf(db.sql, shard)).map(({ id }) => id);
    if (tenantIds.length === 0) return;
    const forget = () =>
      db.once<{ id: string }[]>(tenantIds, (sql) => forgetInboundEvents(sql, shard, { tenantIds, before }));
    while ((await forget()).length > 0);
  }

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
        await forgetInbound(shard);
      }
      return false;
    },
  });
}
