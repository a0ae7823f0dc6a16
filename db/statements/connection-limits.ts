// What holds a connection back now, as the API shows it.
import type { JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface LimitsNow {
  provider: string;
  settings: JsonObject;
  /** Requests that are out. */
  inFlight: number;
  /** Microseconds that it is ahead of an even pace; see connection-rates.ts. */
  aheadUs: number;
  circuit: 'closed' | 'open' | 'half_open';
  /** null: it was never anything but closed. */
  since: Date | null;
  openUntil: Date | null;
  misses: number;
  lastError: { code: string; message: string } | null;
  /** null when it is over. */
  pausedUntil: Date | null;
}

/** Everything by primary key, but for what is out: that reads the tenant's part of the queue. */
export function findLimitsNow(
  sql: ReservedSql,
  shard: number,
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
): PendingQuery<(Row & LimitsNow)[]> {
  return sql`
    select c.provider, c.settings,
      (select count(*)::integer from dispatch_queue q
       where q.shard = ${shard} and q.tenant_id = ${tenantId} and q.connection_id = ${connectionId}
         and q.attempt_id is not null and q.worker_id is not null) as in_flight,
      coalesce(greatest(0, extract(epoch from r.arrival_at - clock_timestamp()) * 1000000), 0)::float8 as ahead_us,
      coalesce(h.circuit, 'closed') as circuit, h.since, h.open_until, coalesce(h.misses, 0) as misses, h.last_error,
      case when h.paused_until > now() then h.paused_until end as paused_until
    from connections c
    left join connection_rates r on r.shard = c.shard and r.tenant_id = c.tenant_id and r.connection_id = c.id
    left join connection_health h on h.shard = c.shard and h.tenant_id = c.tenant_id and h.connection_id = c.id
    where c.shard = ${shard} and c.tenant_id = ${tenantId} and c.id = ${connectionId}`;
}
