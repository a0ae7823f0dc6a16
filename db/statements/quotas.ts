// Quotas: what a tenant may use in a day or a month, measured by the rollups.
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';

export type QuotaKind = 'WebhookEgress' | 'WebhookIngress';
export type QuotaPeriod = 'day' | 'month';
export type QuotaState = 'ok' | 'warned' | 'blocked';

export interface Quota {
  tenantId: string;
  kind: QuotaKind;
  period: QuotaPeriod;
  warnAt: number | null;
  blockAt: number | null;
}

export interface QuotaRow extends Quota {
  used: number;
  state: QuotaState;
  periodStart: Date | null;
  updatedAt: Date;
  updatedBy: string;
}

const columns = (sql: Sql | ReservedSql) => sql`
  tenant_id, kind, period, warn_at::float8 as warn_at, block_at::float8 as block_at, used::float8 as used, state,
  period_start, updated_at, updated_by`;

export function listQuotas(
  sql: ReservedSql,
  shard: number,
  tenantIds: readonly string[],
): PendingQuery<(Row & QuotaRow)[]> {
  return sql`
    select ${columns(sql)} from metering_quotas
    where shard = ${shard} and tenant_id = any (${tenantIds as string[]}::uuid[]) order by kind, period`;
}

/** Locks it for the running transaction, if there is one. */
export function lockQuota(
  sql: ReservedSql,
  shard: number,
  { tenantId, kind, period }: Pick<Quota, 'tenantId' | 'kind' | 'period'>,
): PendingQuery<(Row & QuotaRow)[]> {
  return sql`
    select ${columns(sql)} from metering_quotas
    where shard = ${shard} and tenant_id = ${tenantId} and kind = ${kind} and period = ${period} for update`;
}

/** What was used in the period so far stays as measured; the state follows with the next measurement. */
export function putQuota(
  sql: ReservedSql,
  shard: number,
  { tenantId, kind, period, warnAt, blockAt, by }: Quota & { by: string },
): PendingQuery<(Row & QuotaRow)[]> {
  return sql`
    insert into metering_quotas (shard, tenant_id, kind, period, warn_at, block_at, updated_by)
    values (${shard}, ${tenantId}, ${kind}, ${period}, ${warnAt}, ${blockAt}, ${by})
    on conflict (shard, tenant_id, kind, period) do update set
      warn_at = excluded.warn_at, block_at = excluded.block_at, updated_by = excluded.updated_by, updated_at = excluded.updated_at
    returning ${columns(sql)}`;
}

export function deleteQuota(
  sql: ReservedSql,
  shard: number,
  { tenantId, kind, period }: Pick<Quota, 'tenantId' | 'kind' | 'period'>,
): PendingQuery<(Row & { kind: string })[]> {
  return sql`
    delete from metering_quotas
    where shard = ${shard} and tenant_id = ${tenantId} and kind = ${kind} and period = ${period} returning kind`;
}

export interface Measurement {
  shard: number;
  tenantId: string;
  kind: QuotaKind;
  period: QuotaPeriod;
  periodStart: Date;
  used: number;
  state: QuotaState;
}

/** Of all tenants, as role `pawl_worker`: the quotas that stand differently now from what is written in them. */
export function measureQuotas(sql: Sql, now: Date): PendingQuery<(Row & Measurement)[]> {
  return sql`
    /* every shard: settling usage */
    select m.shard, m.tenant_id, m.kind, m.period, m.starts_at as period_start, m.used_now::float8 as used,
      m.state_now as state
    from (
      select u.*, case
        when u.used_now >= u.block_at then 'blocked' when u.used_now >= u.warn_at then 'warned' else 'ok' end as state_now
      from (
        select q.*, date_trunc(q.period, ${now}::timestamptz, 'UTC') as starts_at, (
          select coalesce(sum(r.quantity), 0) from usage_rollups r
          where r.shard = q.shard and r.tenant_id = q.tenant_id and r.granularity = q.period
            and r.starts_at = date_trunc(q.period, ${now}::timestamptz, 'UTC') and r.kind = q.kind) as used_now
        from metering_quotas q) u) m
    where (m.used, m.state, m.period_start) is distinct from (m.used_now, m.state_now, m.starts_at)`;
}

/**
 * Writes measurements of one shard down, and in the log where a quota changed its state. (In a part of the statement: Citus
 * does not find the other parts from an insert that they stand before.)
 */
export function writeMeasurements(
  sql: ReservedSql,
  shard: number,
  measured: readonly (Measurement & { entryId: string })[],
): PendingQuery<Row[]> {
  const list = <T>(pick: (m: Measurement & { entryId: string }) => T): T[] => measured.map(pick);
  return sql`
    with m as materialized (
      select * from unnest(${list((m) => m.tenantId)}::uuid[], ${list((m) => m.kind)}::text[],
        ${list((m) => m.period)}::text[], ${list((m) => m.periodStart.toISOString())}::timestamptz[],
        ${list((m) => m.used)}::double precision[], ${list((m) => m.state)}::text[], ${list((m) => m.entryId)}::uuid[]
      ) as m(tenant_id, kind, period, period_start, used, state, entry_id)
    ), before as materialized (
      select q.tenant_id, q.kind, q.period, q.state from metering_quotas q join m using (tenant_id, kind, period)
      where q.shard = ${shard}
    ), written as (
      update metering_quotas q set used = m.used, state = m.state, period_start = m.period_start
      from m where q.shard = ${shard} and q.tenant_id = m.tenant_id and q.kind = m.kind and q.period = m.period
      returning q.tenant_id, q.kind, q.period, q.warn_at, q.block_at
    ), logged as (
      insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
      select here.shard, m.tenant_id, m.tenant_id, m.entry_id,
        'quota.' || case when m.state = 'ok' then 'lifted' else m.state end, 'worker',
        jsonb_build_object('kind', m.kind, 'period', m.period, 'period_start', m.period_start, 'used', m.used,
          'warn_at', w.warn_at, 'block_at', w.block_at)
      from shards here cross join m
      join before b using (tenant_id, kind, period) join written w using (tenant_id, kind, period)
      where here.shard = ${shard} and b.state <> m.state)
    select tenant_id, kind, period from written`;
}
