// Sending slots of connections that have a rate, on the database's clock: GCRA, the leaky bucket that keeps one moment
// for each connection. Exact across workers, as all of them take their slots from the same row.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { tenantsOf } from '../on-shards.ts';

export interface SlotsWanted {
  tenantId: string;
  connectionId: string;
  /** Microseconds between two requests at an even pace. */
  spacingUs: number;
  burst: number;
  slots: number;
}

export interface SlotsGranted {
  tenantId: string;
  connectionId: string;
  granted: number;
  /** Microseconds that the connection is ahead of an even pace, what was granted included. */
  aheadUs: number;
}

/**
 * Grants what is free now. In any time `t`, all that are granted together are at most `burst + t / spacing`.
 * Locks the rows in the order of their key, and reads the clock when it has them all, so that nobody is granted a moment
 * that has passed. A row that is ahead by more than a burst (its rate was raised, or the clock set back) counts as ahead
 * by one burst.
 * @returns no row for a connection that has none in the table; see `addRates`
 */
export function takeSlots(
  sql: ReservedSql,
  shard: number,
  wanted: readonly SlotsWanted[],
): PendingQuery<(Row & SlotsGranted)[]> {
  return sql`
    with held as materialized (
      select r.tenant_id, r.connection_id, r.arrival_at, w.spacing_us, w.burst, w.slots
      from unnest(${wanted.map((w) => w.tenantId)}::uuid[], ${wanted.map((w) => w.connectionId)}::uuid[],
        ${wanted.map((w) => w.spacingUs)}::bigint[], ${wanted.map((w) => w.burst)}::integer[],
        ${wanted.map((w) => w.slots)}::integer[]) as w(tenant_id, connection_id, spacing_us, burst, slots)
      join connection_rates r on r.shard = ${shard} and r.tenant_id = w.tenant_id and r.connection_id = w.connection_id
        and r.tenant_id = any (${tenantsOf(wanted)}::uuid[])
        and r.connection_id = any (${wanted.map((w) => w.connectionId)}::uuid[])
      order by r.tenant_id, r.connection_id for update of r
    ), clock as materialized (
      select clock_timestamp() as at, count(*) from held
    ), before as materialized (
      select h.*, c.at, least(h.burst * h.spacing_us,
        greatest(0, extract(epoch from h.arrival_at - c.at) * 1000000))::bigint as ahead_us
      from held h cross join clock c
    ), after as materialized (
      select b.*, greatest(0, least(b.slots, (b.burst * b.spacing_us - b.ahead_us) / b.spacing_us))::integer as granted
      from before b
    ), next as materialized (
      select a.*, a.at + (a.ahead_us + a.granted * a.spacing_us) * interval '1 microsecond' as arrival_at
      from (select tenant_id, connection_id, at, ahead_us, spacing_us, granted from after) a
    ), moved as (
      update connection_rates r
      set arrival_at = a.arrival_at
      from next a
      where a.granted > 0 and r.shard = ${shard} and r.tenant_id = a.tenant_id and r.connection_id = a.connection_id
        and r.tenant_id = any (${tenantsOf(wanted)}::uuid[])
        and r.connection_id = any (${wanted.map((w) => w.connectionId)}::uuid[]))
    select tenant_id, connection_id, granted, (ahead_us + granted * spacing_us)::float8 as ahead_us from after`;
}

/** The rows of connections that exist; what is there already stays as it is. */
export function addRates(
  sql: ReservedSql,
  shard: number,
  connections: readonly { tenantId: string; connectionId: string }[],
): PendingQuery<Row[]> {
  return sql`
    insert into connection_rates (shard, tenant_id, connection_id)
    select c.shard, c.tenant_id, c.id from connections c
    where c.shard = ${shard} and c.tenant_id = any (${connections.map((c) => c.tenantId)}::uuid[])
      and c.id = any (${connections.map((c) => c.connectionId)}::uuid[])
    on conflict do nothing`;
}
