// What has to be done now and then by somebody: partitions made ahead, and what is past its time forgotten.
// Once an hour, by one worker for all shards; doing it twice would change nothing.
import type { Database } from '../db/client.ts';
import { forgetAnswers } from '../db/statements/answers.ts';
import { type IdSpan, pastSpan } from '../db/statements/old-partitions.ts';
import { makePartitionsAhead } from '../db/statements/partitions.ts';
import { keptSince } from '../db/statements/retention.ts';
import { listTenants } from '../db/statements/tenants.ts';
import type { Archive } from '../retention/archive.ts';
import { type AgingTable, dropOldIdPartitions, type ForgetOptions } from '../retention/drop-id-partitions.ts';
import { forgetOldDeliveryIds, forgetOldInboundEvents, INBOUND_EVENTS } from '../retention/forget-inbound.ts';
import { ACTION_RUNS, forgetOldRuns } from '../retention/forget-runs.ts';
import type { Turn } from '../retention/turn.ts';
import { createChore } from './chores.ts';
import type { Loop } from './loop.ts';

export interface HousekeepingOptions {
  db: Database;
  partitionDaysAhead: number;
  retention: Retention;
  onError(error: unknown): void;
}

/** How long what is kept. */
export interface Retention {
  inboundEventDays: number;
  /** Of runs of jobs that are over, and of deliveries. */
  actionRunDays: number;
  idempotencyKeyDays: number;
  /** Where what is forgotten is written first; null: nowhere. */
  archive: Archive | null;
}

const HOUR_MS = 3_600_000;

export function createHousekeeping(options: HousekeepingOptions): Loop {
  const { db, partitionDaysAhead, onError } = options;
  const { inboundEventDays, actionRunDays, idempotencyKeyDays, archive } = options.retention;
  async function until(keepDays: number, turn: Turn): Promise<ForgetOptions> {
    const [kept] = await keptSince(db.sql, keepDays);
    if (!kept) throw new Error('a select without a table has a row');
    return { db, archive, before: kept.since, turn };
  }

  return createChore({
    sql: db.sql,
    chore: 'retention',
    everyMs: HOUR_MS,
    onError,
    async run(turn) {
      await makePartitionsAhead(db.sql, partitionDaysAhead);
      const [runs, inbound] = [await until(actionRunDays, turn), await until(inboundEventDays, turn)];
      const pastRuns = await dropPast(runs, ACTION_RUNS, actionRunDays);
      const pastInbound = await dropPast(inbound, INBOUND_EVENTS, inboundEventDays);
      const tenants = Map.groupBy(await listTenants(db.sql), (tenant) => tenant.shard);
      for (const [shard, here] of tenants) {
        const forget = () =>
          db.once<{ key: string }[]>([], (sql) => forgetAnswers(sql, shard, idempotencyKeyDays));
        while ((await forget()).length > 0) await turn.goOn();
        const tenantIds = here.map(({ id }) => id);
        await forgetOldDeliveryIds(inbound, shard, tenantIds);
        for (const tenant of here) {
          await forgetOldInboundEvents(inbound, tenant, pastInbound);
          await forgetOldRuns(runs, tenant, pastRuns);
        }
      }
    },
  });
}

/** @returns where what is past its time has to be forgotten row by row: before what may go whole the next time */
async function dropPast(options: ForgetOptions, table: AgingTable, keepDays: number): Promise<IdSpan> {
  const { waiting } = await dropOldIdPartitions(options, table, keepDays);
  const [past] = await pastSpan(options.db.sql, table.name, keepDays);
  if (!past) throw new Error('a select without a table has a row');
  return waiting ? { first: past.first, next: waiting.first } : past;
}
