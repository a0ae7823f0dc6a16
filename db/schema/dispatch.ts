// What workers do: the queue of transitions, the runs of their actions, the metering of their attempts.
import { sql } from 'drizzle-orm';
import {
  bigint,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, moment, tenantOwned } from './columns.ts';

/** One narrow row per transition with queued actions: inserted, claimed, deleted. */
export const dispatchQueue = pgTable(
  'dispatch_queue',
  {
    ...tenantOwned,
    /** The transition. */
    id: uuid().notNull(),
    jobId: uuid().notNull(),
    workflowVersionId: uuid().notNull(),
    /** Connection of the next action: with the tenant, the lane a claim takes from or passes over. */
    connectionId: uuid().notNull(),
    /** When it may be claimed; `infinity` while an UNKNOWN outcome waits for a person. */
    runAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    nextOrdinal: smallint().notNull().default(0),
    /** Grows with every claim; whoever holds an older one moves nothing. */
    fence: bigint({ mode: 'number' }).notNull().default(0),
    workerId: uuid(),
    /** Set, and committed, before the bytes of an attempt leave; cleared by its record. */
    attemptId: uuid(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    index('dispatch_queue_ready')
      .on(t.shard, t.tenantId, t.connectionId, t.runAt, t.id)
      .where(sql`worker_id is null and run_at < 'infinity'`),
  ],
);

/**
 * One row per queued action. No index holds a column that changes, but for what failed. Partitioned by `transition_id`, which begins with the time:
 * a list is in one partition, and `action_runs_in_order` holds for the whole table. Each partition has the primary key, and
 * `action_runs_failed` (db/failed-runs-index.ts).
 */
export const actionRuns = pgTable(
  'action_runs',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    jobId: uuid().notNull(),
    transitionId: uuid().notNull(),
    ordinal: smallint().notNull(),
    workflowVersionId: uuid().notNull(),
    /** Where the action stands in the definition (JSON pointer). */
    pointer: text().notNull(),
    actionType: text().notNull().$type<'WEBHOOK' | 'INTEGRATION'>(),
    name: text(),
    connectionId: uuid().notNull(),
    invokeId: text(),
    /** Set for a delivery: the message it sends. Its pointer is empty then, as it stands in no definition. */
    messageId: uuid(),
    status: text()
      .notNull()
      .default('QUEUED')
      .$type<'QUEUED' | 'RETRYING' | 'SUCCEEDED' | 'FAILED' | 'SKIPPED' | 'UNKNOWN'>(),
    attempts: integer().notNull().default(0),
    /** The values its templates and `when` read, as the transition committed them. */
    scope: jsonb().notNull(),
    /** The request last sent, credentials never. */
    request: jsonb(),
    /** The answer last received, as workflows read it: whole up to 240 KiB, else the first 16 KiB; credential values scrubbed. */
    response: jsonb(),
    error: jsonb(),
    createdAt: createdAt(),
    finishedAt: moment(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    uniqueIndex('action_runs_in_order').on(t.shard, t.tenantId, t.jobId, t.transitionId, t.ordinal),
    // What guards and templates ask of an action is its latest run, however many a job has had.
    index('action_runs_by_name')
      .on(t.shard, t.tenantId, t.jobId, t.name, t.transitionId, t.ordinal)
      .where(sql`name is not null`),
  ],
);

/** Append-only metering: one row per fired attempt (`WebhookEgress`), one per inbound event accepted (`WebhookIngress`). */
export const utilityLedger = pgTable(
  'utility_ledger',
  {
    ...tenantOwned,
    /** The attempt, or the inbound event. */
    attemptId: uuid().notNull(),
    at: createdAt(),
    kind: text().notNull(),
    quantity: integer().notNull(),
    outcome: text().notNull().$type<'succeeded' | 'failed' | 'unknown'>(),
    /** Of the connection; for an inbound event the kind of its source. */
    provider: text().notNull(),
    /** Null, like the next four, for an inbound event. */
    connectionId: uuid(),
    workflowId: uuid(),
    jobId: uuid(),
    actionRunId: uuid(),
    attempt: integer(),
    /** Null for an attempt. */
    sourceId: uuid(),
    statusCode: smallint(),
    requestBytes: bigint({ mode: 'number' }).notNull(),
    responseBytes: bigint({ mode: 'number' }).notNull(),
    durationMs: integer(),
    /**
     * The transaction that wrote it. Commits come in another order than times, so "everything there was when I last looked"
     * is said by this: once no transaction before it runs, no row before it can appear any more.
     */
    tx: bigint({ mode: 'number' }).notNull().default(sql`pg_current_xact_id()::text::bigint`),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.attemptId] }),
    // One index for both, which an insert hardly notices: rows come nearly in the order of either.
    index('utility_ledger_by_time')
      .using('brin', t.at, t.tx)
      .with({ pages_per_range: 32, autosummarize: true }),
  ],
);

/** One heartbeat row per worker process. */
export const workers = pgTable('workers', {
  id: uuid().primaryKey(),
  name: text().notNull(),
  version: text().notNull(),
  /** Those it serves: workers of a shard share what its connections may have at once. Empty once it is stopping. */
  shards: smallint().array().notNull().default(sql`'{}'`),
  startedAt: createdAt(),
  heartbeatAt: createdAt(),
  /** Set by the reaper; whoever is named here claims nothing. */
  deadAt: moment(),
});

/** What is done once in a while by one process for all: who has it, and when it was last done. */
export const housekeeping = pgTable('housekeeping', {
  work: text().primaryKey().$type<'retention' | 'log_retention'>(),
  holder: uuid(),
  leasedUntil: moment(),
  fence: bigint({ mode: 'number' }).notNull().default(0),
  doneAt: moment(),
});

/** What each encryption key is known by, so that starting with another key of that name fails at boot. */
export const encryptionKeys = pgTable('encryption_keys', {
  keyId: text().primaryKey(),
  fingerprint: text().notNull(),
  createdAt: createdAt(),
});

/** Replacements of data keys: whoever finds one that was not finished goes on with it. */
export const dataKeyRotations = pgTable('data_key_rotations', {
  id: uuid().primaryKey(),
  /** `everything`, or the tenant whose key it is. */
  scope: text().notNull(),
  /** Keys made before this are replaced. */
  startedAt: createdAt(),
  finishedAt: moment(),
});
