// Connections to Postgres by role. Everything that touches a tenant's rows goes through `forTenants` or `once`,
// which name the tenants inside the transaction: row level security does the rest.
import postgres, { type PendingQuery, type ReservedSql, type Row, type Sql } from 'postgres';
import { UUID } from '../engine/uuid.ts';
import { createBatch } from './batch.ts';
import { isDistributed } from './is-distributed.ts';
import { createLines, type Line, type PoolCounts } from './lines.ts';
import { onlyOnShards, StaleShard } from './only-on-shards.ts';
import { asTheyAre, readServerCalls, type ServerCalls } from './server-calls.ts';
import { holdTenant, readWhereabouts } from './statements/whereabouts.ts';
import { createWhereabouts, type Tenant } from './whereabouts.ts';

export type Role = 'pawl_api' | 'pawl_worker' | 'pawl_operator' | 'pawl_sealer' | 'pawl_mover';
export type { PendingQuery, ReservedSql, Row, Sql };

export interface Database {
  /**
   * Runs `run` in one transaction that may see the rows of `tenantIds` only. Throwing rolls back.
   * Opening costs no round trip of its own: it leaves together with the first statement.
   */
  forTenants<T>(tenantIds: readonly string[], run: (sql: ReservedSql) => Promise<T>): Promise<T>;
  /** As `forTenants` for statements that need nothing of each other: all in one round trip. */
  once<T extends readonly Row[]>(
    tenantIds: readonly string[],
    statement: (sql: ReservedSql) => PendingQuery<T[number][]>,
  ): Promise<T>;
  /** All `statements` in one transaction and one round trip. */
  together<T extends readonly Row[]>(
    tenantIds: readonly string[],
    statements: readonly ((sql: ReservedSql) => PendingQuery<T[number][]>)[],
  ): Promise<T[]>;
  /**
   * For a statement whose tables let the role see all of them: without a transaction of its own, unless one of the tenants
   * is being moved.
   */
  alone<T extends readonly Row[]>(
    tenantIds: readonly string[],
    statement: (sql: ReservedSql) => PendingQuery<T[number][]>,
  ): Promise<T>;
  /**
   * For a statement that asks all shards, of tables that let the role see all of them: see `ServerCalls.onEveryShard` for what
   * it may say.
   */
  everyShard<T extends readonly Row[]>(
    statement: (sql: ReservedSql) => PendingQuery<T[number][]>,
  ): Promise<T>;
  /**
   * A look-up of one tenant's rows by an index. Look-ups of the same moment, of whichever tenants, share a transaction and a
   * round trip.
   */
  read<T extends readonly Row[]>(
    tenantId: string,
    statement: (sql: ReservedSql) => PendingQuery<T[number][]>,
  ): Promise<T>;
  /** As remembered; null when there is no such tenant. The same object for as long as it is remembered. */
  tenant(tenantId: string): Promise<Tenant | null>;
  /** Where the tenant of `of` is, as far as this process knows; `of.shard` where it does not. */
  shardOf(of: { tenantId: string; shard: number }): number;
  /** What is remembered of a tenant (null: of all) is read again before it is used. */
  doubt(tenantId: string | null): void;
  /** For tables that belong to no tenant, and those whose policy lets the role see all of it. */
  readonly sql: Sql;
  /** How its connections are used at this moment. */
  pool(): PoolCounts;
  /** Whether the tables are laid out over the servers of Citus; asked once. */
  isDistributed(): Promise<boolean>;
  /** Asked once, and not within a transaction. */
  serverCalls(): Promise<ServerCalls>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  role: Role;
  /** Connections held at most. */
  poolMax: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** How long what was read of a tenant is believed; whoever moves tenants waits for longer than that. */
  believedForMs?: number;
}

interface Read {
  tenantId: string;
  statement: (sql: ReservedSql) => PendingQuery<Row[]>;
}

const READS_AT_ONCE = { maxItems: 64, concurrency: 2 };

/** Nothing here takes half a minute; db/statements/workers.ts relies on it, and processes/move-tenant.ts. */
export const LONGEST_STATEMENT_MS = 30_000;

/** No transaction of ours is idle for as long as this: its client has gone, and others wait for its locks. */
const LONGEST_SILENCE_MS = 10_000;

/**
 * For the statements of the API and the workers: few, each right for one plan, that of its indexes. The tables empty and
 * fill faster than statistics follow, and a plan made for an empty table would be kept while it fills.
 */
const BY_INDEX = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  statement_timeout: LONGEST_STATEMENT_MS,
  // Also where something in between, a load balancer or a proxy, keeps the connection of a client that is gone.
  idle_in_transaction_session_timeout: LONGEST_SILENCE_MS,
} as const;

