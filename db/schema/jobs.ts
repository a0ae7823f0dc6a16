// Running state machines, their timers, and the log of everything that happened.
import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, moment, tenantOwned } from './columns.ts';

/**
 * No index holds a column that a transition changes, so an update stays in its page (heap-only tuple); but for the last
 * transition, which changes the status and leaves `jobs_not_done` or moves in it.
 */
export const jobs = pgTable(
  'jobs',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    workflowId: uuid().notNull(),
    workflowVersionId: uuid().notNull(),
    key: text(),
    parentJobId: uuid(),
    status: text().notNull().$type<'ACTIVE' | 'DONE' | 'ERROR' | 'CANCELLED'>(),
    currentState: text().notNull(),
    /** What `machine.getPersistedSnapshot` gave; holds the context. */
    snapshot: jsonb().notNull(),
    /** Number of transitions committed, the start included: the first is 1. */
    revision: integer().notNull(),
    createdAt: createdAt(),
    updatedAt: createdAt(),
    finishedAt: moment(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    index('jobs_by_workflow').on(t.shard, t.tenantId, t.workflowId, t.id),
    index('jobs_by_key').on(t.shard, t.tenantId, t.key).where(sql`key is not null`),
    index('jobs_by_parent')
      .on(t.shard, t.tenantId, t.parentJobId, t.id)
      .where(sql`parent_job_id is not null`),
    // Those that people look for among millions that are done.
    index('jobs_not_done').on(t.shard, t.tenantId, t.status, t.id).where(sql`status <> 'DONE'`),
  ],
);

/**
 * The keys of live jobs: one live job per workflow and key. A table of its own, because a partial unique index
 * on `jobs` would hold a column that the last transition changes.
 */
export const jobKeys = pgTable(
  'job_keys',
  { ...tenantOwned, workflowId: uuid().notNull(), key: text().notNull(), jobId: uuid().notNull() },
  (t) => [primaryKey({ columns: [t.shard, t.tenantId, t.workflowId, t.key] })],
);

/**
 * Events that are due to a job later: `after` timers, and outcomes an `invoke` waits for (due at once).
 * `entry` is the transition that set it, so a timer of a state left and entered again is another timer.
 */
export const timers = pgTable(
  'timers',
  {
    ...tenantOwned,
    jobId: uuid().notNull(),
    id: uuid().notNull(),
    /** XState's id of the delayed event, by which leaving the state cancels it; null for outcomes. */
    sendId: text(),
    /** 0 for outcomes: they belong to the run they name. */
    entry: integer().notNull(),
    event: jsonb().notNull(),
    dueAt: moment().notNull(),
    leasedUntil: moment(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.jobId, t.id] }),
    // All of them: the condition keeps the index from those that look for timers of a job.
    index('timers_due').on(t.shard, t.dueAt).where(sql`due_at < 'infinity'`),
  ],
);

/**
 * Append-only. Partitioned by `at` (see migrations); `at` is in the key because a partitioned table demands it.
 * The id of a `transition` entry is the id of the transition.
 */
export const eventLog = pgTable(
  'event_log',
  {
    ...tenantOwned,
    /** What it happened to: a job, a connection, a workflow, a key. */
    subjectId: uuid().notNull(),
    id: uuid().notNull(),
    at: createdAt(),
    kind: text().notNull(),
    /** The job's revision after it, for `transition` entries. */
    seq: integer(),
    /** Who did it: `key:<id>`, `user:<sub>`, `timer`, `worker`, `job:<id>`, `operator`. */
    actor: text().notNull(),
    data: jsonb().notNull(),
    /**
     * The transaction that wrote it: what is below the oldest one still running can be sealed, as nothing comes before it
     * any more. The migration makes `pawl_log_position(pg_current_xact_id())` its default, which drizzle cannot say.
     */
    position: bigint({ mode: 'bigint' }).notNull().default(sql`0`),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.subjectId, t.id, t.at] }),
    index('event_log_by_position').on(t.shard, t.position),
    // What people do has a kind with a point. It is looked for among millions of transitions and attempts, which have none.
    index('event_log_of_settings').on(t.shard, t.tenantId, t.position, t.id).where(sql`kind like '%.%'`),
  ],
);
