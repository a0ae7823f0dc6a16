// Which tables a tenant has rows in, and in which way each goes along when the tenant moves to another shard.
import type { Sql } from './client.ts';
import { type TableName, tablesPlaced } from './layout.ts';

/** Of each shard, and of no tenant. */
export const OF_SHARDS: readonly TableName[] = ['shards', 'event_log_sealers', 'metering_settled'];

/**
 * What grows for as long as a tenant works, and is copied while it goes on working. All other tables hold what is set up,
 * or what is still to be done, and go along at once while the tenant stands still.
 */
export const HISTORY = [
  'event_log',
  'event_log_seals',
  'utility_ledger',
  'usage_rollups',
  'closed_periods',
  'jobs',
  'action_runs',
  'deliveries',
  'idempotency_keys',
  'inbound_events',
  'inbound_deliveries',
] as const satisfies readonly TableName[];

export type History = (typeof HISTORY)[number];

/** Of which a row may have changed since it was copied: of the others what was copied is compared to the last bit. */
export const CHANGES: ReadonlySet<History> = new Set(['jobs', 'action_runs', 'inbound_events']);

export const WHOLE: readonly TableName[] = tablesPlaced('distributed').filter(
  (table) => !OF_SHARDS.includes(table) && !(HISTORY as readonly TableName[]).includes(table),
);

export interface MovedTable<N extends TableName = TableName> {
  name: N;
  /** Without `shard`. */
  columns: string[];
  /** Of the primary key, or what else is unique where partitions have that alone; without `shard` and `tenant_id`. */
  key: { column: string; type: string }[];
}

/** As the database has them now. */
export async function movedTables(sql: Sql): Promise<Map<TableName, MovedTable>> {
  const names = [...HISTORY, ...WHOLE];
  const rows = await sql<{ name: TableName; column: string; type: string; nth: number | null }[]>`
    select t.name, a.attname::text as column, format_type(a.atttypid, a.atttypmod) as type,
      array_position(i.indkey::smallint[], a.attnum) as nth
    from unnest(${names as string[]}::text[]) with ordinality as t(name, n)
    join pg_attribute a on a.attrelid = t.name::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    cross join lateral (
      select indkey from pg_index
      where indrelid = a.attrelid and indisunique and indpred is null and indexprs is null
      order by indisprimary desc limit 1) i
    order by t.n, a.attnum`;
  const isOwn = ({ column }: { column: string }) => column !== 'shard' && column !== 'tenant_id';
  return new Map(
    [...Map.groupBy(rows, ({ name }) => name)].map(([name, of]) => {
      const key = of
        .filter((row) => row.nth !== null && isOwn(row))
        .sort((a, b) => Number(a.nth) - Number(b.nth));
      const columns = of.filter(({ column }) => column !== 'shard').map(({ column }) => column);
      return [name, { name, columns, key: key.map(({ column, type }) => ({ column, type })) }];
    }),
  );
}
