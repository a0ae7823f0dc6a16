// Makes the functions that statements are called by on Citus (server-calls.ts), from the statements' own templates.
import type { Sql } from './client.ts';
import { callNameOf } from './server-calls.ts';
import { CALLED_ON_SERVERS, type CalledOnServers } from './statements/called-on-servers.ts';
import { writeDown } from './written-down.ts';

/** Has no timers. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Runs as the owner on the coordinator, after the tables were laid out. Safe to repeat. */
export async function makeServerCalls(sql: Sql): Promise<void> {
  for (const called of CALLED_ON_SERVERS) await makeServerCall(sql, called);
}

/**
 * Two functions: one on the servers, which is the statement, and one on the coordinator, which sends it there by a row of that
 * shard and gives it the number of the transaction that log and ledger are ordered by (`pawl_transaction`). Before, it
 * deletes nothing: of a transaction that only read there, Citus does not tell whether the server committed it.
 */
async function makeServerCall(sql: Sql, { statement, handedOn }: CalledOnServers): Promise<void> {
  const { text } = writeDown(statement);
  const { types, columns } = await sql.unsafe(text).describe();
  const given = await typeNames(sql, types);
  const answered = await typeNames(
    sql,
    columns.map(({ type }) => type),
  );
  const answer = columns.map(({ name }, i) => `${name} ${answered[i]}`).join(', ');
  const call = callNameOf(text);
  const part = call.replace('_call_', '_part_');
  const values = given.map((_, i) => `$${i + 1}`).join(', ');
  const next = `$${given.length + 1}`;
  const ofPart = [...given, 'text'].join(', ');
  // What only parts that write read, a server would hand on to itself by a connection; what is read here as well stays here.
  const readHere = handedOn.map((name) => `(select count(*) from ${name}) >= 0`).join(' and ');
  // A statement within a statement on a shard: Citus allows it where one says that it stays within that shard, as this does.
  await sql.unsafe(`
    create or replace function ${part}(${ofPart}) returns table (${answer})
      language plpgsql set citus.allow_nested_distributed_execution = on as $call$
    #variable_conflict use_column
    begin
      perform set_config('pawl.transaction', ${next}, true);
      return query ${text} where ${readHere};
    end $call$`);
  await sql`select create_distributed_function(${`${part}(${ofPart})`})`;
  await sql.unsafe(`
    create or replace function ${call}(${[...given, 'smallint'].join(', ')}) returns table (${answer})
      language plpgsql as $call$
    #variable_conflict use_column
    declare
      counted constant text := pg_current_xact_id();
    begin
      delete from timers where shard = ${next} and tenant_id = '${NOBODY}' and job_id = '${NOBODY}';
      return query
        select part.* from shards here cross join lateral ${part}(${[values, 'counted'].join(', ')}) part
        where here.shard = ${next};
    end $call$`);
}

async function typeNames(sql: Sql, types: readonly number[]): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select format_type(type::oid, null) as name
    from unnest(${types as number[]}::bigint[]) with ordinality as t(type, nth) order by nth`;
  return rows.map(({ name }) => name);
}
