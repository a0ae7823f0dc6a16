// Plans of statements that were heard, and what of a plan says that it is not for one shard.
import postgres, { type Sql, type TransactionSql } from 'postgres';
import { tablesPlaced } from '../db/layout.ts';
import type { HeardStatement } from './statements.testkit.ts';

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: PlanNode[];
  [more: string]: unknown;
}

/**
 * The plan that serves every value, of indexes alone; on Citus, which plans for a server, that of the values heard.
 * @param sql a superuser's
 * @returns what is wrong with it; null when nothing is
 */
export async function problemOfPlan(
  sql: Sql,
  text: string,
  statement: HeardStatement,
  distributed: boolean,
): Promise<string | null> {
  const values = await valuesOf(sql, statement);
  const plan = await byIndex(sql, (transaction) =>
    distributed ? planOfValues(transaction, text, values) : generalPlan(transaction, text, values),
  );
  if (!distributed) return problemOfScans(plan);
  if (CALL.test(text)) return [...tasksOf(plan)].join() === '1' ? null : 'is not one task';
  return problemOfServers(plan);
}

/**
 * The joins of the plan that serves every value in which each row of a batch is compared with each row it could belong to.
 * @param sql a superuser's
 */
export async function comparisonsOfEachWithEach(
  sql: Sql,
  text: string,
  statement: HeardStatement,
): Promise<string[]> {
  const plan = await generalPlanOf(sql, text, statement);
  const isLoop = (node: PlanNode) => node['Node Type'] === 'Nested Loop' && node['Join Filter'] !== undefined;
  return [...nodesOf(plan)].filter(isLoop).map((node) => String(node['Join Filter']));
}

/**
 * The tables that a part of the statement reads or writes.
 * @param sql a superuser's
 */
export async function tablesOfPart(
  sql: Sql,
  text: string,
  statement: HeardStatement,
  part: string,
): Promise<string[]> {
  const plan = await generalPlanOf(sql, text, statement);
  const within = [...nodesOf(plan)].filter((node) => node['Subplan Name'] === `CTE ${part}`);
  return [...new Set(within.flatMap((node) => [...nodesOf(node)].map((one) => one['Relation Name'])))].filter(
    (table) => table !== undefined,
  );
}

async function generalPlanOf(sql: Sql, text: string, statement: HeardStatement): Promise<PlanNode> {
  const values = await valuesOf(sql, statement);
  return byIndex(sql, (transaction) => generalPlan(transaction, text, values));
}

const byIndex = (sql: Sql, plan: (transaction: TransactionSql) => Promise<PlanNode>): Promise<PlanNode> =>
  sql.begin(async (transaction) => {
    await transaction.unsafe(`
      set local enable_seqscan = off; set local enable_bitmapscan = off; set local pawl.tenant_ids = '{}'`);
    return plan(transaction);
  }) as Promise<PlanNode>;

/**
 * Of Citus: what the coordinator, and whoever it asks, sends to servers for the statement with the values that were heard. Nothing
 * of it stays; what was written when it was heard may be refused now.
 * @param url a superuser's
 */
export async function messagesOf(url: string, text: string, statement: HeardStatement): Promise<string[]> {
  const sent: string[] = [];
  const sql = postgres(url, { max: 1, onnotice: ({ message }) => sent.push(String(message)) });
  const undone = new Error('undone');
  const values = await valuesOf(sql, statement);
  await sql
    .begin(async (transaction) => {
      await transaction`set local pawl.tenant_ids = '{}'`;
      await transaction`set local citus.log_remote_commands = on`;
      await transaction.unsafe(filled(text, values));
      throw undone;
    })
    .catch((error) => {
      if (error !== undone && error.code !== UNIQUE_VIOLATION) throw error;
    });
  await sql.end();
  return sent.filter(
    (message) => message.startsWith('issuing ') && !/^issuing (?:BEGIN|ROLLBACK)/.test(message),
  );
}

const UNIQUE_VIOLATION = '23505';

interface Value {
  type: string;
  literal: string;
}

async function valuesOf(sql: Sql, { types, values }: HeardStatement): Promise<Value[]> {
  const named = await sql<{ type: string }[]>`
    select case type when 0 then 'unknown' else type::oid::regtype::text end as type
    from unnest(${types}::bigint[]) with ordinality as t(type, nth) order by nth`;
  return named.map(({ type }, nth) => {
    const value = values?.[nth] ?? null;
    return { type, literal: value === null ? 'null' : `'${value.replaceAll("'", "''")}'` };
  });
}

