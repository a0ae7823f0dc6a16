// Whether the database answers and has the tables that this version works with.
import type { Sql } from './client.ts';

/** One of each migration: what the last one made is there only when all before it are. */
const NEEDED = [
  'tenants',
  'connections',
  'jobs',
  'event_log',
  'dispatch_queue',
  'action_runs',
  'utility_ledger',
  'inbound_events',
  'deliveries',
  'usage_rollups',
];

/** Rejects when the database does not answer. */
export async function isReady(sql: Sql): Promise<boolean> {
  const [row] = await sql`
    select bool_and(to_regclass(name) is not null) as ready from unnest(${NEEDED}::text[]) as needed(name)`;
  return row?.ready === true;
}
