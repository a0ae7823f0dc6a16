// Writes to the queue what the worker is about to do and what came of it, many at a time. What has been sent must be
// recorded, so a failing database is asked again until it answers.
import type { Database } from '../db/client.ts';
import { onShards, tenantsOf } from '../db/on-shards.ts';
import { createShardBatch } from '../db/shard-batch.ts';
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
const ONE_AFTER_THE_OTHER = { concurrency: 1, spareConcurrency: 1 };

export function createRecorder({ db, workerId, signal, onError }: RecorderOptions): Recorder {
  const starts = createShardBatch<Start, boolean>(db, {
    maxItems: BATCH_MAX,
    ...ONE_AFTER_THE_OTHER,
    shardOf: db.shardOf,
    async run(members) {
      const calls = await db.serverCalls();
      const statements = [...Map.groupBy(members, db.shardOf)].map(([shard, of]) =>
        calls.onShard(shard, (sql) => startAttempts(sql, shard, workerId(), of)),
      );
      const [only, ...others] = statements;
      const answers =
        only && others.length === 0
          ? [await db.alone<Started[]>(tenantsOf(members), only)]
          : await db.together<Started[]>(tenantsOf(members), statements);
      const started = new Set(answers.flatMap((rows) => rows.map(({ attemptId }) => attemptId)));
      return members.map(({ attemptId }) => started.has(attemptId));
    },
  });
  const records = createShardBatch<OutcomeRecord, boolean>(db, {
    maxItems: BATCH_MAX,
    ...ONE_AFTER_THE_OTHER,
    shardOf: db.shardOf,
    async run(members) {
      const distributed = await db.isDistributed();
      const rows = await onShards(db, members, (sql, shard, of) =>
        recordOutcomes(sql, shard, of, distributed),
      ).catch((error) => {
        // Only the answer may have been lost: the next try must not write down twice what is there.
        for (const member of members) member.again = true;
        throw error;
      });
      const held = new Set(rows.map(({ id }) => id));
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
