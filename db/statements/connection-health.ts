// What workers share about a receiver: is its circuit open, who finds out whether it is back, did it ask for a pause.
// Nothing is written while all goes well. Every statement counts `revision` up and returns the row as it is then.
import type { JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';

export interface ConnectionHealth {
  circuit: 'closed' | 'open' | 'half_open';
  /** Milliseconds from now until one request may find out, or until the one that does counts as lost; 0: now. */
  closedForMs: number;
  /** Milliseconds; 0: no pause. */
  pausedForMs: number;
  revision: number;
}

export interface HealthRef {
  tenantId: string;
  connectionId: string;
}

type Answer = PendingQuery<(Row & ConnectionHealth)[]>;

/** An outage is looked at after 5 s, then twice as long each time, 5 min at most: a receiver that is back is soon used. */
const OPEN_FIRST_MS = 5_000;
const OPEN_LONGEST_MS = 300_000;
/** 5 s doubled that often is longer than the longest. */
const DOUBLED_MOST = 6;

/** As the workers measure time: by how long, since their clocks differ. `h` is the row. */
export const healthColumns = (sql: ReservedSql): PendingQuery<Row[]> => sql`
  h.circuit, h.revision::float8 as revision,
  greatest(0, extract(epoch from
    case h.circuit when 'open' then h.open_until when 'half_open' then h.probe_until end - clock_timestamp()) * 1000,
    0)::float8 as closed_for_ms,
  greatest(0, extract(epoch from h.paused_until - clock_timestamp()) * 1000)::float8 as paused_for_ms`;

/** Opens a closed circuit; one that is open or half open stays so. No row when the connection is gone. */
export function openCircuit(
  sql: ReservedSql,
  shard: number,
  { tenantId, connectionId }: HealthRef,
  { misses, error }: { misses: number; error: JsonObject },
): Answer {
  return sql`
    insert into connection_health as h (shard, tenant_id, connection_id, circuit, open_until, misses, openings, last_error)
    select c.shard, c.tenant_id, c.id, 'open', ${openUntil(sql, sql`0`)}, ${misses}, 1, ${jsonText(error)}::text::jsonb
    from connections c where c.shard = ${shard} and c.tenant_id = ${tenantId} and c.id = ${connectionId}
    on conflict (shard, tenant_id, connection_id) do update set
      circuit = case h.circuit when 'closed' then 'open' else h.circuit end,
      since = case h.circuit when 'closed' then excluded.since else h.since end,
      open_until = case h.circuit when 'closed' then ${openUntil(sql, sql`h.openings`)} else h.open_until end,
      misses = case h.circuit when 'closed' then excluded.misses else h.misses end,
      openings = case h.circuit when 'closed' then h.openings + 1 else h.openings end,
      last_error = excluded.last_error, revision = h.revision + 1
    returning ${healthColumns(sql)}`;
}

/**
 * Lets `workerId` find out whether the receiver is back, when it is time and nobody else does: of many workers that ask,
 * one gets `may_try`. A worker that got it and is not heard of for `leaseMs` has lost it.
 */
export function takeProbe(
  sql: ReservedSql,
  shard: number,
  { tenantId, connectionId }: HealthRef,
  { workerId, leaseMs }: { workerId: string; leaseMs: number },
): PendingQuery<(Row & ConnectionHealth & { mayTry: boolean })[]> {
  return sql`
    with taken as (
      update connection_health h set circuit = 'half_open', probe_by = ${workerId},
        since = case h.circuit when 'open' then now() else h.since end,
        probe_until = clock_timestamp() + ${leaseMs}::integer * interval '1 millisecond', revision = h.revision + 1
      where h.shard = ${shard} and h.tenant_id = ${tenantId} and h.connection_id = ${connectionId}
        and case h.circuit when 'open' then h.open_until when 'half_open' then h.probe_until end <= clock_timestamp()
      returning ${healthColumns(sql)}, true as may_try)
    select * from taken
    union all
    select ${healthColumns(sql)}, false from connection_health h
    where h.shard = ${shard} and h.tenant_id = ${tenantId} and h.connection_id = ${connectionId}
      and not exists (select from taken)`;
}

/** The one that found out met nobody: open again, for longer. Not if somebody else finds out by now. */
export function probeMissed(
  sql: ReservedSql,
  shard: number,
  { tenantId, connectionId }: HealthRef,
  { workerId, error }: { workerId: string; error: JsonObject },
): Answer {
  return sql`
    update connection_health h set circuit = 'open', since = now(), open_until = ${openUntil(sql, sql`h.openings`)},
      misses = h.misses + 1, openings = h.openings + 1, last_error = ${jsonText(error)}::text::jsonb,
      probe_by = null, probe_until = null, revision = h.revision + 1
    where h.shard = ${shard} and h.tenant_id = ${tenantId} and h.connection_id = ${connectionId}
      and h.circuit = 'half_open' and h.probe_by = ${workerId}
    returning ${healthColumns(sql)}`;
}

/** The one that would have found out never left: the next may try at once. */
export function probeNotMade(
  sql: ReservedSql,
  shard: number,
  { tenantId, connectionId }: HealthRef,
  workerId: string,
): Answer {
  return sql`
    update connection_health h set circuit = 'open', since = now(), open_until = now(), probe_by = null,
      probe_until = null, revision = h.revision + 1
    where h.shard = ${shard} and h.tenant_id = ${tenantId} and h.connection_id = ${connectionId}
      and h.circuit = 'half_open' and h.probe_by = ${workerId}
    returning ${healthColumns(sql)}`;
}

/** The receiver was there, or a person says so. No row when the circuit is closed. A pause stays. */
export function closeCircuit(sql: ReservedSql, shard: number, { tenantId, connectionId }: HealthRef): Answer {
  return sql`
    update connection_health h set circuit = 'closed', since = now(), open_until = null, misses = 0, openings = 0,
      probe_by = null, probe_until = null, revision = h.revision + 1
    where h.shard = ${shard} and h.tenant_id = ${tenantId} and h.connection_id = ${connectionId}
      and h.circuit <> 'closed'
    returning ${healthColumns(sql)}`;
}

/** The later of two pauses holds. No row when the connection is gone. */
export function pauseConnection(
  sql: ReservedSql,
  shard: number,
  { tenantId, connectionId }: HealthRef,
  forMs: number,
): Answer {
  return sql`
    insert into connection_health as h (shard, tenant_id, connection_id, paused_until)
    select c.shard, c.tenant_id, c.id, clock_timestamp() + ${forMs}::integer * interval '1 millisecond'
    from connections c where c.shard = ${shard} and c.tenant_id = ${tenantId} and c.id = ${connectionId}
    on conflict (shard, tenant_id, connection_id) do update set
      paused_until = greatest(h.paused_until, excluded.paused_until), revision = h.revision + 1
    returning ${healthColumns(sql)}`;
}

const openUntil = (sql: ReservedSql, openings: PendingQuery<Row[]>): PendingQuery<Row[]> => sql`
  clock_timestamp() + least(${OPEN_LONGEST_MS}::integer,
    ${OPEN_FIRST_MS}::integer * 2 ^ least(${openings}, ${DOUBLED_MOST}::integer)) * interval '1 millisecond'`;
