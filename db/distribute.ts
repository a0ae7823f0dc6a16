// Lays the tables out over the servers of Citus. Safe to repeat: what is laid out already is left as it is, so it also
// follows a migration that made tables. Runs as the owner of the tables, on the coordinator.
import { PawlError } from '../engine/errors.ts';
import type { Sql } from './client.ts';
import { type TableName, tablesPlaced } from './layout.ts';

/**
 * Buckets of Citus that the 64 shards are hashed into. As many as shards: about forty of them hold one or more, which is
 * what can be spread over servers; more would only cost plans.
 */
const BUCKETS = 64;

export interface Distributed {
  distributed: TableName[];
  reference: TableName[];
}

/**
 * @returns the tables that were laid out now
 * @throws PawlError Unavailable `citus_missing`, when the extension is not there
 */
export async function distribute(sql: Sql): Promise<Distributed> {
  const [extension] = await sql`select from pg_extension where extname = 'citus'`;
  if (!extension) {
    throw new PawlError(
      'Unavailable',
      'citus_missing',
      'This database does not have the extension "citus". Make it with `create extension citus` on the coordinator and on every worker, and add the workers with citus_add_node.',
    );
  }
  await settle(sql);
  const placed = new Set(
    (await sql<{ name: string }[]>`select logicalrelid::text as name from pg_dist_partition`).map(
      ({ name }) => name,
    ),
  );
  const made: Distributed = { distributed: [], reference: [] };
  for (const table of tablesPlaced('reference').filter((name) => !placed.has(name))) {
    await sql`select create_reference_table(${table})`;
    made.reference.push(table);
  }
  const tables = tablesPlaced('distributed');
  const [first] = tables as [TableName, ...TableName[]];
  // Found by their first table, those laid out before give the new ones their place.
  for (const table of tables.filter((name) => !placed.has(name))) {
    if (table === first) {
      await sql`select create_distributed_table(${table}, 'shard', colocate_with => 'none', shard_count => ${BUCKETS})`;
    } else await sql`select create_distributed_table(${table}, 'shard', colocate_with => ${first})`;
    made.distributed.push(table);
  }
  return made;
}

/** What Citus asks of roles, settings and policies before it takes a table. */
async function settle(sql: Sql): Promise<void> {
  // `set local pawl.tenant_ids` reaches the servers that check it.
  await sql`
    do $$ begin
      execute format('alter database %I set citus.propagate_set_commands = %L', current_database(), 'local');
    end $$`;
  // Citus goes on to its workers as the role that asks, so the roles must be able to log in there.
  for (const role of ['pawl_api', 'pawl_worker', 'pawl_operator', 'pawl_mover'])
    await sql`alter role ${sql(role)} login`;
  // A policy there may not hold a subquery, which on one Postgres has the setting read once for a statement.
  const policies = await sql<{ table: string; policy: string; using: string | null; check: string | null }[]>`
    select polrelid::regclass::text as table, polname as policy,
      pg_get_expr(polqual, polrelid) as using, pg_get_expr(polwithcheck, polrelid) as check
    from pg_policy where polrelid::regclass::text = any (${[...tablesPlaced('distributed'), ...tablesPlaced('reference')]})`;
  for (const { table, policy, using, check } of policies) {
    if (!SUBQUERY.test(`${using} ${check}`)) continue;
    const plain = (expression: string) => expression.replaceAll(SUBQUERIES, 'pawl_tenant_ids()');
    await sql`
      alter policy ${sql(policy)} on ${sql(table)}
        ${using === null ? sql`` : sql.unsafe(`using (${plain(using)})`)}
        ${check === null ? sql`` : sql.unsafe(`with check (${plain(check)})`)}`;
  }
}

const SUBQUERIES = /\(\s*SELECT pawl_tenant_ids\(\) AS pawl_tenant_ids\s*\)/g;
const SUBQUERY = /\(\s*SELECT pawl_tenant_ids\(\) AS pawl_tenant_ids\s*\)/;
