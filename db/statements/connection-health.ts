// What workers share about the receiver of a connection, or of an endpoint: is its circuit open, who finds out whether it
// is back, did it ask for a pause. Nothing is written while all goes well. Every statement that changes a row counts its
// `revision` up and returns the row as it is then.
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
  /** It is an endpoint, whose id `connectionId` is. */
  toEndpoint: boolean;
}

/** The entry of the log that a circuit which opens or closes leaves, or a pause that is lifted. */
export interface HealthEntry {
  entryId: string;
  actor: string;
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
    case when h.circuit = 'open' then h.open_until when h.circuit = 'half_open' then h.probe_until end - statement_timestamp()) * 1000,
    0)::float8 as closed_for_ms,
  greatest(0, extract(epoch from h.paused_until - statement_timestamp()) * 1000)::float8 as paused_for_ms`;

/**
 * Opens a circuit, and says so in the log. No row when it is not closed, so that of many workers that find out one opens
 * it and tells the others; and none when the receiver was deleted.
 */
export function openCircuit(
  sql: ReservedSql,
  shard: number,
  of: HealthRef,
  { misses, error, ...entry }: HealthEntry & { misses: number; error: JsonObject },
): Answer {
  const { health, receivers, id } = tablesOf(sql, of);
  const data = jsonText({ misses, last_error: error });
  return sql`
    with h as (
      insert into ${health} as h (shard, tenant_id, ${id}, circuit, open_until, misses, openings, last_error)
      select r.shard, r.tenant_id, r.id, 'open', ${openUntil(sql, sql`0`)}, ${misses}, 1, ${jsonText(error)}::text::jsonb
      from ${receivers} r where r.shard = ${shard} and r.tenant_id = ${of.tenantId} and r.id = ${of.connectionId}
      on conflict (shard, tenant_id, ${id}) do update set
        circuit = excluded.circuit, since = excluded.since, open_until = excluded.open_until, misses = excluded.misses,
        openings = excluded.openings, last_error = excluded.last_error, revision = h.revision + 1
      where h.circuit = 'closed'
      returning h.*
    ), logged as (
      ${logHealth(sql, of, { ...entry, what: 'circuit_opened' })}, ${data}::text::jsonb
      from shards here cross join h where here.shard = ${shard}
    )
    select ${healthColumns(sql)} from h`;
}

/**
 * Lets `workerId` find out whether the receiver is back, when it is time and nobody else does: of many workers that ask,
 * one gets `may_try`. A worker that got it and is not heard of for `leaseMs` has lost it.
 */
export function takeProbe(
  sql: ReservedSql,
  shard: number,
  of: HealthRef,
  { workerId, leaseMs }: { workerId: string; leaseMs: number },
): PendingQuery<(Row & ConnectionHealth & { mayTry: boolean })[]> {
  const { health } = tablesOf(sql, of);
  return sql`
    with clock as materialized (
      select statement_timestamp() as at,
        statement_timestamp() + ${leaseMs}::integer * interval '1 millisecond' as probe_until
      from shards where shard = ${shard}
    ), h as (
      update ${health} h set circuit = 'half_open', probe_by = ${workerId},
        since = case when h.circuit = 'open' then clock.at else h.since end,
        probe_until = clock.probe_until, revision = h.revision + 1
      from clock
      where ${isOf(sql, shard, of)}
        and case when h.circuit = 'open' then h.open_until when h.circuit = 'half_open' then h.probe_until end <= clock.at
      returning h.*)
    select ${healthColumns(sql)}, true as may_try from h
    union all
    select ${healthColumns(sql)}, false from ${health} h
    where ${isOf(sql, shard, of)} and not exists (select from h as taken)`;
}

/** The one that found out met nobody: open again, for longer. Not if somebody else finds out by now. */
export function probeMissed(
  sql: ReservedSql,
  shard: number,
  of: HealthRef,
  { workerId, error }: { workerId: string; error: JsonObject },
): Answer {
  return sql`
    with next as materialized (
      select ${openUntil(sql, sql`before.openings`)} as open_until, now() as since
      from ${tablesOf(sql, of).health} before where ${isOf(sql, shard, of, sql`before`)}
    ), h as (
      update ${tablesOf(sql, of).health} h set circuit = 'open', since = next.since, open_until = next.open_until,
        misses = h.misses + 1, openings = h.openings + 1, last_error = ${jsonText(error)}::text::jsonb,
        probe_by = null, probe_until = null, revision = h.revision + 1
      from next where ${isOf(sql, shard, of)} and h.circuit = 'half_open' and h.probe_by = ${workerId}
      returning h.*)
    select ${healthColumns(sql)} from h`;
}

/** The one that would have found out never left: the next may try at once. */
export function probeNotMade(sql: ReservedSql, shard: number, of: HealthRef, workerId: string): Answer {
  return sql`
    with h as (
      update ${tablesOf(sql, of).health} h set circuit = 'open', since = now(), open_until = now(), probe_by = null,
        probe_until = null, revision = h.revision + 1
      where ${isOf(sql, shard, of)} and h.circuit = 'half_open' and h.probe_by = ${workerId}
      returning h.*)
    select ${healthColumns(sql)} from h`;
}

/** The receiver was there, or a person says so; the log says which. No row when the circuit is closed. A pause stays. */
export function closeCircuit(sql: ReservedSql, shard: number, of: HealthRef, entry: HealthEntry): Answer {
  const { health } = tablesOf(sql, of);
  return sql`
    with before as (
      select h.circuit, h.misses from ${health} h
      where ${isOf(sql, shard, of)} and h.circuit <> 'closed' for update
    ), h as (
      update ${health} h set circuit = 'closed', since = now(), open_until = null, misses = 0, openings = 0,
        probe_by = null, probe_until = null, revision = h.revision + 1
      from before where ${isOf(sql, shard, of)}
      returning h.*
    ), logged as (
      ${logHealth(sql, of, { ...entry, what: 'circuit_closed' })},
        jsonb_build_object('was', before.circuit, 'misses', before.misses)
      from shards here cross join h cross join before where here.shard = ${shard}
    )
    select ${healthColumns(sql)} from h`;
}

/** The later of two pauses holds. No row when the receiver was deleted. */
export function pauseConnection(sql: ReservedSql, shard: number, of: HealthRef, forMs: number): Answer {
  const { health, receivers, id } = tablesOf(sql, of);
  return sql`
    with h as (
    insert into ${health} as h (shard, tenant_id, ${id}, paused_until)
    select r.shard, r.tenant_id, r.id, statement_timestamp() + ${forMs}::integer * interval '1 millisecond'
    from ${receivers} r where r.shard = ${shard} and r.tenant_id = ${of.tenantId} and r.id = ${of.connectionId}
    on conflict (shard, tenant_id, ${id}) do update set
      paused_until = greatest(h.paused_until, excluded.paused_until), revision = h.revision + 1
    returning h.*)
    select ${healthColumns(sql)} from h`;
}

/** A person says so, or asks the receiver with something else; the log says it. No row when there is no pause. */
export function liftPause(sql: ReservedSql, shard: number, of: HealthRef, entry: HealthEntry): Answer {
  const { health } = tablesOf(sql, of);
  return sql`
    with before as (
      select extract(epoch from h.paused_until - statement_timestamp()) * 1000 as left_ms from ${health} h
      where ${isOf(sql, shard, of)} and h.paused_until > statement_timestamp() for update
    ), h as (
      update ${health} h set paused_until = null, revision = h.revision + 1
      from before where ${isOf(sql, shard, of)}
      returning h.*
    ), logged as (
      ${logHealth(sql, of, { ...entry, what: 'pause_lifted' })}, jsonb_build_object('left_ms', ceil(before.left_ms))
      from shards here cross join h cross join before where here.shard = ${shard}
    )
    select ${healthColumns(sql)} from h`;
}

const tablesOf = (sql: ReservedSql, { toEndpoint }: HealthRef) =>
  toEndpoint
    ? { health: sql`endpoint_health`, receivers: sql`endpoints`, id: sql`endpoint_id` }
    : { health: sql`connection_health`, receivers: sql`connections`, id: sql`connection_id` };

/** `h` is the row of this receiver. */
const isOf = (sql: ReservedSql, shard: number, of: HealthRef, h = sql`h`): PendingQuery<Row[]> => sql`
  ${h}.shard = ${shard} and ${h}.tenant_id = ${of.tenantId} and ${h}.${tablesOf(sql, of).id} = ${of.connectionId}`;

/** An insert up to its last column: what follows gives `data`, from \`here\` and \`h\`, and no row where \`h\` has none. */
const logHealth = (
  sql: ReservedSql,
  { tenantId, connectionId, toEndpoint }: HealthRef,
  { entryId, actor, what }: HealthEntry & { what: 'circuit_opened' | 'circuit_closed' | 'pause_lifted' },
): PendingQuery<Row[]> => sql`
  insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
  select here.shard, ${tenantId}, ${connectionId}, ${entryId},
    ${`${toEndpoint ? 'endpoint' : 'connection'}.${what}`}, ${actor}`;

const openUntil = (sql: ReservedSql, openings: PendingQuery<Row[]>): PendingQuery<Row[]> => sql`
  statement_timestamp() + least(${OPEN_LONGEST_MS}::integer,
    ${OPEN_FIRST_MS}::integer * 2 ^ least(${openings}, ${DOUBLED_MOST}::integer)) * interval '1 millisecond'`;
