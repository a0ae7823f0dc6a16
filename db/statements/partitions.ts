// Partitions made ahead. The functions belong to the tables' owner (see migrations); workers may only call them.
import type { Sql } from '../client.ts';

const SHORTEST_MONTH_DAYS = 28;
/** Those of inbound events are of a week each: no more of them than months of the others. */
const WEEKS_AHEAD_DAYS = 28;

/** Of all tables that have them; of one after the other, each in a transaction of its own. */
export async function makePartitionsAhead(sql: Sql, daysAhead: number): Promise<void> {
  await sql`select pawl_make_event_log_partitions(${Math.ceil(daysAhead / SHORTEST_MONTH_DAYS)}::integer)`;
  await sql`select pawl_make_id_partitions('action_runs', ${daysAhead}::integer)`;
  await sql`select pawl_make_id_partitions('inbound_events', ${Math.min(daysAhead, WEEKS_AHEAD_DAYS)}::integer)`;
}
