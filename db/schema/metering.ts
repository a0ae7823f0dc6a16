// What the ledger comes to: rollups, the close of periods, and who is given it: exports and quotas.
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, moment, tenantOwned } from './columns.ts';

/** Sums of the rows that are settled; see docs/metering.md. The nil UUID stands for none, as a key holds no null. */
export const usageRollups = pgTable(
  'usage_rollups',
  {
    ...tenantOwned,
    granularity: text().notNull().$type<'hour' | 'day' | 'month'>(),
    /** UTC. */
    startsAt: moment().notNull(),
    kind: text().notNull(),
    connectionId: uuid().notNull(),
    workflowId: uuid().notNull(),
    outcome: text().notNull(),
    attempts: bigint({ mode: 'number' }).notNull(),
    quantity: bigint({ mode: 'number' }).notNull(),
    requestBytes: bigint({ mode: 'number' }).notNull(),
    responseBytes: bigint({ mode: 'number' }).notNull(),
  },
  (t) => [
    primaryKey({
      name: 'usage_rollups_pk',
      columns: [
        t.shard,
        t.tenantId,
        t.granularity,
        t.startsAt,
        t.kind,
        t.connectionId,
        t.workflowId,
        t.outcome,
      ],
    }),
    // Closing looks for a period's rows of all tenants.
    index('usage_rollups_by_start').on(t.granularity, t.startsAt),
  ],
);

/** What a tenant used in a period that is closed. A period without a row here and before `closed_until` had no usage. */
export const closedPeriods = pgTable(
  'closed_periods',
  {
    ...tenantOwned,
    granularity: text().notNull().$type<'hour' | 'day' | 'month'>(),
    startsAt: moment().notNull(),
    attempts: bigint({ mode: 'number' }).notNull(),
    quantity: bigint({ mode: 'number' }).notNull(),
    requestBytes: bigint({ mode: 'number' }).notNull(),
    responseBytes: bigint({ mode: 'number' }).notNull(),
    /** SHA-256 (hex) of its rollups as text, in order. */
    checksum: text().notNull(),
    closedAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.shard, t.tenantId, t.granularity, t.startsAt] })],
);

/** Rows of the ledger that became visible when the hour of their `at` was closed: counted in the first open one instead. */
export const lateFacts = pgTable(
  'late_facts',
  {
    ...tenantOwned,
    attemptId: uuid().notNull(),
    at: moment().notNull(),
    countedAt: moment().notNull(),
  },
  (t) => [primaryKey({ columns: [t.shard, t.tenantId, t.attemptId] })],
);

/** How far the rollups are: one row. Whoever holds the lease moves it on. */
export const meteringProgress = pgTable('metering_progress', {
  id: smallint().primaryKey().default(1),
  /** Rows of transactions before this are all visible, and are in the rollups. */
  settled: bigint({ mode: 'number' }).notNull().default(0),
  /** Hours before this are closed. */
  closedUntil: moment().notNull().default(sql`'-infinity'`),
  /** What is closed next, as soon as everything before `closing_tx` is settled. */
  closingUntil: moment(),
  closingTx: bigint({ mode: 'number' }),
  /** Added to transaction ids, so that they go on growing in a database that was restored from a dump. */
  txOffset: bigint({ mode: 'number' }).notNull().default(0),
  holder: uuid(),
  leasedUntil: moment(),
  fence: bigint({ mode: 'number' }).notNull().default(0),
});

/**
 * How far the rollups of a shard are, beside them: only kept where the shards lie on several servers, as those do not show
 * what one commit wrote at one moment.
 */
export const meteringSettled = pgTable('metering_settled', {
  shard: smallint().primaryKey(),
  settled: bigint({ mode: 'number' }).notNull().default(0),
  closedUntil: moment().notNull().default(sql`'-infinity'`),
});

/** A standing order: what is settled goes to a directory, a bucket or an endpoint, each row once. */
export const meteringExports = pgTable(
  'metering_exports',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    name: text().notNull(),
    /** See metering/destination.ts. */
    destination: jsonb().notNull(),
    format: text().notNull().$type<'csv' | 'jsonl' | 'parquet' | 'cloudevents'>(),
    intervalMinutes: integer().notNull(),
    enabled: boolean().notNull().default(true),
    createdBy: text().notNull(),
    createdAt: createdAt(),
    updatedAt: createdAt(),
    /** The window under way: rows of transactions from `since` to `upto`. Null: none is. */
    since: bigint({ mode: 'number' }).notNull().default(0),
    upto: bigint({ mode: 'number' }),
    /** Of the window, what is delivered: up to this row, in so many parts. */
    afterId: uuid(),
    part: integer().notNull().default(0),
    rowsExported: bigint({ mode: 'number' }).notNull().default(0),
    nextRunAt: createdAt(),
    lastRunAt: moment(),
    lastError: jsonb(),
    failures: integer().notNull().default(0),
    /** Who carries it out. */
    workerId: uuid(),
    leasedUntil: moment(),
    fence: bigint({ mode: 'number' }).notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    unique('metering_exports_name_once').on(t.shard, t.tenantId, t.name),
    index('metering_exports_due').on(t.nextRunAt).where(sql`enabled`),
  ],
);

/** How much a tenant may use in a day or a month, and how it stands. */
export const meteringQuotas = pgTable(
  'metering_quotas',
  {
    ...tenantOwned,
    kind: text().notNull().$type<'WebhookEgress' | 'WebhookIngress'>(),
    period: text().notNull().$type<'day' | 'month'>(),
    warnAt: bigint({ mode: 'number' }),
    blockAt: bigint({ mode: 'number' }),
    /** Measured by the rollups; as of the period that starts then. */
    used: bigint({ mode: 'number' }).notNull().default(0),
    state: text().notNull().default('ok').$type<'ok' | 'warned' | 'blocked'>(),
    periodStart: moment(),
    updatedBy: text().notNull(),
    updatedAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.shard, t.tenantId, t.kind, t.period] })],
);
