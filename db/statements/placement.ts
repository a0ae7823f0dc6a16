// What `pawl db status` shows: how many rows and bytes the shards have, and where they lie.
import type { PendingQuery, Row, Sql } from '../client.ts';

export interface ShardUse {
  shard: number;
  tenants: number;
  activeJobs: number;
  queued: number;
}

/** For every shard that has a tenant, a line. Reads every shard: an operator's question, not for a request. */
export async function shardUse(sql: Sql): Promise<ShardUse[]> {
  const tenants = await sql<{ shard: number; count: number }[]>`
    select shard, count(*)::integer as count from tenants group by shard order by shard`;
  const jobs = await sql<{ shard: number; count: number }[]>`
    select shard, count(*)::integer as count from jobs where status = 'ACTIVE' group by shard`;
  const queued = await sql<{ shard: number; count: number }[]>`
    select shard, count(*)::integer as count from dispatch_queue group by shard`;
  const of = (rows: readonly { shard: number; count: number }[]) =>
    new Map(rows.map(({ shard, count }) => [shard, count]));
  const [active, waiting] = [of(jobs), of(queued)];
  return tenants.map(({ shard, count }) => ({
    shard,
    tenants: count,
    activeJobs: active.get(shard) ?? 0,
    queued: waiting.get(shard) ?? 0,
  }));
}

export interface TableSize {
  table: string;
  bytes: number;
}

/** Of one Postgres: each table with its partitions, the largest first. */
export function tableSizes(sql: Sql, tables: readonly string[]): PendingQuery<(Row & TableSize)[]> {
  return sql`
    select t as table, coalesce((
      select sum(pg_total_relation_size(relid)) from pg_partition_tree(t::regclass)), pg_total_relation_size(t::regclass)
      )::float8 as bytes
    from unnest(${tables as string[]}::text[]) as t
    order by bytes desc, t`;
}

/** Of Citus: the same, summed over all servers. */
export function distributedTableSizes(sql: Sql): PendingQuery<(Row & TableSize)[]> {
  return sql`
    select coalesce(parent.inhparent, s.table_name::oid)::regclass::text as table, sum(s.shard_size)::float8 as bytes
    from citus_shards s left join pg_inherits parent on parent.inhrelid = s.table_name::oid
    group by 1 order by bytes desc, 1`;
}

export interface TenantRows {
  shard: number;
  tenantId: string;
  rows: number;
}

/** Of these tables, those whose rows say whose they are. */
export function tablesOfTenants(
  sql: Sql,
  tables: readonly string[],
): PendingQuery<(Row & { table: string })[]> {
  return sql`
    select t as table from unnest(${tables as string[]}::text[]) as t
    where exists (
      select from pg_attribute
      where attrelid = t::regclass and attname = 'tenant_id' and not attisdropped)`;
}

/**
 * Rows of each tenant in some pages of a table, the same ones each time. @param percent of the pages; 100 reads all of it
 */
export function sampleRows(sql: Sql, table: string, percent: number): PendingQuery<(Row & TenantRows)[]> {
  return sql`
    select shard, tenant_id, count(*)::float8 as rows
    from ${sql(table)} tablesample system (${percent}::float8) repeatable (0)
    group by shard, tenant_id`;
}

export interface ServerUse {
  server: string;
  /** Buckets of `jobs`, each with what is beside it. */
  buckets: number;
  bytes: number;
}

/** Of Citus: what each server holds of the tables that are laid out by shard. */
export function serverUse(sql: Sql): PendingQuery<(Row & ServerUse)[]> {
  return sql`
    select nodename || ':' || nodeport as server,
      (count(*) filter (where table_name = 'jobs'::regclass))::integer as buckets, sum(shard_size)::float8 as bytes
    from citus_shards where citus_table_type = 'distributed' group by 1 order by 1`;
}

export interface BucketUse {
  server: string;
  bucket: number;
  bytes: number;
  /** Those that have tenants. */
  shards: number[];
}

/** Of Citus: each bucket that shards with tenants lie in, with all that is beside it, the largest first. */
export async function bucketUse(sql: Sql): Promise<BucketUse[]> {
  const tenants = await sql<{ shard: number }[]>`select distinct shard from tenants order by shard`;
  const places = await shardPlaces(
    sql,
    tenants.map(({ shard }) => shard),
  );
  const sizes = await sql<{ bucket: number; bytes: number }[]>`
    select first.shardid::float8 as bucket, sum(size.shard_size)::float8 as bytes
    from pg_dist_shard first
    join pg_dist_shard beside on beside.shardminvalue = first.shardminvalue
    join citus_shards size on size.shardid = beside.shardid and size.citus_table_type = 'distributed'
    where first.logicalrelid = 'jobs'::regclass group by 1 order by 2 desc, 1`;
  return sizes.flatMap(({ bucket, bytes }) => {
    const inside = places.filter((place) => place.bucket === bucket);
    const [place] = inside;
    return place ? [{ server: place.server, bucket, bytes, shards: inside.map(({ shard }) => shard) }] : [];
  });
}

/** Of Citus: which server and bucket a shard lies in. */
export function shardPlaces(
  sql: Sql,
  shards: readonly number[],
): PendingQuery<(Row & { shard: number; server: string; bucket: number })[]> {
  return sql`
    select s.shard, nodename || ':' || nodeport as server, b.bucket::float8 as bucket
    from unnest(${shards as number[]}::smallint[]) as s(shard)
    cross join lateral (select get_shard_id_for_distribution_column('jobs', s.shard) as bucket) b
    join citus_shards c on c.shardid = b.bucket
    order by s.shard`;
}
