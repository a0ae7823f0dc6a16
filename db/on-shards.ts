// What belongs to several shards is asked of each in a statement of its own, and all of them in one transaction.
import type { Database, PendingQuery, ReservedSql, Row } from './client.ts';

export interface OnShard {
  tenantId: string;
  /** Where this process does not know better. */
  shard: number;
}

/**
 * The transaction may see the rows of the items' tenants only.
 * @param statement is for one shard, and for those of `items` that are on it
 * @returns the rows of all. Shards are asked in one order for everybody: who locks rows in several never waits in vain
 */
export async function onShards<Item extends OnShard, R extends Row>(
  db: Pick<Database, 'together' | 'shardOf' | 'serverCalls'>,
  items: readonly Item[],
  statement: (sql: ReservedSql, shard: number, items: readonly Item[]) => PendingQuery<R[]>,
): Promise<R[]> {
  const calls = await db.serverCalls();
  const byShard = [...Map.groupBy(items, db.shardOf)].toSorted(([a], [b]) => a - b);
  const answers = await db.together<R[]>(
    tenantsOf(items),
    byShard.map(([shard, of]) => calls.onShard(shard, (sql) => statement(sql, shard, of))),
  );
  return answers.flat();
}

export const tenantsOf = (items: readonly Pick<OnShard, 'tenantId'>[]): string[] => [
  ...new Set(items.map(({ tenantId }) => tenantId)),
];
