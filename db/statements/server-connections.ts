// How many sessions a Postgres takes, and how many it has.
import type { PendingQuery, Row, Sql } from '../client.ts';

export interface ServerConnections {
  /** `max_connections` without those that are kept for superusers and for who was granted them. */
  usable: number;
  /** Of all databases, without the one that asks. */
  inUse: number;
}

/** `reserved_connections` is there since Postgres 16. Counted without a privilege to see the sessions of others. */
export function serverConnections(sql: Sql): PendingQuery<(Row & ServerConnections)[]> {
  return sql`
    select current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
        - coalesce(current_setting('reserved_connections', true)::integer, 0) as usable,
      greatest(0, sum(numbackends) - 1)::integer as in_use
    from pg_stat_database`;
}
