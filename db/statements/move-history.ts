// Of a tenant that moves: what came since, what is over, and what is still counted. As role `pawl_mover`.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import type { TableName } from '../layout.ts';
import type { History, MovedTable } from '../moved-tables.ts';
import { copyRows, deleteRows, lockRollups, type Mark, type Way } from './move-rows.ts';

type Tables = ReadonlyMap<TableName, MovedTable>;
type Fragment = PendingQuery<Row[]>;

/** A row's own time may be that of before its transaction, and that of before the mark. */
const SLACK = '10 minutes';

export const everything = (sql: ReservedSql): Fragment => sql`true`;

/** Of a table, what the first pass takes: the rest is not over yet, and comes along later. */
export function whatStays(sql: ReservedSql, name: History, first: Mark): Fragment {
  if (name === 'utility_ledger') return sql`tx < ${first.tx}::text::bigint`;
  if (name === 'usage_rollups') return sql`not ${whatIsOpen(sql, first)}`;
  return everything(sql);
}

/** Rollups of periods that were not closed then. */
const whatIsOpen = (sql: ReservedSql, { closedUntil }: Mark): Fragment =>
  closedUntil === null
    ? sql`true`
    : sql`(starts_at >= date_trunc(granularity, ${closedUntil}::text::timestamptz, 'UTC'))`;

const recently = (sql: ReservedSql, { at }: Mark): Fragment =>
  sql`(${at}::text::timestamptz - ${SLACK}::text::interval)`;

/** Copies everything that may have changed since `since`; of the ledger up to `until`, what is settled (null: all of it). */
export async function copyChanges(
  sql: ReservedSql,
  tables: Tables,
  way: Way,
  { since, until }: { since: Mark; until: Mark | null },
): Promise<void> {
  const { from, tenantId } = way;
  const copy = (name: History, where: Fragment) => copyRows(sql, tables.get(name) as MovedTable, way, where);
  const recent = recently(sql, since);
  const newest = sql`pawl_first_id(${recent})`;
  // Whatever happens to a job, or to what it sends, has an entry in the log; what is under way is in the queue.
  const touched = sql`(
    select subject_id from event_log
    where shard = ${from} and tenant_id = ${tenantId} and position > ${since.position}::text::bigint
    union select job_id from dispatch_queue where shard = ${from} and tenant_id = ${tenantId})`;
  const settled = until === null ? sql`` : sql`and tx < ${until.tx}::text::bigint`;
  await Promise.all([
    copy('utility_ledger', sql`tx >= ${since.tx}::text::bigint ${settled}`),
    // Two statements each: an index serves either condition, and none serves both.
    copy('jobs', sql`id in ${touched}`),
    copy('jobs', sql`id >= ${newest}`),
    copy('action_runs', sql`job_id in ${touched}`),
    copy('action_runs', sql`id >= ${newest}`),
    copy('deliveries', sql`job_id in ${touched}`),
    copy('deliveries', sql`id >= ${newest}`),
    copy('idempotency_keys', sql`subject_id in ${touched}`),
    copy('idempotency_keys', sql`created_at >= ${recent}`),
    // An event changes until it has left the queue, whose head may be older than what is recent.
    copy(
      'inbound_events',
      sql`id >= least(${newest}, (
        select min(id::text)::uuid from inbound_queue where shard = ${from} and tenant_id = ${tenantId}))`,
    ),
    copy('inbound_deliveries', sql`id >= ${newest}`),
  ]);
}

/** What is not counted yet, or not closed, goes along at once: whoever counts or closes must see it in one place. */
export async function moveOpenUsage(sql: ReservedSql, tables: Tables, way: Way, first: Mark): Promise<void> {
  const [table, there] = [(name: History) => tables.get(name) as MovedTable, { ...way, shard: way.from }];
  const [progress] = await lockRollups(sql);
  const unsettled = sql`tx >= ${progress?.settled ?? '0'}::text::bigint`;
  await deleteRows(sql, table('utility_ledger'), there, unsettled);
  const open = whatIsOpen(sql, first);
  await copyRows(sql, table('usage_rollups'), way, open);
  await deleteRows(sql, table('usage_rollups'), there, open);
  await copyRows(sql, table('closed_periods'), way, sql`closed_at >= ${recently(sql, first)}`);
}
