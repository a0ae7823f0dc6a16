// How a database is filled: where its tables lie, how large they are, and which shards and tenants have how much of it.
import type { Database, Sql } from './client.ts';
import { tablesPlaced } from './layout.ts';
import {
  type BucketUse,
  bucketUse,
  distributedTableSizes,
  type ServerUse,
  type ShardUse,
  sampleRows,
  serverUse,
  shardPlaces,
  shardUse,
  type TableSize,
  tableSizes,
  tablesOfTenants,
} from './statements/placement.ts';
import { listTenants } from './statements/tenants.ts';

export interface DatabaseStatus {
  citus: boolean;
  /** The largest first. */
  tables: TableSize[];
  /** Of Citus. */
  servers: ServerUse[];
  buckets: BucketUse[];
  shards: (ShardUse & { bytes: number; server: string | null; bucket: number | null })[];
  /** The largest, the largest first. */
  tenants: TenantUse[];
}

export interface TenantUse {
  id: string;
  slug: string;
  shard: number;
  /** About: its part of the rows of each table, of what these tables take up with their indexes. */
  bytes: number;
  /** Of what all tenants have. */
  share: number;
}

/** Of each table no more than this is read, so that the answer comes in seconds. */
const SAMPLE_BYTES = 64 * 2 ** 20;
const TENANTS_SHOWN = 10;

/** @param db as role `pawl_operator` */
export async function databaseStatus({ sql, isDistributed }: Database): Promise<DatabaseStatus> {
  const citus = await isDistributed();
  const known = [...tablesPlaced('distributed'), ...tablesPlaced('reference'), ...tablesPlaced('local')];
  const tables = [...(citus ? await distributedTableSizes(sql) : await tableSizes(sql, known))];
  const sizes = await sizesOfTenants(sql, tables);
  const total = sumOf(sizes);
  const slugs = new Map((await listTenants(sql)).map(({ id, slug }) => [id, slug]));
  return {
    citus,
    tables,
    servers: citus ? [...(await serverUse(sql))] : [],
    buckets: citus ? await bucketUse(sql) : [],
    shards: await shardsOf(sql, citus, sizes),
    tenants: sizes.slice(0, TENANTS_SHOWN).map(({ tenantId, shard, bytes }) => ({
      id: tenantId,
      slug: slugs.get(tenantId) ?? tenantId,
      shard,
      bytes,
      share: bytes / total,
    })),
  };
}

const sumOf = (uses: readonly { bytes: number }[]): number => uses.reduce((sum, { bytes }) => sum + bytes, 0);

interface TenantSize {
  tenantId: string;
  shard: number;
  bytes: number;
}

/** The largest first. A tenant that is being moved is on two shards. */
async function sizesOfTenants(sql: Sql, tables: readonly TableSize[]): Promise<TenantSize[]> {
  const placed = new Set<string>(tablesPlaced('distributed'));
  const candidates = tables.map(({ table }) => table).filter((table) => placed.has(table));
  const owned = new Set((await tablesOfTenants(sql, candidates)).map(({ table }) => table));
  const sizes = new Map<string, TenantSize>();
  for (const { table, bytes } of tables) {
    if (!owned.has(table) || bytes === 0) continue;
    const sampled = await sampleRows(sql, table, Math.min(100, (100 * SAMPLE_BYTES) / bytes));
    const all = sampled.reduce((sum, { rows }) => sum + rows, 0);
    for (const { tenantId, shard, rows } of sampled) {
      const key = `${shard} ${tenantId}`;
      const size = sizes.get(key) ?? { tenantId, shard, bytes: 0 };
      size.bytes += (bytes * rows) / all;
      sizes.set(key, size);
    }
  }
  return [...sizes.values()].sort((a, b) => b.bytes - a.bytes);
}

async function shardsOf(
  sql: Sql,
  citus: boolean,
  sizes: readonly TenantSize[],
): Promise<DatabaseStatus['shards']> {
  const uses = await shardUse(sql);
  const shards = uses.map(({ shard }) => shard);
  const places = new Map((citus ? await shardPlaces(sql, shards) : []).map((place) => [place.shard, place]));
  const inside = Map.groupBy(sizes, ({ shard }) => shard);
  return uses.map((use) => ({
    ...use,
    bytes: sumOf(inside.get(use.shard) ?? []),
    server: places.get(use.shard)?.server ?? null,
    bucket: places.get(use.shard)?.bucket ?? null,
  }));
}
