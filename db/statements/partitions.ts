// Partitions made ahead. The functions belong to the tables' owner (see migrations); workers may only call them.
import type { PendingQuery, Row, Sql } from '../client.ts';

export function makePartitions(sql: Sql, monthsAhead: number): PendingQuery<Row[]> {
  return sql`select pawl_make_event_log_partitions(${monthsAhead}::integer)`;
}

/** Of the tables whose partitions are ranges of ids, which begin with the time. */
export function makeIdPartitions(
  sql: Sql,
  table: 'action_runs' | 'inbound_events',
  daysAhead: number,
): PendingQuery<Row[]> {
  return sql`select pawl_make_id_partitions(${table}, ${daysAhead}::integer)`;
}
