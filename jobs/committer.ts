// Commits units of work. Units of one job share statements with whoever else commits at that moment;
// units of several jobs have a transaction of their own, because they move together or not at all.
import type { Batch } from '../db/batch.ts';
import { type Database, nothingWasWritten, type ReservedSql, type Row } from '../db/client.ts';
import { createShardBatch } from '../db/shard-batch.ts';
import { commitTransitions } from '../db/statements/commit-transitions.ts';
import { lockMarked } from '../db/statements/inbound-marks.ts';
import type { JobChange } from '../db/statements/job-change.ts';
import type { Tenant } from '../db/tenants.ts';

export interface Unit {
  tenant: Tenant;
  /** At least one; no job twice. */
  changes: readonly JobChange[];
}

export interface Committer {
  /** @returns false when a job of the unit had moved meanwhile: nothing of the unit is written. */
  commit(unit: Unit): Promise<boolean>;
  readonly size: number;
}

/** Told of every commit; for whoever counts. */
export interface CommitMeters {
  /** `moved` of the `units` that shared a statement were committed; the others had lost their race. */
  committed(commit: { units: number; moved: number; transitions: number; seconds: number }): void;
  commitFailed(): void;
}

export interface CommitterOptions {
  db: Database;
  /** Called after a commit that queued actions, with their shards. */
  onQueued(shards: ReadonlySet<number>): void;
  concurrency: number;
  meters?: CommitMeters | undefined;
}

/** A statement's cost grows with its rows, its round trip does not; past this a batch only adds latency. */
const BATCH_MAX = 128;
const POSTGRES_DEADLOCK = '40P01';

export function createCommitter({ db, onQueued, concurrency, meters }: CommitterOptions): Committer {
  const single: Batch<Unit, boolean> = createShardBatch(db, {
    shardOf: ({ tenant }) => tenant.shard,
    run: (units) => metered(units, () => commitSingles(units)),
    // An event committed by a statement whose answer was lost must not be sent again on top of itself.
    mayRunAgain: nothingWasWritten,
    maxItems: BATCH_MAX,
    concurrency: 1,
    spareConcurrency: concurrency - 1,
    // A small batch costs little more for twice the rows: half as many batches leave more of the machine to everybody else.
    pauses: true,
  });

  async function commitSingles(units: readonly Unit[]): Promise<boolean[]> {
    const byShard = Map.groupBy(units, (unit) => unit.tenant.shard);
    const [distributed, calls] = await Promise.all([db.isDistributed(), db.serverCalls()]);
    const answers = await db.together<(Row & { id: string })[]>(
      [...new Set(units.map((unit) => unit.tenant.id))],
      [...byShard].flatMap(([shard, members]) => {
        const changes = members.flatMap((unit) => unit.changes);
        const marks = distributed ? marksOf(changes) : [];
        const commit = (sql: ReservedSql) => commitTransitions(sql, shard, changes, distributed);
        return marks.length === 0
          ? [calls.onShard(shard, commit)]
          : [(sql: ReservedSql) => lockMarked(sql, shard, marks), calls.onShard(shard, commit)];
      }),
    );
    // The ids of events that were locked are among them, and are those of no job.
    const moved = new Set(answers.flatMap((rows) => rows.map(({ id }) => id)));
    const committed = units.map((unit) => moved.has(unit.changes[0]?.jobId as string));
    announce(units.filter((_, i) => committed[i]));
    return committed;
  }

  async function commitTogether(unit: Unit): Promise<boolean> {
    // Before the transaction: asking takes a connection, and every connection may be in a transaction that waits to ask.
    const [distributed, calls] = await Promise.all([db.isDistributed(), db.serverCalls()]);
    const moved = await db
      .forTenants([unit.tenant.id], async (sql) => {
        const { shard } = unit.tenant;
        const marks = distributed ? marksOf(unit.changes) : [];
        if (marks.length > 0) await lockMarked(sql, shard, marks);
        const commit = (tag: ReservedSql) => commitTransitions(tag, shard, unit.changes, distributed);
        const rows = await calls.onShard(shard, commit)(sql);
        if (rows.length !== unit.changes.length) throw LOST;
        return true;
      })
      .catch((error) => {
        if (error === LOST) return false;
        throw error;
      });
    if (moved) announce([unit]);
    return moved;
  }

  async function metered<T extends boolean | boolean[]>(
    units: readonly Unit[],
    commit: () => Promise<T>,
  ): Promise<T> {
    if (!meters) return commit();
    const began = performance.now();
    try {
      const answer = await commit();
      const moved = units.filter((_, i) => (typeof answer === 'boolean' ? answer : answer[i]));
      const seconds = (performance.now() - began) / 1_000;
      meters.committed({
        units: units.length,
        moved: moved.length,
        transitions: transitionsOf(moved),
        seconds,
      });
      return answer;
    } catch (error) {
      meters.commitFailed();
      throw error;
    }
  }

  function announce(units: readonly Unit[]): void {
    const shards = new Set<number>();
    for (const { tenant, changes } of units) {
      if (changes.some(({ queued, deliveries }) => queued.length + deliveries.length > 0))
        shards.add(tenant.shard);
    }
    if (shards.size > 0) onQueued(shards);
  }

  return {
    async commit(unit) {
      try {
        return await (unit.changes.length === 1
          ? single.add(unit)
          : metered([unit], () => commitTogether(unit)));
      } catch (error) {
        // Two units locked the same jobs in opposite order: one of them begins again, as if it had lost its race.
        if ((error as { code?: string }).code === POSTGRES_DEADLOCK) return false;
        throw error;
      }
    },
    get size() {
      return single.size;
    },
  };
}

function transitionsOf(units: readonly Unit[]): number {
  let count = 0;
  for (const { changes } of units) {
    for (const { log } of changes) for (const { kind } of log) if (kind === 'transition') count++;
  }
  return count;
}

const LOST = Symbol('a job of the unit had moved');

const marksOf = (changes: readonly JobChange[]) =>
  changes.flatMap(({ inbound }) => (inbound === null ? [] : [inbound]));
