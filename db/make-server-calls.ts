// Makes the functions that statements are called by on Citus (server-calls.ts), from the statements' own templates.
import { SHARD_COUNT } from '../engine/shard-count.ts';
import type { Sql } from './client.ts';
import { callNameOf } from './server-calls.ts';
import { CALLED_ON_SERVERS, type CalledOnServers } from './statements/called-on-servers.ts';

/** Runs as the owner on the coordinator, after the tables were laid out. Safe to repeat. */
export async function makeServerCalls(sql: Sql): Promise<void> {
  const buckets = await bucketsOf(sql);
  for (const called of CALLED_ON_SERVERS) await makeServerCall(sql, buckets, called);
}

/** What Citus keeps together on one server: of each table the part with the same shards. */
interface Bucket {
  /** Citus's number of its part of `shards`. */
  id: string;
  /** What the part of a table is called on its server. */
  partOf: ReadonlyMap<string, string>;
  /** Whether none of the shards is in it. */
  isEmpty: boolean;
}

async function bucketsOf(sql: Sql): Promise<Bucket[]> {
  const rows = await sql<{ id: string; is_empty: boolean; table: string; part: string }[]>`
    with held as materialized (
      select get_shard_id_for_distribution_column('shards', shard::smallint) as id
      from generate_series(0, ${SHARD_COUNT - 1}) as shard)
    select bucket.shardid::text as id, bucket.shardid not in (select id from held) as is_empty,
      whole.logicalrelid::text as table, shard_name(whole.logicalrelid, whole.shardid) as part
    from pg_dist_shard bucket
    join pg_dist_shard whole on whole.shardminvalue is not distinct from bucket.shardminvalue or whole.shardminvalue is null
    where bucket.logicalrelid = 'shards'::regclass order by bucket.shardid`;
  return [...Map.groupBy(rows, ({ id }) => id)].map(([id, of]) => ({
    id,
    isEmpty: of[0]?.is_empty ?? true,
    partOf: new Map(of.map(({ table, part }) => [table, part])),
  }));
}

/** What both functions of a call are made of. */
interface Call extends CalledOnServers {
  /** Types of the parameters of its text. */
  given: readonly string[];
  /** Columns of its answer, with their types. */
  answer: string;
  /** The function on the coordinator, and the one on the servers. */
  name: string;
  part: string;
}

async function makeServerCall(sql: Sql, buckets: readonly Bucket[], called: CalledOnServers): Promise<void> {
  const { types, columns } = await sql.unsafe(called.text).describe();
  const answered = await typeNames(
    sql,
    columns.map(({ type }) => type),
  );
  const name = callNameOf(called.text);
  const call: Call = {
    ...called,
    given: await typeNames(sql, types),
    answer: columns.map((column, i) => `${column.name} ${answered[i]}`).join(', '),
    name,
    part: name.replace('_call_', '_part_'),
  };
  await makePart(sql, buckets, call);
  await sql.unsafe(call.on === 'shard' ? callOnShard(call) : callOnEveryShard(call));
}

/**
 * The function on the servers is the statement, once for each bucket, on the parts themselves: Postgres plans it as it would
 * without Citus, once for a session. A server whose bucket has gone refuses: what it may still have of it is nobody's.
 */
async function makePart(
  sql: Sql,
  buckets: readonly Bucket[],
  { text, on, inOrder, given, answer, part }: Call,
): Promise<void> {
  const [counted, asked] = [`$${given.length + 1}`, `$${given.length + 2}`];
  const parameters = [...given, 'text', ...(on === 'shard' ? ['bigint'] : [])].join(', ');
  const inBucket = buckets.map(({ id, partOf, isEmpty }) =>
    isEmpty ? `when ${id} then null;` : `when ${id} then return query ${onParts(text, partOf)};`,
  );
  const gone = `if not held then raise exception 'this shard has gone to another server'; end if;`;
  await sql.unsafe(`
    create or replace function ${part}(${parameters}) returns table (${answer})
      language plpgsql ${settingsOf(inOrder)} as $call$
    #variable_conflict use_column
    declare
      bucket bigint;
      held boolean := false;
    begin
      perform set_config('pawl.transaction', ${counted}, true);
      for bucket in
        select p.shardid from pg_dist_placement p join pg_dist_shard s on s.shardid = p.shardid
        where s.logicalrelid = 'shards'::regclass and p.groupid = (select groupid from pg_dist_local_group)
          ${on === 'shard' ? `and p.shardid = ${asked}` : ''}
      loop
        held := true;
        case bucket
          ${inBucket.join('\n')}
          else raise exception 'bucket % is new: run "pawl db distribute"', bucket;
        end case;
      end loop;
      ${on === 'shard' ? gone : ''}
    end $call$`);
  await sql`select create_distributed_function(${`${part}(${parameters})`})`;
}

