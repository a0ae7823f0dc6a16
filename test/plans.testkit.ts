// Plans of statements that were heard, and what of a plan says that it is not for one shard.
import type { Sql, TransactionSql } from 'postgres';
import { tablesPlaced } from '../db/layout.ts';
import type { HeardStatement } from './statements.testkit.ts';

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: PlanNode[];
  'Distributed Query'?: { Job?: { 'Task Count'?: number }; Subplans?: unknown[] };
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
  const plan = await sql.begin(async (transaction) => {
    await transaction.unsafe(`
      set local enable_seqscan = off; set local enable_bitmapscan = off; set local pawl.tenant_ids = '{}';
      set local plan_cache_mode = ${distributed ? 'auto' : 'force_generic_plan'}`);
    return explain(transaction, text, statement);
  });
  return distributed ? problemOfServers(plan) : problemOfScans(plan);
}

async function explain(
  sql: TransactionSql,
  text: string,
  { types, values }: HeardStatement,
): Promise<PlanNode> {
  const named = await sql<{ name: string }[]>`
    select case type when 0 then 'unknown' else type::oid::regtype::text end as name
    from unnest(${types}::bigint[]) with ordinality as t(type, nth) order by nth`;
  const list = (items: readonly string[]) => (items.length === 0 ? '' : `(${items.join(', ')})`);
  const literals = types.map((_, nth) => literal(values?.[nth] ?? null));
  await sql.unsafe(`prepare heard ${list(named.map(({ name }) => name))} as ${text}`);
  const [row] = await sql.unsafe(`explain (format json) execute heard ${list(literals)}`);
  await sql.unsafe('deallocate heard');
  return (row as unknown as { 'QUERY PLAN': [{ Plan: PlanNode }] })['QUERY PLAN'][0].Plan;
}

const literal = (value: string | null): string =>
  value === null ? 'null' : `'${value.replaceAll("'", "''")}'`;

function problemOfServers(plan: PlanNode): string | null {
  for (const { 'Distributed Query': query } of nodesOf(plan)) {
    if (!query) continue;
    if (query.Subplans && query.Subplans.length > 0) return 'is put together from several plans';
    const tasks = query.Job?.['Task Count'];
    if (tasks !== 1) return `is ${tasks} statements`;
  }
  return null;
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
  ['Index Cond', 'Recheck Cond', 'Filter'].flatMap((key) => (node[key] === undefined ? [] : [String(node[key])])).join(' and ');

function* nodesOf(plan: PlanNode): Generator<PlanNode> {
  yield plan;
  for (const inner of plan.Plans ?? []) yield* nodesOf(inner);
}
