// How far a replica is: positions of the log, compared with the primary's; and whether a tenant is where it is there.
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';

export interface PrimaryPosition {
  /** Tells one installation of Postgres from another; a replica has that of its primary. */
  system: string;
  /** Bytes of log that are safe on its disk: every answered commit is in them. */
  position: number;
}

export function primaryPosition(sql: Sql): PendingQuery<(Row & PrimaryPosition)[]> {
  return sql`
    select (select system_identifier from pg_control_system())::text as system,
      (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::float8 as position`;
}

export interface ReplicaPosition {
  system: string;
  /** Bytes of log whose effects can be read; null: it is no replica. */
  position: number | null;
}

export function replicaPosition(sql: Sql): PendingQuery<(Row & ReplicaPosition)[]> {
  return sql`
    select (select system_identifier from pg_control_system())::text as system,
      case when pg_is_in_recovery() then (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::float8 end as position`;
}

/** One row if the tenant is on this shard. */
export function findOnShard(
  sql: ReservedSql,
  { id, shard }: { id: string; shard: number },
): PendingQuery<(Row & { id: string })[]> {
  return sql`select id from tenants where id = ${id} and shard = ${shard}`;
}
