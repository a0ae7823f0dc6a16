// On Citus, each statement is planned by the coordinator and again by the server of the shard, each time, and one that writes in
// parts is done part by part, with messages for each. Called as a function it is one message, and what the server has planned once
// it goes on with. The functions (make-server-calls.ts) are named by the text of the statement: whoever has another text, as the version before during an
// upgrade, calls another one, or sends the statement where there is none.
import { createHash } from 'node:crypto';
import type { PendingQuery, ReservedSql, Row, Sql } from 'postgres';
import { writeDown } from './written-down.ts';

type Statement<T extends Row> = (sql: ReservedSql) => PendingQuery<T[]>;

/** What to send instead of a statement: the call, where there is one. */
export interface ServerCalls {
  /** @param statement for this shard and no other */
  onShard<T extends Row>(shard: number, statement: Statement<T>): Statement<T>;
  /**
   * @param statement one that asks all shards, of each what it would say without the others: no order and no count across them.
   *   A limit is that of each part that Citus keeps.
   */
  onEveryShard<T extends Row>(statement: Statement<T>): Statement<T>;
}

export const asTheyAre: ServerCalls = {
  onShard: (_, statement) => statement,
  onEveryShard: (statement) => statement,
};

/** Those that this database has, which is on Citus. */
export async function readServerCalls(sql: Sql): Promise<ServerCalls> {
  const rows = await sql<{ name: string }[]>`
    select proname as name from pg_proc where proname like 'pawl\\_call\\_%'`;
  const known = new Set(rows.map(({ name }) => name));
  function called<T extends Row>(statement: Statement<T>, more: readonly unknown[]): Statement<T> {
    const { text, values } = writeDown(statement);
    const name = callNameOf(text);
    if (!known.has(name)) return statement;
    const given = [...values, ...more];
    return (sql) => sql(callOf(name, given.length, SAYS_SO.exec(text)?.[0]), ...(given as never[])) as never;
  }
  return {
    onShard: (shard, statement) => called(statement, [shard]),
    onEveryShard: (statement) => called(statement, []),
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

/** What a statement for all shards says of itself (every-shard.ts), and so does its call. */
const SAYS_SO = /\/\* every shard: [^*]+ \*\//;

const calls = new Map<string, TemplateStringsArray>();

/** A template like any other, for as many values as the function takes. */
function callOf(name: string, count: number, said = ''): TemplateStringsArray {
  const known = calls.get(name);
  if (known !== undefined) return known;
  const opened = `${said} select * from ${name}(`;
  const texts =
    count === 0 ? [`${opened})`] : [opened, ...Array.from({ length: count - 1 }, () => ', '), ')'];
  const call = Object.assign(texts, { raw: texts });
  calls.set(name, call);
  return call;
}
