// Lays the tables out over the servers of Citus, with the rows they have. Safe to repeat: what is laid out already is left as
// it is, so it also follows a migration that made tables. Runs as the owner of the tables, on the coordinator.
import { PawlError } from '../engine/errors.ts';
import type { Sql } from './client.ts';
import { type TableName, tablesPlaced } from './layout.ts';
import { makeServerCalls } from './make-server-calls.ts';

/**
 * Buckets of Citus that the 64 shards are hashed into. As many as shards: about forty of them hold one or more, which is
 * what can be spread over servers; more would only cost plans.
 */
export const BUCKETS = 64;

export interface Distributed {
  distributed: TableName[];
  reference: TableName[];
}

/**
 * @param buckets only for tables that are the first to be laid out; fewer make a small database quicker to copy
 * @returns the tables that were laid out now
 * @throws PawlError Unavailable `citus_missing` when the extension or the servers are not there; Forbidden
 *   `citus_needs_superuser`
 */
export async function distribute(sql: Sql, buckets = BUCKETS): Promise<Distributed> {
  await checkServers(sql);
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
  await sql`
    update metering_settled s set settled = p.settled, closed_until = p.closed_until from metering_progress p
    where ${!placed.has('metering_settled')}`;
  const tables = tablesPlaced('distributed');
  const [first] = tables as [TableName, ...TableName[]];
  // Found by their first table, those laid out before give the new ones their place.
  for (const table of tables.filter((name) => !placed.has(name))) {
    if (table === first) {
      await sql`select create_distributed_table(${table}, 'shard', colocate_with => 'none', shard_count => ${buckets})`;
    } else await sql`select create_distributed_table(${table}, 'shard', colocate_with => ${first})`;
    made.distributed.push(table);
  }
  // They were copied. What was copied still lies on the coordinator, where nobody sees it.
  for (const table of [...made.reference, ...made.distributed]) {
    await sql`select truncate_local_data_after_distributing_table(${table})`;
  }
  await makeServerCalls(sql);
  return made;
}

/**
 * Processes that work on one Postgres must not go on when it becomes several: they asked once, at their start.
 * @throws PawlError Conflict `processes_running`
 */
export async function checkNobodyWorks(sql: Sql): Promise<void> {
  const others = await sql<{ name: string }[]>`
    select distinct application_name as name from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name like 'pawl %' order by 1`;
  if (others.length === 0) return;
  const names = others.map(({ name }) => `"${name}"`).join(', ');
  throw new PawlError(
    'Conflict',
    'processes_running',
    `Connected to this database: ${names}. Stop all processes of Pawl first; they may be started again afterwards.`,
  );
}

async function checkServers(sql: Sql): Promise<void> {
  const missing = (what: string) =>
    new PawlError(
      'Unavailable',
      'citus_missing',
      `${what} Run \`create extension citus\` in the database of this name on the coordinator and on every worker, and there citus_set_coordinator_host and citus_add_node on the coordinator.`,
    );
  const [extension] = await sql`select from pg_extension where extname = 'citus'`;
  if (!extension) throw missing('This database does not have the extension "citus".');
  const [server] = await sql`select from pg_dist_node where shouldhaveshards limit 1`;
  if (!server) throw missing('The coordinator knows no server that tables may be laid out on.');
  const [login] = await sql`select rolsuper as superuser from pg_roles where rolname = current_user`;
  if (!login?.superuser) {
    throw new PawlError(
      'Forbidden',
      'citus_needs_superuser',
      'Laying tables out copies the rows of all tenants and lets the roles log in to the workers: DATABASE_URL must be a superuser for it, such as the one that made the extension.',
    );
  }
}

