// Writes to the queue what the worker is about to do and what came of it, many at a time. What has been sent must be
// recorded, so a failing database is asked again until it answers.
import { createBatch } from '../db/batch.ts';
import type { Database, ReservedSql } from '../db/client.ts';
import { asTheyAre } from '../db/server-calls.ts';
import { type OutcomeRecord, recordOutcomes } from '../db/statements/record-outcomes.ts';
import { type Start, startAttempts } from '../db/statements/start-attempts.ts';
import { untilAnswered } from './until-answered.ts';

export interface Recorder {
  /** Resolves after the commit. False: the claim is lost, nothing may be sent. */
  start(start: Start): Promise<boolean>;
  /** Resolves after the commit. False: the claim is lost; the attempt is metered, but moved nothing. */
  record(record: OutcomeRecord): Promise<boolean>;
  /** Outcomes not recorded yet. */
  readonly unrecorded: number;
}

export interface RecorderOptions {
  db: Database;
  /** Changes when this worker was declared dead and came back. */
  workerId(): string;
  /** Given up when this aborts: the process is told to end at once. */
  signal: AbortSignal;
  onError(error: unknown): void;
}

type Started = { attemptId: string };

const BATCH_MAX = 128;
/** Larger batches cost less than two at a time gain; but nobody's outcomes wait for those of a tenant that is being moved. */
const ONE_AFTER_THE_OTHER = { lanes: 1, spareLanes: 1 };

const tenantsOf = (members: readonly { tenantId: string }[]): string[] => [
  ...new Set(members.map(({ tenantId }) => tenantId)),
];

export function createRecorder({ db, workerId, signal, onError }: RecorderOptions): Recorder {
  const starts = createBatch<Start, boolean>({
    maxItems: BATCH_MAX,
    ...ONE_AFTER_THE_OTHER,
    async run(members) {
      const statements = [...Map.groupBy(members, db.shardOf)].map(([shard, of]) => ({
        tenantIds: tenantsOf(of),
        start: (sql: ReservedSql) => startAttempts(sql, shard, workerId(), of),
      }));
      // One commit for all, but on Citus, where it would be on several servers.
      const together = statements.length > 1 && !(await db.isDistributed());
      const answers = together
        ? await db.together<Started[]>(
            tenantsOf(members),
            statements.map(({ start }) => start),
          )
        : await Promise.all(statements.map(({ tenantIds, start }) => db.alone<Started[]>(tenantIds, start)));
      const started = new Set(answers.flatMap((rows) => rows.map(({ attemptId }) => attemptId)));
      return members.map(({ attemptId }) => started.has(attemptId));
    },
  });
  const records = createBatch<OutcomeRecord, boolean>({
    maxItems: BATCH_MAX,
    ...ONE_AFTER_THE_OTHER,
    async run(members) {
      const byShard = Map.groupBy(members, db.shardOf);
      const distributed = await db.isDistributed();
      const calls = byShard.size === 1 ? await db.serverCalls() : asTheyAre;
      const answers = await db
        .together<{ id: string }[]>(
          tenantsOf(members),
          [...byShard].map(([shard, of]) =>
            calls(shard, (sql) => recordOutcomes(sql, shard, of, distributed)),
          ),
        )
        .catch((error) => {
          // Only the answer may have been lost: the next try must not write down twice what is there.
          for (const member of members) member.again = true;
          throw error;
        });
      const held = new Set(answers.flatMap((rows) => rows.map(({ id }) => id)));
      return members.map(({ transitionId }) => held.has(transitionId));
    },
  });

  return {
    start: (start) => untilAnswered(() => starts.add(start), { signal, onError }),
    record: (record) => untilAnswered(() => records.add(record), { signal, onError }),
    get unrecorded() {
      return records.size;
    },
  };
}
