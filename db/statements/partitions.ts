// Partitions of event_log. The functions belong to the tables' owner (see migrations); workers may only call them.
import type { PendingQuery, Row, Sql } from '../client.ts';

export function makePartitions(sql: Sql, monthsAhead: number): PendingQuery<Row[]> {
  return sql`select pawl_make_event_log_partitions(${monthsAhead}::integer)`;
}

/** Drops partitions that ended more than `keepDays` ago. */
export function dropOldPartitions(sql: Sql, keepDays: number): PendingQuery<Row[]> {
  return sql`select pawl_drop_event_log_partitions(${keepDays}::integer)`;
}