const valuesOf = (given: readonly string[]): string[] => given.map((_, i) => `$${i + 1}`);

/**
 * The function on the coordinator sends the call to the server of the shard, by the row of that shard, and gives it the number of
 * the transaction that log and ledger are ordered by (`pawl_transaction`). Where it writes, nothing is changed in that shard first, by
 * which Citus knows that the server must commit, and keeps the bucket from being moved before it did.
 */
function callOnShard({ given, answer, name, part, changeOfNothing }: Call): string {
  const shard = `$${given.length + 1}`;
  return `
    create or replace function ${name}(${[...given, 'smallint'].join(', ')}) returns table (${answer})
      language plpgsql as $call$
    #variable_conflict use_column
    declare
      bucket constant bigint := get_shard_id_for_distribution_column('shards', ${shard});
      counted constant text := ${changeOfNothing === null ? "''" : 'pg_current_xact_id()'};
    begin
      ${changeOfNothing === null ? '' : `${changeOfNothing.replaceAll('$1', shard)};`}
      return query
        select part.* from shards here
        cross join lateral ${part}(${[...valuesOf(given), 'counted', 'bucket'].join(', ')}) part
        where here.shard = ${shard};
    end $call$`;
}

/** To one server after the other, by the row of a shard that is on it. */
const callOnEveryShard = ({ given, answer, name, part }: Call): string => `
    create or replace function ${name}(${given.join(', ')}) returns table (${answer}) language plpgsql as $call$
    #variable_conflict use_column
    declare
      one_there smallint;
    begin
      for one_there in
        with each as materialized (
          select shard, get_shard_id_for_distribution_column('shards', shard) as bucket
          from generate_series(0, ${SHARD_COUNT - 1}) as all_of_them(shard))
        select min(shard) from each join pg_dist_placement p on p.shardid = bucket group by p.groupid
      loop
        return query
          select part.* from shards here cross join lateral ${part}(${[...valuesOf(given), "''"].join(', ')}) part
          where here.shard = one_there;
      end loop;
    end $call$`;

/** What the sessions of API and workers have (client.ts) and those of Citus between the servers do not. */
function settingsOf(inOrder: boolean): string {
  const settings = {
    'citus.enable_manual_changes_to_shards': 'on',
    plan_cache_mode: 'force_generic_plan',
    enable_seqscan: 'off',
    enable_bitmapscan: 'off',
    jit: 'off',
    ...(inOrder && { enable_sort: 'off', enable_incremental_sort: 'off' }),
  };
  return Object.entries(settings)
    .map(([name, value]) => `set ${name} = ${value}`)
    .join(' ');
}

/** The statement on the parts of one bucket. What would be left of the tables themselves, a server refuses to plan within a call. */
const onParts = (text: string, partOf: Bucket['partOf']): string =>
  text.replaceAll(
    /\b(from|join|into|update)(\s+)([a-z_]+)\b/g,
    (_, verb: string, space: string, name: string) => `${verb}${space}${partOf.get(name) ?? name}`,
  );

async function typeNames(sql: Sql, types: readonly number[]): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select format_type(type::oid, null) as name
    from unnest(${types as number[]}::bigint[]) with ordinality as t(type, nth) order by nth`;
  return rows.map(({ name }) => name);
}
