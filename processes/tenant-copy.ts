// How a tenant's rows get to another shard: what was there is copied while it works, what came since in rounds that get
// shorter, and the rest in one transaction during which the tenant stands still.
import { ENTRIES_AT_ONCE, sealing } from '../audit/seal-log.ts';
import type { Database, PendingQuery, ReservedSql, Row } from '../db/client.ts';
import type { TableName } from '../db/layout.ts';
import { type History, type MovedTable, WHOLE } from '../db/moved-tables.ts';
import { newId } from '../db/new-id.ts';
import { appendLog } from '../db/statements/append-log.ts';
import { inOrder } from '../db/statements/in-order.ts';
import * as history from '../db/statements/move-history.ts';
import * as rows from '../db/statements/move-rows.ts';
import { oldestTransaction } from '../db/statements/oldest-transaction.ts';
import { BEFORE_EVERYTHING, sealShard } from '../db/statements/seals.ts';
import { saveProgress, switchTenant } from '../db/statements/tenant-moves.ts';
import { holdTenant } from '../db/statements/whereabouts.ts';

/** Stored with the move after each step, so that whoever goes on with it begins where that was. */
export interface Progress {
  /** What was there then is copied first; null: nothing has begun. */
  first: rows.Mark | null;
  /** What came before this is copied, as far as the first pass is over. */
  mark: rows.Mark | null;
  /** How far the first pass is in each table: the key of a row, or `true` where it is over. */
  tables: Partial<Record<History, readonly string[] | true>>;
  /** How far the log is copied. */
  log: string;
  seals: readonly string[] | null;
}

export const NOTHING_YET: Progress = {
  first: null,
  mark: null,
  tables: {},
  log: BEFORE_EVERYTHING,
  seals: null,
};

export interface CopyOptions {
  /** As role `pawl_mover`. */
  db: Database;
  way: rows.Way;
  move: { id: string; holder: string };
  tables: ReadonlyMap<TableName, MovedTable>;
  progress: Progress;
}

/** Somebody else carries the move out by now. */
export class TakenOver extends Error {}
/** The tenant would have stood still for longer than it may: nothing was moved, and it works on. */
export class TooLong extends Error {}

const ROWS_AT_ONCE = 5_000;
export const LEASE_MS = 60_000;
/** The rollups, and the sealers of both shards. */
const OTHERS_END_WITHIN_MS = 20_000;
const NO_LOCK = '55P03';
const CANCELLED = '57014';

/** In this order; the log and its seals are copied by rounds from the beginning. */
const FIRST_PASS = [
  'utility_ledger',
  'usage_rollups',
  'closed_periods',
  'jobs',
  'action_runs',
  'deliveries',
  'idempotency_keys',
  'inbound_events',
] as const satisfies readonly History[];

