// Partitions of event_log, made ahead. The function belongs to the tables' owner (see migrations); workers may only call it.
import type { PendingQuery, Row, Sql } from '../client.ts';

export function makePartitions(sql: Sql, monthsAhead: number): PendingQuery<Row[]> {
  return sql`select pawl_make_event_log_partitions(${monthsAhead}::integer)`;
}