/** What Citus asks of roles, settings and policies before it takes a table. */
async function settle(sql: Sql): Promise<void> {
  // `set local pawl.tenant_ids` reaches the servers that check it.
  await sql`
    do $$ begin
      execute format('alter database %I set citus.propagate_set_commands = %L', current_database(), 'local');
    end $$`;
  // Citus goes on to its workers as the role that asks, so the roles must be able to log in there.
  for (const role of ['pawl_api', 'pawl_worker', 'pawl_operator', 'pawl_sealer', 'pawl_mover']) {
    await sql`alter role ${sql(role)} login`;
  }
  await countOnCoordinator(sql);
  await lookAsOwner(sql);
  await changePartitionsInTurn(sql);
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

/**
 * The coordinator counts the transactions by which the log and the ledger are ordered, for all servers: it writes the default
 * of a column into the statement it passes on, and the number into a call (db/server-calls.ts). So whoever may write a row may name
 * that column there, and where a server would come to count by itself, it refuses. See `oldestTransaction`. (Stable, as it is in a transaction: with something volatile in it no
 * insert goes to one server as it is.)
 */
async function countOnCoordinator(sql: Sql): Promise<void> {
  await sql`
    create or replace function pawl_transaction() returns xid8 language plpgsql stable as $f$
    begin
      if (select groupid from pg_dist_local_group) <> 0 then
        if coalesce(current_setting('pawl.transaction', true), '') = '' then
          raise exception 'transactions are counted by the coordinator';
        end if;
        return current_setting('pawl.transaction')::xid8;
      end if;
      return pg_current_xact_id();
    end $f$`;
  await sql`
    create or replace function pawl_prepared(shard smallint) returns text[] language sql volatile as $f$
      select coalesce(array_agg(gid), '{}') from pg_prepared_xacts
      where database = current_database() and gid like 'citus\\_%' $f$`;
  for (const name of ['pawl_transaction()', 'pawl_prepared(smallint)']) {
    await sql`select create_distributed_function(${name})`;
  }
  const counted = await sql<{ table: string; column: string; by: string }[]>`
    select adrelid::regclass::text as table, attname as column, pg_get_expr(adbin, adrelid) as by
    from pg_attrdef join pg_attribute on attrelid = adrelid and attnum = adnum
    where adrelid in ('event_log'::regclass, 'utility_ledger'::regclass)
      and pg_get_expr(adbin, adrelid) like '%pg_current_xact_id()%'`;
  for (const { table, column, by } of counted) {
    const here = sql.unsafe(by.replace('pg_current_xact_id()', 'pawl_transaction()'));
    await sql`alter table ${sql(table)} alter column ${sql(column)} set default ${here}`;
  }
  await sql`grant insert (position) on event_log to pawl_api, pawl_worker, pawl_operator`;
}

/** What `isQueued` asks. Not for servers: nobody asks there. */
async function lookAsOwner(sql: Sql): Promise<void> {
  await sql`
    create or replace function pawl_is_queued(queue text, first uuid, next uuid) returns boolean
      language plpgsql stable security definer set search_path = public, pg_temp as $f$
      begin
        if queue = 'dispatch_queue' then
          perform id from dispatch_queue where id >= first and id < next limit 1;
        else
          perform id from inbound_queue where id >= first and id < next limit 1;
        end if;
        return found;
      end $f$`;
  await sql`revoke execute on function pawl_is_queued(text, uuid, uuid) from public`;
  await sql`grant execute on function pawl_is_queued(text, uuid, uuid) to pawl_worker`;
}

/**
 * A partition that is made and attached in one transaction is changed on a server by one connection: by several, as Citus
 * would, they wait for each other.
 */
async function changePartitionsInTurn(sql: Sql): Promise<void> {
  const functions = await sql<{ signature: string }[]>`
    select oid::regprocedure::text as signature from pg_proc
    where proname ~ '^pawl_(make|drop)_.*partitions?$' order by 1`;
  for (const { signature } of functions)
    await sql`alter function ${sql.unsafe(signature)} set citus.multi_shard_modify_mode = 'sequential'`;
}

const SUBQUERIES = /\(\s*SELECT pawl_tenant_ids\(\) AS pawl_tenant_ids\s*\)/g;
const SUBQUERY = /\(\s*SELECT pawl_tenant_ids\(\) AS pawl_tenant_ids\s*\)/;
