// Up to where the log and the ledger are complete: everything of transactions before the oldest that has not ended is there
// to be read, and nothing can be added to it.
import { PawlError } from '../../engine/errors.ts';
import type { Database, PendingQuery, ReservedSql, Row, Sql } from '../client.ts';

/**
 * An id of a transaction as text; null on one Postgres, where every statement sees it in its own snapshot (`oldest`).
 *
 * On Citus transactions are counted by the coordinator, for all servers alike. One that wrote on several servers may be over
 * there and still to be ended on a server, where it is prepared; so those that are prepared now are waited for. And what is
 * counted must not be counted again after a crash: the message that this writes is on the disk when it returns, and with it
 * how far the coordinator has counted.
 * @throws PawlError Unavailable `transactions_unfinished`
 */
export async function oldestTransaction(db: Database): Promise<string | null> {
  if (!(await db.isDistributed())) return null;
  const [row] = await db.sql<{ oldest: string }[]>`
    select pg_snapshot_xmin(pg_current_snapshot())::text as oldest, pg_logical_emit_message(true, 'pawl', '')`;
  let ending = await preparedOnServers(db);
  for (let looks = 0; ending.length > 0; looks++) {
    if (looks === LOOKS_MAX) {
      throw new PawlError(
        'Unavailable',
        'transactions_unfinished',
        'A server of the database still has to end a transaction that is over; Citus does that within a minute.',
      );
    }
    const still = await preparedOnServers(db);
    ending = ending.filter((gid) => still.includes(gid));
  }
  return (row as { oldest: string }).oldest;
}

/** Each a round trip; between the two halves of a commit there is one. */
const LOOKS_MAX = 50;

async function preparedOnServers(db: Database): Promise<string[]> {
  const rows = await db.everyShard<{ gid: string }[]>(lookForPrepared);
  return rows.map(({ gid }) => gid);
}

/** What is prepared on the servers of Citus. */
export const lookForPrepared = (sql: Sql): PendingQuery<(Row & { gid: string })[]> =>
  sql`/* every shard: sealing */ select distinct unnest(pawl_prepared(shard)) as gid from shards`;

/** For a statement: `known` by `oldestTransaction`, or by its own snapshot. */
export const oldest = (sql: Sql | ReservedSql, known: string | null): PendingQuery<Row[]> =>
  known === null ? sql`pg_snapshot_xmin(pg_current_snapshot())` : sql`${known}::text::xid8`;