export function createTenantCopy({ db, way, move, tables, progress }: CopyOptions) {
  const table = (name: TableName): MovedTable => tables.get(name) as MovedTable;

  /** What was not committed was not done. */
  async function committed<T>(work: (sql: ReservedSql) => Promise<T>): Promise<T> {
    const before = structuredClone(progress);
    try {
      return await db.forTenants([], work);
    } catch (error) {
      Object.assign(progress, before);
      throw error;
    }
  }

  /** What `work` changes is committed with how far the move is by then. */
  async function step<T>(work: (sql: ReservedSql) => Promise<T>): Promise<T> {
    return committed(async (sql) => {
      await inOrder(sql);
      const result = await work(sql);
      const [held] = await saveProgress(sql, { ...move, progress, leaseMs: LEASE_MS });
      if (!held) throw new TakenOver('another process carries out this move');
      return result;
    });
  }

  /** Copies what is there, a page a transaction. */
  async function firstPass(signal?: AbortSignal): Promise<void> {
    if (progress.first === null) {
      await step(async (sql) => {
        progress.first = await rows.readMark(sql);
        progress.mark = progress.first;
      });
    }
    const { first } = progress;
    for (const name of FIRST_PASS) {
      for (let at = progress.tables[name] ?? null; at !== true; ) {
        signal?.throwIfAborted();
        const after = at;
        at = await step(async (sql) => {
          const where = history.whatStays(sql, name, first as rows.Mark);
          const last = await rows.copyPage(sql, table(name), way, { after, where, limit: ROWS_AT_ONCE });
          progress.tables[name] = last ?? true;
          return last ?? true;
        });
      }
    }
  }

  /** Copies what came since the last round. */
  async function round(): Promise<void> {
    const known = await oldestTransaction(db);
    for (const shard of [way.from, way.to]) {
      for await (const _ of sealing(db, shard, known));
    }
    await step(async (sql) => {
      const since = progress.mark as rows.Mark;
      const mark = await rows.readMark(sql);
      await history.copyChanges(sql, tables, way, { since, until: mark });
      progress.mark = mark;
    });
    for (let more = true; more; ) {
      more = await step(async (sql) => {
        const upTo = await sealedOnBoth(sql);
        const page = { after: progress.log, upTo, limit: ROWS_AT_ONCE };
        const last = await rows.copySealedLog(sql, table('event_log'), way, page);
        progress.log = last ?? progress.log;
        return last !== null;
      });
    }
    for (let more = true; more; ) more = await step(copySeals);
  }

  async function copySeals(sql: ReservedSql): Promise<boolean> {
    const page = { after: progress.seals, where: history.everything(sql), limit: ROWS_AT_ONCE / 50 };
    const last = await rows.copyPage(sql, table('event_log_seals'), way, page);
    progress.seals = last ?? progress.seals;
    return last !== null;
  }

  async function sealedOnBoth(sql: ReservedSql): Promise<string> {
    const sealed = (await rows.lockSealers(sql, [way.from, way.to])).map(({ sealedTo }) => BigInt(sealedTo));
    return String(sealed.reduce((least, one) => (one < least ? one : least)));
  }

  /**
   * The one moment in which the tenant stands still.
   * @returns milliseconds from when nobody else could write for it until just before the commit
   * @throws TooLong, TakenOver
   */
  async function switchOver(longestMs: number): Promise<number> {
    const began = { at: 0 };
    const known = await oldestTransaction(db);
    try {
      return await committed(async (sql) => {
        // None of these waits holds the tenant up.
        await rows.limitWaits(sql, { lockMs: OTHERS_END_WITHIN_MS, statementMs: OTHERS_END_WITHIN_MS });
        await rows.lockRollups(sql);
        const sealed = new Map(
          (await rows.lockSealers(sql, [way.from, way.to])).map(({ shard, sealedTo }) => [shard, sealedTo]),
        );
        const sealedTo = sealed.get(way.from) as string;
        await sealUntil(sql, { sealedTo: sealed.get(way.to) as string, wanted: sealedTo, known });
        await rows.limitWaits(sql, { lockMs: longestMs, statementMs: longestMs });
        began.at = performance.now();
        await holdTenant(sql, way.tenantId, 'exclude');
        const inTime = () => {
          const stoodMs = Math.ceil(performance.now() - began.at);
          if (stoodMs > longestMs) throw new TooLong(`it stood still for ${stoodMs} ms in vain`);
          return stoodMs;
        };
        await moveRest(sql, sealedTo, inTime);
        await sayIt(sql);
        const pauseMs = inTime();
        const { tenantId, to } = way;
        if (!(await switchTenant(sql, { ...move, tenantId, toShard: to, pauseMs })))
          throw new TakenOver('another process carries out this move');
        return pauseMs;
      });
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === NO_LOCK || code === CANCELLED) {
        const stoodMs = began.at === 0 ? 0 : Math.ceil(performance.now() - began.at);
        throw new TooLong(`it stood still for ${stoodMs} ms in vain`, { cause: error });
      }
      throw error;
    }
  }

  /** What is sealed where the tenant was must not be sealed again where it comes to. */
  async function sealUntil(
    sql: ReservedSql,
    { sealedTo, wanted, known }: { sealedTo: string; wanted: string; known: string | null },
  ): Promise<void> {
    for (let at = sealedTo; BigInt(at) < BigInt(wanted); ) {
      await sealShard(sql, way.to, { sealedTo: at, limit: ENTRIES_AT_ONCE, known });
      at = (await rows.lockSealers(sql, [way.to]))[0]?.sealedTo as string;
    }
  }

  async function moveRest(sql: ReservedSql, sealedTo: string, inTime: () => void): Promise<void> {
    const { first, mark } = progress as { first: rows.Mark; mark: rows.Mark };
    await together(WHOLE, inTime, (name) => rows.lockRows(sql, table(name), way).execute());
    await history.copyChanges(sql, tables, way, { since: mark, until: null });
    inTime();
    await history.moveOpenUsage(sql, tables, way, first);
    inTime();
    while (await copySeals(sql));
    const page = { after: progress.log, upTo: sealedTo, limit: 2 ** 31 - 1 };
    await rows.copySealedLog(sql, table('event_log'), way, page);
    await rows.moveUnsealedLog(sql, table('event_log'), way, sealedTo);
    inTime();
    await moveWhole(sql, inTime);
  }

  async function moveWhole(sql: ReservedSql, inTime: () => void): Promise<void> {
    const there = { tenantId: way.tenantId, shard: way.from };
    // Those that others have foreign keys to are copied before these others, and deleted after them.
    const copied = await together(WHOLE, inTime, (name) => rows.copyWhole(sql, table(name), way));
    const deleted = await together(WHOLE.toReversed(), inTime, (name) =>
      rows.deleteRows(sql, table(name), there, history.everything(sql)),
    );
    for (const [i, name] of WHOLE.entries()) {
      const gone = deleted.at(-1 - i);
      if (gone !== copied[i])
        throw new Error(`${copied[i]} rows of ${name} were copied, and ${gone} deleted`);
    }
  }

  const sayIt = (sql: ReservedSql): PendingQuery<Row[]> =>
    appendLog(sql, way.to, {
      tenantId: way.tenantId,
      subjectId: way.tenantId,
      id: newId(),
      kind: 'tenant.moved',
      actor: 'operator',
      data: { move_id: move.id, from_shard: way.from, to_shard: way.to },
    });

  return { firstPass, round, switchOver };
}

/** Statements that leave without waiting for each other. */
const TOGETHER = 8;

/** Runs a statement for each, in this order, a few in a round trip, and looks at the time after each few. */
async function together<T>(
  names: readonly TableName[],
  inTime: () => void,
  run: (name: TableName) => PromiseLike<T>,
): Promise<T[]> {
  const answers: T[] = [];
  for (let i = 0; i < names.length; i += TOGETHER) {
    answers.push(...(await Promise.all(names.slice(i, i + TOGETHER).map(run))));
    inTime();
  }
  return answers;
}
