// Whether the tables are laid out over the servers of Citus.
import type { Sql } from 'postgres';

export async function isDistributed(sql: Sql): Promise<boolean> {
  const [found] = await sql`select to_regclass('pg_dist_partition') is not null as citus`;
  if (!found?.citus) return false;
  const [jobs] = await sql`select from pg_dist_partition where logicalrelid = 'jobs'::regclass`;
  return jobs !== undefined;
}
