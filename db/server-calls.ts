// On Citus, a statement that inserts in a part of it is done part by part, each a message between the coordinator and the
// server of the shard. Called as a function it is one message: the server itself goes through the parts. The functions
// (make-server-calls.ts) are named by the text of the statement: whoever has another text, as the version before during an
// upgrade, calls another one, or sends the statement where there is none.
import { createHash } from 'node:crypto';
import type { PendingQuery, ReservedSql, Row, Sql } from 'postgres';
import { writeDown } from './written-down.ts';

type Statement<T extends Row> = (sql: ReservedSql) => PendingQuery<T[]>;

/** What to send instead of a statement for one shard that is alone in its transaction: the call, where there is one. */
export type ServerCalls = <T extends Row>(shard: number, statement: Statement<T>) => Statement<T>;

export const asTheyAre: ServerCalls = (_, statement) => statement;

/** Those that this database has, which is on Citus. */
export async function readServerCalls(sql: Sql): Promise<ServerCalls> {
  const rows = await sql<{ name: string }[]>`
    select proname as name from pg_proc where proname like 'pawl\\_call\\_%'`;
  const known = new Set(rows.map(({ name }) => name));
  return (shard, statement) => {
    const { text, values } = writeDown(statement);
    const name = callNameOf(text);
    if (!known.has(name)) return statement;
    return (sql) => sql(callOf(name, values.length + 1), ...([...values, shard] as never[])) as never;
  };
}

const names = new Map<string, string>();

/** @param text of the statement */
export function callNameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `pawl_call_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
  names.set(text, name);
  return name;
}

const calls = new Map<string, TemplateStringsArray>();

/** A template like any other, for as many values as the function takes. */
function callOf(name: string, count: number): TemplateStringsArray {
  const known = calls.get(name);
  if (known !== undefined) return known;
  const texts = [`select * from ${name}(`, ...Array.from({ length: count - 1 }, () => ', '), ')'];
  const call = Object.assign(texts, { raw: texts });
  calls.set(name, call);
  return call;
}
