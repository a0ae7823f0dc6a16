// Brings a database to the tables this version needs. Safe from many processes at once: one works, the others wait.
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import { PawlError } from '../engine/errors.ts';
import type { Sql } from './client.ts';
import { distribute } from './distribute.ts';
import { openClient } from './driver.ts';
import { indexFailedRuns } from './failed-runs-index.ts';
import { isDistributed } from './is-distributed.ts';

/** Any number that nobody else takes; held for the session that migrates. */
const MIGRATION_LOCK = 7_295_145;
const OLDEST_POSTGRES = 150_000;
/** Nothing is under way by then. */
const END_S = 1;

/** What to do while another process changes tables, which may take hours where there is much to be read. */
export interface Waiting {
  /** Called once, when it has to be waited for. */
  onWaiting?: () => void;
  /** Ends the waiting; what has begun is brought to its end. */
  signal?: AbortSignal;
}

/**
 * @param url a login that owns the tables (and may create roles, the first time)
 * @throws PawlError `postgres_too_old`; what `signal` was aborted for
 */
export function migrate(url: string, waiting: Waiting = {}): Promise<void> {
  const change = async (sql: Sql) => {
    await applyMigrations(drizzle(sql), {
      migrationsFolder: fileURLToPath(new URL('./migrations', import.meta.url)),
      migrationsSchema: 'public',
      migrationsTable: 'pawl_migrations',
    });
    await sql`select pawl_resume_ledger()`;
    // A restored database goes on counting where it was.
    await sql`select pawl_adopt_server()`;
    await sql`call pawl_admit_mover()`;
    const distributed = await isDistributed(sql);
    // What was laid out over servers before it had partitions stays as it is.
    if (distributed) return void (await distribute(sql));
    await partitionTables(sql);
    await indexFailedRuns(sql, () => giveWay(sql));
  };
  return asOwner(url, change, waiting);
}

/** Commits in between, and holds nobody up while it reads what is there; does nothing where it is done. */
async function partitionTables(sql: Sql): Promise<void> {
  await sql`call pawl_partition_by_id('action_runs', 'transition_id')`;
  await sql`call pawl_partition_by_id('inbound_events', 'id')`;
}

/**
 * Changes tables, one process at a time.
 * @param url as of `migrate`
 * @throws as `migrate`
 */
export async function asOwner<T>(
  url: string,
  change: (sql: Sql) => Promise<T>,
  waiting: Waiting = {},
): Promise<T> {
  const sql = openClient(url, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: 'pawl migrate' },
  });
  try {
    const [server] = await sql`select current_setting('server_version_num')::integer as version`;
    if (Number(server?.version) < OLDEST_POSTGRES) {
      throw new PawlError(
        'Unavailable',
        'postgres_too_old',
        `Pawl needs Postgres 15 or newer; this server's version number is ${server?.version}.`,
      );
    }
    // From Postgres 17 on; before, a session that begins with it would be refused.
    await sql`select set_config(name, '0', false) from pg_settings where name = 'transaction_timeout'`;
    await takeTurn(sql, waiting);
    return await change(sql);
  } finally {
    // Ending the session gives the lock back. Of one that was lost the driver would wait for the end for ever.
    await sql.end({ timeout: END_S });
  }
}

/** Whoever waits within a statement has the lock before this session asks again. */
async function giveWay(sql: Sql): Promise<void> {
  await sql`select pg_advisory_unlock(${MIGRATION_LOCK})`;
  await takeTurn(sql, {});
}

const LOOK_EVERY_MS = 100;

/** Asked again and again: whoever waits within a statement holds up an index that is made concurrently, which waits for all of them. */
async function takeTurn(sql: Sql, { onWaiting, signal }: Waiting): Promise<void> {
  for (let looks = 0; ; looks++) {
    const [turn] = await sql<{ mine: boolean }[]>`select pg_try_advisory_lock(${MIGRATION_LOCK}) as mine`;
    if (turn?.mine) return;
    if (looks === 0) onWaiting?.();
    signal?.throwIfAborted();
    // Not ended by the signal, which would make an error of its own.
    await pause(LOOK_EVERY_MS);
  }
}