/**
 * In seconds, but for the last. A client that is cut off in the middle of a message holds its locks until the server notices,
 * and no other timeout counts then: nobody could free the lists of a dead worker.
 */
const NOTICED_WHEN_GONE = {
  tcp_keepalives_idle: 3,
  tcp_keepalives_interval: 1,
  tcp_keepalives_count: 3,
  tcp_user_timeout: 6_000,
} as const;

/** One plan for all parameters; on Citus that plan would not know which server it is for. */
const generalPlans = (sql: Sql) => sql`
  select set_config('plan_cache_mode', 'force_generic_plan', false) where to_regclass('pg_dist_partition') is null`;

/** For the operator's reports, exports and moves the planner knows best, and they take what they take. */
const BY_STATISTICS = {} as const;

export function connect(options: DatabaseOptions): Database {
  const { url, role, poolMax, applicationName, believedForMs } = options;
  const whereabouts = createWhereabouts(believedForMs);
  const byStatistics = role === 'pawl_operator' || role === 'pawl_mover';
  const settings = byStatistics ? BY_STATISTICS : BY_INDEX;
  const lines = createLines(url, poolMax, byStatistics ? null : generalPlans, {
    transform: { column: { from: postgres.toCamel } },
    onnotice: () => {},
    connection: {
      role,
      application_name: applicationName,
      ...NOTICED_WHEN_GONE,
      ...settings,
    },
    // Seconds. A backend that is gone is noticed here, not after the kernel's two hours.
    keep_alive: 20,
    connect_timeout: 10,
  });

  /** Whether a transaction is opened by two messages; true once it is known that the tables are distributed. */
  let apart = false;
  const whetherDistributed = remembered(async () => {
    apart = await isDistributed(lines.sql);
    return apart;
  });

  const forTenants = <T>(tenantIds: readonly string[], run: (sql: ReservedSql) => Promise<T>): Promise<T> =>
    inTransaction(tenantIds, async (sql) => run(isSure(tenantIds) ? sql : await lookedUp(sql, tenantIds)));

  async function inTransaction<T>(
    tenantIds: readonly string[],
    run: (sql: ReservedSql) => Promise<T>,
  ): Promise<T> {
    const line = await lines.take();
    const opened = open(line, tenantIds, apart);
    try {
      const result = await run(line.sql);
      await opened;
      await committed(line.sql`commit`);
      line.release();
      return result;
    } catch (error) {
      await Promise.allSettled([opened]);
      await line.sql`rollback`.then(line.release, line.discard);
      throw error;
    }
  }

  async function together<T extends readonly Row[]>(
    tenantIds: readonly string[],
    statements: readonly ((sql: ReservedSql) => PendingQuery<T[number][]>)[],
  ): Promise<T[]> {
    const line = await lines.take();
    if (!isSure(tenantIds)) {
      line.release();
      return inTurn(tenantIds, statements);
    }
    const opened = open(line, tenantIds, apart);
    const answers = statements.map((statement) => statement(line.sql).execute());
    const closed = line.sql`commit`.execute();
    const settled = await Promise.allSettled([opened, Promise.all(answers), closed]);
    const [begun, answered, commit] = settled;
    // Where the commit was answered, no transaction is open, whatever came of it.
    if (commit.status === 'fulfilled') line.release();
    else line.discard();
    if (begun.status === 'rejected') throw begun.reason;
    if (answered.status === 'rejected') throw answered.reason;
    if (commit.status === 'rejected') throw commit.reason;
    await committed(commit.value);
    return answered.value.map(takenOut) as unknown as T[];
  }

  const isSure = (tenantIds: readonly string[]) => whereabouts.doubtful(tenantIds).length === 0;

  /** Reads where the tenants are that this process is not sure of, and holds those that are being moved. */
  async function lookedUp(sql: ReservedSql, tenantIds: readonly string[]): Promise<ReservedSql> {
    const moving = await learn(sql, whereabouts.doubtful(tenantIds));
    if (moving.length === 0) return sql;
    for (const id of moving) await holdTenant(sql, id, 'share');
    await learn(sql, moving);
    return onlyOnShards(sql, new Set(tenantIds.map((id) => whereabouts.get(id)?.shard ?? -1)));
  }

  /** @returns those that are being moved, in one order for everybody who locks them */
  async function learn(sql: ReservedSql, tenantIds: readonly string[]): Promise<string[]> {
    const askedAt = whereabouts.now();
    const rows = await readWhereabouts(sql, tenantIds);
    whereabouts.learn(rows, askedAt);
    return rows
      .filter(({ moving }) => moving)
      .map(({ id }) => id)
      .sort();
  }

  const inTurn = <T extends readonly Row[]>(
    tenantIds: readonly string[],
    statements: readonly ((sql: ReservedSql) => PendingQuery<T[number][]>)[],
  ): Promise<T[]> =>
    forTenants(tenantIds, async (sql) => {
      const answers = statements.map((statement) => statement(sql).execute());
      return (await Promise.all(answers)) as unknown as T[];
    });

  const once = async <T extends readonly Row[]>(
    tenantIds: readonly string[],
    statement: (sql: ReservedSql) => PendingQuery<T[number][]>,
  ): Promise<T> => (await together(tenantIds, [statement]))[0] as never;

  const reads = createBatch<Read, readonly Row[]>({
    ...READS_AT_ONCE,
    run: (of) =>
      together(
        [...new Set(of.map(({ tenantId }) => tenantId))],
        of.map(({ statement }) => statement),
      ),
  });

  const lookUps = createBatch<string, null>({
    ...READS_AT_ONCE,
    async run(tenantIds) {
      await inTransaction(tenantIds, (sql) => learn(sql, tenantIds));
      return tenantIds.map(() => null);
    },
  });

  async function tenant(tenantId: string): Promise<Tenant | null> {
    if (!isSure([tenantId])) await lookUps.add(tenantId);
    return whereabouts.get(tenantId) ?? null;
  }

  const serverCalls = remembered(async () =>
    (await whetherDistributed()) ? readServerCalls(lines.sql) : asTheyAre,
  );

  return {
    sql: lines.sql,
    isDistributed: whetherDistributed,
    serverCalls,
    forTenants,
    together,
    once,
    alone: async (tenantIds, statement) =>
      isSure(tenantIds) ? ((await statement(lines.sql as ReservedSql)) as never) : once(tenantIds, statement),
    everyShard: async (statement) => {
      const look = (await serverCalls()).onEveryShard(statement);
      return (await look(lines.sql as ReservedSql)) as never;
    },
    read: async (tenantId, statement) => (await reads.add({ tenantId, statement })) as never,
    tenant,
    shardOf: ({ tenantId, shard }) => whereabouts.get(tenantId)?.shard ?? shard,
    doubt: whereabouts.doubt,
    pool: lines.counts,
    close: lines.close,
  };
}

