// Connections to Postgres by role. Everything that touches a tenant's rows goes through `forTenants` or `once`,
// which name the tenants inside the transaction: row level security does the rest.
import postgres, { type PendingQuery, type ReservedSql, type Row, type Sql } from 'postgres';
import { UUID } from '../engine/uuid.ts';
import { isDistributed } from './is-distributed.ts';
import { createLines, type Line, type PoolCounts } from './lines.ts';

export type Role = 'pawl_api' | 'pawl_worker' | 'pawl_operator' | 'pawl_sealer';
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
  /** For tables that belong to no tenant, and those whose policy lets the role see all of it. */
  readonly sql: Sql;
  /** How its connections are used at this moment. */
  pool(): PoolCounts;
  /** Whether the tables are laid out over the servers of Citus; asked once. */
  isDistributed(): Promise<boolean>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  role: Role;
  /** Connections held at most. */
  poolMax: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
}

/** Milliseconds. Nothing here takes half a minute; db/statements/workers.ts relies on it. */
const LONGEST_STATEMENT_MS = 30_000;

/**
 * For the statements of the API and the workers: few, each right for one plan, that of its indexes. The tables empty and
 * fill faster than statistics follow, and a plan made for an empty table would be kept while it fills.
 */
const BY_INDEX = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  statement_timeout: LONGEST_STATEMENT_MS,
  idle_in_transaction_session_timeout: LONGEST_STATEMENT_MS,
} as const;

/** One plan for all parameters; on Citus that plan would not know which server it is for. */
const generalPlans = (sql: Sql) => sql`
  select set_config('plan_cache_mode', 'force_generic_plan', false) where to_regclass('pg_dist_partition') is null`;

/** For the operator's reports and exports the planner knows best, and they take what they take. */
const BY_STATISTICS = {} as const;

export function connect({ url, role, poolMax, applicationName }: DatabaseOptions): Database {
  const settings = role === 'pawl_operator' ? BY_STATISTICS : BY_INDEX;
  const lines = createLines(url, poolMax, role === 'pawl_operator' ? null : generalPlans, {
    transform: { column: { from: postgres.toCamel } },
    onnotice: () => {},
    connection: { role, application_name: applicationName, TimeZone: 'UTC', ...settings },
    // Seconds. A backend that is gone is noticed here, not after the kernel's two hours.
    keep_alive: 20,
    connect_timeout: 10,
  });

  async function forTenants<T>(
    tenantIds: readonly string[],
    run: (sql: ReservedSql) => Promise<T>,
  ): Promise<T> {
    const line = await lines.take();
    const opened = open(line, tenantIds);
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
    const opened = open(line, tenantIds);
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

  let distributed: Promise<boolean> | null = null;
  function whetherDistributed(): Promise<boolean> {
    distributed ??= isDistributed(lines.sql).catch((error) => {
      distributed = null;
      throw error;
    });
    return distributed;
  }

  return {
    sql: lines.sql,
    isDistributed: whetherDistributed,
    forTenants,
    together,
    once: async (tenantIds, statement) => (await together(tenantIds, [statement]))[0] as never,
    pool: lines.counts,
    close: lines.close,
  };
}

/**
 * In words that a distributed Postgres passes on to the servers that hold the rows, which it does not do for
 * `set_config`; and, in one message with `begin` and without parameters, a tenth cheaper than the two prepared.
 */
function open(line: Line, tenantIds: readonly string[]): Promise<unknown> {
  for (const id of tenantIds) if (!UUID.test(id)) throw new TypeError(`not the id of a tenant: ${id}`);
  return line.begin(`set local pawl.tenant_ids = '{${tenantIds.join(',')}}'`);
}

class RolledBack extends Error {}

/**
 * Whether an error of `forTenants`, `once` or `together` says that nothing was written. Where the connection was lost, or
 * the server went away, the commit may have been the last thing it did.
 */
export function nothingWasWritten(error: unknown): boolean {
  if (error instanceof RolledBack) return true;
  const { name, code = '' } = error as { name?: string; code?: string };
  // Class 57P: the server ends the session; class 08: the connection failed.
  return name === 'PostgresError' && !code.startsWith('57P') && !code.startsWith('08');
}

/**
 * The rows, in an array that is not the driver's. Its statements keep what they were answered until old objects are collected,
 * however soon nobody needs them: they hold functions that were assigned to a property, which V8 makes old from the start.
 */
const takenOut = <T extends Row>(rows: T[]): T[] => rows.splice(0);

/** `commit` of a transaction in which something failed answers ROLLBACK, without an error. */
async function committed(commit: PromiseLike<{ command?: string }> | { command?: string }): Promise<void> {
  const { command } = await commit;
  if (command === 'ROLLBACK') throw new RolledBack('the transaction was rolled back');
}