async function generalPlan(sql: TransactionSql, text: string, values: readonly Value[]): Promise<PlanNode> {
  const list = (items: readonly string[]) => (items.length === 0 ? '' : `(${items.join(', ')})`);
  await sql.unsafe(`set local plan_cache_mode = force_generic_plan`);
  await sql.unsafe(`prepare heard ${list(values.map(({ type }) => type))} as ${text}`);
  const plan = await explain(sql, `execute heard ${list(values.map(({ literal }) => literal))}`);
  await sql.unsafe('deallocate heard');
  return plan;
}

/** A call (db/server-calls.ts) is explained as what the function on the coordinator says. */
const CALL = /^select \* from pawl_call_(\w+)\((.*), (\$\d+)\)$/;
const WHAT_IT_SAYS =
  "select part.* from shards here cross join lateral pawl_part_$1($2, '') part where here.shard = $3";

/** Citus explains no statement whose parts take parameters. */
function planOfValues(sql: TransactionSql, text: string, values: readonly Value[]): Promise<PlanNode> {
  return explain(sql, filled(text.replace(CALL, WHAT_IT_SAYS), values));
}

const filled = (text: string, values: readonly Value[]): string =>
  text.replaceAll(/\$(\d+)/g, (_, nth) => {
    const { type, literal } = values[Number(nth) - 1] as Value;
    return type === 'unknown' ? literal : `${literal}::${type}`;
  });

async function explain(sql: TransactionSql, statement: string): Promise<PlanNode> {
  const [row] = await sql.unsafe(`explain (format json) ${statement}`);
  return (row as unknown as { 'QUERY PLAN': [{ Plan: PlanNode }] })['QUERY PLAN'][0].Plan;
}

/** A statement that inserts beside others is done in several steps there; each of them must be for one server. */
function problemOfServers(plan: unknown): string | null {
  const tasks = [...tasksOf(plan)];
  return tasks.every((count) => count === 1) ? null : `is ${tasks.join(' and ')} statements`;
}

function* tasksOf(part: unknown): Generator<number> {
  if (typeof part !== 'object' || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    if (key === 'Task Count') yield Number(value);
    else yield* tasksOf(value);
  }
}

const DISTRIBUTED = new Set<string>(tablesPlaced('distributed'));
const PARTITION = /_(?:\d{4}_\d{2}|rest)$/;
/** `(shard = $1)`, `(q.shard = '7'::smallint)`. */
const SHARD_IS_GIVEN = /\bshard = (?:\$\d+|'\d+'::smallint|\(\$\d+\)::smallint)/;
/** `(shard = j.shard)`: of the row outside of a subquery. */
const SHARD_OF_ANOTHER = /\bshard = (\w+)\.shard\b/g;

/** What a statement inserts into is not scanned: what it selects from is. */
function problemOfScans(plan: PlanNode): string | null {
  const nodes = [...nodesOf(plan)].filter((node) => DISTRIBUTED.has(tableOf(node)));
  const isWritten = (node: PlanNode) => node['Node Type'] === 'ModifyTable';
  const bound = new Set(nodes.filter(isWritten).map(nameOf));
  let left = nodes.filter((node) => !isWritten(node));
  for (let before = -1; before !== left.length; ) {
    before = left.length;
    left = left.filter((node) => {
      const conditions = conditionsOf(node);
      const others = [...conditions.matchAll(SHARD_OF_ANOTHER)].map(([, name]) => String(name));
      if (!SHARD_IS_GIVEN.test(conditions) && !others.some((name) => bound.has(name))) return true;
      bound.add(nameOf(node));
      return false;
    });
  }
  const [first] = left;
  return first ? `reads ${tableOf(first)} by ${conditionsOf(first) || 'nothing'}` : null;
}

const tableOf = (node: PlanNode): string => (node['Relation Name'] ?? '').replace(PARTITION, '');

/** Of a partition, that of its table. */
const nameOf = (node: PlanNode): string => String(node.Alias ?? tableOf(node)).replace(/_\d+$/, '');

const conditionsOf = (node: PlanNode): string =>
  ['Index Cond', 'Recheck Cond', 'Filter']
    .flatMap((key) => (node[key] === undefined ? [] : [String(node[key])]))
    .join(' and ');

function* nodesOf(plan: PlanNode): Generator<PlanNode> {
  yield plan;
  for (const inner of plan.Plans ?? []) yield* nodesOf(inner);
}
