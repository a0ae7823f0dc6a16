// Partitions of action_runs and inbound_events that are past their time, and what keeps one from being dropped.
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';

export type PartitionedById = 'action_runs' | 'inbound_events';

/** Ids from `first` on, and before `next`. */
export interface IdSpan {
  first: string;
  next: string;
}

/** Partitions that ended more than `keepDays` ago, oldest first. That of rows without another is never among them. */
export function listOldIdPartitions(
  sql: Sql,
  table: PartitionedById,
  keepDays: number,
): PendingQuery<(Row & IdSpan & { name: string })[]> {
  return sql`
    select name, pawl_first_id(coalesce(starts_at, to_timestamp(0))) as first, pawl_first_id(ends_at) as next
    from pawl_id_partitions(${table})
    where ends_at < now() - make_interval(days => ${keepDays}::integer) order by ends_at`;
}

/** The span of all partitions that are past their time, made or not. */
export function pastSpan(sql: Sql, table: PartitionedById, keepDays: number): PendingQuery<(Row & IdSpan)[]> {
  return sql`
    select pawl_first_id(to_timestamp(0)) as first, pawl_first_id(
      date_trunc(pawl_partition_width(${table}), now() at time zone 'utc' - make_interval(days => ${keepDays}::integer))
        at time zone 'utc') as next`;
}

/** @returns whether it could be dropped; nothing waits for it longer than a fraction of a second */
export function dropIdPartition(
  sql: ReservedSql,
  { table, name, keepDays }: { table: PartitionedById; name: string; keepDays: number },
): PendingQuery<(Row & { dropped: boolean })[]> {
  return sql`select pawl_drop_id_partition(${table}, ${name}, ${keepDays}::integer) as dropped`;
}

/**
 * Whether anything of the span waits to be done. Reads the whole queue, of all tenants, which is short. On Citus the owner looks:
 * it dropped the partition, and in one transaction a server shows what one user changed to nobody else.
 */
export function isQueued(
  sql: ReservedSql,
  table: PartitionedById,
  { first, next, distributed }: IdSpan & { distributed: boolean },
): PendingQuery<(Row & { queued: boolean })[]> {
  const name = table === 'action_runs' ? 'dispatch_queue' : 'inbound_queue';
  if (distributed) return sql`select pawl_is_queued(${name}, ${first}, ${next}) as queued`;
  return sql`select exists (select from ${sql(name)} where id >= ${first} and id < ${next}) as queued`;
}

/** Deliveries whose run went with its partition, a thousand at most. By primary key, as their ids are in the span. */
export function forgetDeliveriesWithoutRun(
  sql: ReservedSql,
  shard: number,
  { tenantId, span }: { tenantId: string; span: IdSpan },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    with gone as materialized (
      select d.id from deliveries d
      where d.shard = ${shard} and d.tenant_id = ${tenantId} and d.id >= ${span.first} and d.id < ${span.next}
        and not exists (
          select from action_runs r
          where r.shard = ${shard} and r.tenant_id = ${tenantId} and r.id = d.id and r.transition_id = d.id offset 0)
      order by d.id limit 1000
    )
    delete from deliveries d using gone
    where d.shard = ${shard} and d.tenant_id = ${tenantId} and d.id = gone.id
    returning d.id`;
}
