// The index by which a tenant's failed actions are found: they are few among many. A migration would keep everybody from writing
// while it reads what is stored, so it is made beside them, concurrently, on one partition after the other, and becomes that of the
// whole table when it is there on each. A partition that is attached later gets its own by that. Whoever is broken off leaves an
// index that is not valid, which the next one drops and makes again.
//
// Its columns never change. An update is heap-only unless it changes what is in the index or in its condition: an action that
// succeeds has no error before and none after.
//
// On Citus it is not added to tables that are laid out already: each partition would be built on all servers at once, and an
// index that was left invalid on some of them is not seen from the coordinator. Where it is missing the list looks through all.
import type { Sql } from './client.ts';

const NAME = 'action_runs_failed';
/** What `listActionRuns` says of failed ones. */
const OF_FAILED = '(shard, tenant_id, id) where error is not null and message_id is null';

/**
 * Does nothing where it is done. Under the lock of migrations, and outside of any transaction.
 * @param giveWay lets whoever waits for that lock have it for once
 */
export async function indexFailedRuns(sql: Sql, giveWay: () => Promise<void>): Promise<void> {
  const [begun] = await sql<{ valid: boolean }[]>`
    select indisvalid as valid from pg_index where indexrelid = to_regclass(${NAME})`;
  if (begun?.valid) return;
  // No tenant, no rows: nobody waits for what takes no time.
  const [used] =
    await sql`select from pg_class where oid = 'tenants'::regclass and pg_relation_size(oid) > 0`;
  if (!used) {
    await sql.unsafe(`create index ${NAME} on action_runs ${OF_FAILED}`);
    return;
  }
  if (!begun) await sql`call pawl_at_once(${`create index ${NAME} on only action_runs ${OF_FAILED}`})`;
  for (const partition of await partitionsWithout(sql)) await indexPartition(sql, partition, giveWay);
}

async function partitionsWithout(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select c.relname as name from pg_inherits p join pg_class c on c.oid = p.inhrelid
    where p.inhparent = 'action_runs'::regclass and not exists (
      select from pg_inherits a join pg_index i on i.indexrelid = a.inhrelid
      where a.inhparent = to_regclass(${NAME}) and i.indrelid = p.inhrelid)
    order by 1`;
  return rows.map(({ name }) => name);
}

const DEADLOCK_DETECTED = '40P01';
const UNDEFINED_TABLE = '42P01';
const TRIES_MAX = 10;

/**
 * A process of the version before waits for the lock of migrations within a statement, and what is made concurrently waits for
 * every statement that was there: Postgres sees a deadlock. Either it refuses the other, which its parent starts again, or this.
 */
async function indexPartition(sql: Sql, partition: string, giveWay: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await build(sql, partition);
    } catch (error) {
      const { code } = error as { code?: string };
      // Its time was over, and it was dropped.
      if (code === UNDEFINED_TABLE) return;
      if (code !== DEADLOCK_DETECTED || tries === TRIES_MAX) throw error;
      await giveWay();
    }
  }
}

async function build(sql: Sql, partition: string): Promise<void> {
  const index = `${partition}_failed`;
  const [found] = await sql<{ valid: boolean }[]>`
    select indisvalid as valid from pg_index where indexrelid = to_regclass(${index})`;
  if (found && !found.valid) await sql.unsafe(`drop index concurrently if exists "${index}"`);
  if (!found?.valid) await sql.unsafe(`create index concurrently "${index}" on "${partition}" ${OF_FAILED}`);
  await sql`call pawl_at_once(${`alter index ${NAME} attach partition "${index}"`})`;
}