/** What does not change is asked once, and again after it failed. */
function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null;
  return () => {
    answer ??= ask().catch((error) => {
      answer = null;
      throw error;
    });
    return answer;
  };
}

/**
 * In words that a distributed Postgres passes on to the servers that hold the rows, which it does not do for
 * `set_config`; and, in one message with `begin` and without parameters, a tenth cheaper than the two prepared. (Citus passes
 * on the whole message with the setting, and each server would log a warning about the second `begin`.)
 */
function open(line: Line, tenantIds: readonly string[], apart: boolean): Promise<unknown> {
  for (const id of tenantIds) if (!UUID.test(id)) throw new TypeError(`not the id of a tenant: ${id}`);
  const setting = `set local pawl.tenant_ids = '{${tenantIds.join(',')}}'`;
  return apart ? Promise.all([line.begin(), line.sql.unsafe(setting).execute()]) : line.begin(setting);
}

class RolledBack extends Error {}

/**
 * Whether an error of `forTenants`, `once` or `together` says that nothing was written. Where the connection was lost, or
 * the server went away, the commit may have been the last thing it did.
 */
export function nothingWasWritten(error: unknown): boolean {
  if (error instanceof RolledBack || error instanceof StaleShard) return true;
  const { name, code = '', message = '' } = error as { name?: string; code?: string; message?: string };
  // Citus, of a server whose answer to the commit was lost.
  if (message.startsWith('could not commit transaction')) return false;
  // Class 57P: the server ends the session; class 08: the connection failed.
  return name === 'PostgresError' && !code.startsWith('57P') && !code.startsWith('08');
}

/**
 * The rows, in an array of our own. The driver's statements keep their answer for as long as they live, and V8 collects them
 * late: they hold functions that were assigned to a property, which it allocates among old objects.
 */
const takenOut = <T extends Row>(rows: T[]): T[] => rows.splice(0);

/** `commit` of a transaction in which something failed answers ROLLBACK, without an error. */
async function committed(commit: PromiseLike<{ command?: string }> | { command?: string }): Promise<void> {
  const { command } = await commit;
  if (command === 'ROLLBACK') throw new RolledBack('the transaction was rolled back');
}
