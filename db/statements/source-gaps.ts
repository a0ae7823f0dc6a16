// Sources whose vendor is asked to send again what did not arrive: set up by the API, carried out by whichever worker holds
// the lease.
import type { JsonObject } from '../../engine/json.ts';
import type { Database, PendingQuery, ReservedSql, Row, Sql } from '../client.ts';
import { jsonText } from '../json-text.ts';
import { payloadColumn } from './store-inbound.ts';

/** By the name that `Gaps.hookOf` gives a webhook of the vendor; moments as ISO 8601. */
export type Hooks = Record<string, Hook>;

export interface Hook {
  /** From when on the next look has to read: whatever was sent before arrived, or is given up. */
  from: string;
  /** When something last came in from it. */
  heardAt: string;
  /** When the vendor was last asked about it. */
  lookedAt: string | null;
}

export interface SourceGapsRow {
  connectionId: string;
  hooks: Hooks;
  asked: number;
  running: boolean;
  nextLookAt: Date;
  lastLookAt: Date | null;
  lastError: { code: string; message: string } | null;
}

type Of = { tenantId: string; sourceId: string };

const ownColumns = (sql: ReservedSql): PendingQuery<Row[]> =>
  sql`connection_id, hooks, asked::float8 as asked, next_look_at, last_look_at, last_error`;

const columns = (sql: ReservedSql): PendingQuery<Row[]> =>
  sql`${ownColumns(sql)}, coalesce(leased_until > now(), false) as running`;

export function findSourceGaps(
  sql: ReservedSql,
  shard: number,
  { tenantId, sourceId }: Of,
): PendingQuery<(Row & SourceGapsRow)[]> {
  return sql`
    select ${columns(sql)} from source_gaps
    where shard = ${shard} and tenant_id = ${tenantId} and source_id = ${sourceId}`;
}

/**
 * Set anew, it looks at once, and finds out again which webhooks there are. A look that is under way has lost its
 * lease, also where all was removed in between: the fence begins at the time, which is beyond any that was counted up before.
 */
export function setSourceGaps(
  sql: ReservedSql,
  shard: number,
  { tenantId, sourceId }: Of,
  connectionId: string,
): PendingQuery<(Row & SourceGapsRow)[]> {
  return sql`
    insert into source_gaps as g (shard, tenant_id, source_id, connection_id, fence)
    values (${shard}, ${tenantId}, ${sourceId}, ${connectionId}, (extract(epoch from clock_timestamp()) * 1000)::bigint)
    on conflict (shard, tenant_id, source_id) do update set connection_id = excluded.connection_id, hooks = excluded.hooks, after_id = null,
      last_error = null, next_look_at = excluded.next_look_at, leased_until = null, fence = g.fence + 1
    returning ${ownColumns(sql)}, false as running`;
}

/** @returns nothing where none is set up */
export function lookForGapsNow(
  sql: ReservedSql,
  shard: number,
  { tenantId, sourceId }: Of,
): PendingQuery<(Row & SourceGapsRow)[]> {
  return sql`
    with changed as (
    update source_gaps set next_look_at = least(next_look_at, now())
    where shard = ${shard} and tenant_id = ${tenantId} and source_id = ${sourceId} returning *)
    select ${columns(sql)} from changed`;
}

export function dropSourceGaps(
  sql: ReservedSql,
  shard: number,
  { tenantId, sourceId }: Of,
): PendingQuery<(Row & { connectionId: string })[]> {
  return sql`
    delete from source_gaps where shard = ${shard} and tenant_id = ${tenantId} and source_id = ${sourceId}
    returning connection_id`;
}

/** Sources whose vendor is asked through this connection. Reads those of the tenant. */
export function findConnectionSources(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & { id: string; name: string })[]> {
  return sql`
    select s.id, s.name from source_gaps g
    join sources s on s.shard = ${shard} and s.tenant_id = g.tenant_id and s.id = g.source_id
    where g.shard = ${shard} and g.tenant_id = ${tenantId} and g.connection_id = ${id} order by s.name`;
}

/** One look: the lease, and where it stands. */
export interface GapLook {
  shard: number;
  tenantId: string;
  sourceId: string;
  connectionId: string;
  hooks: Hooks;
  afterId: string | null;
  fence: number;
}

type Held = Pick<GapLook, 'shard' | 'tenantId' | 'sourceId' | 'fence'>;

interface DueGaps extends Pick<GapLook, 'shard' | 'tenantId' | 'sourceId'> {
  nextLookAt: Date;
}

/** The look of `takeDueGaps`. */
export function lookForDueGaps(sql: Sql, shards: readonly number[]): PendingQuery<(Row & DueGaps)[]> {
  return sql`
    /* every shard: due work */
    select g.shard, g.tenant_id, g.source_id, g.next_look_at from source_gaps g
    where ${isDue(sql)} and g.shard = any (${shards as number[]}::smallint[])
    order by g.next_look_at limit ${DUE_LOOKED_AT}`;
}

/** Takes the source that has been due for longest, of any tenant. Locks the row it returns. */
export async function takeDueGaps(
  db: Database,
  { shards, leaseMs }: { shards: readonly number[]; leaseMs: number },
): Promise<(Row & GapLook)[]> {
  const due = await db.everyShard<(Row & DueGaps)[]>((on) => lookForDueGaps(on, shards));
  const oldestFirst = due.toSorted((a, b) => a.nextLookAt.getTime() - b.nextLookAt.getTime());
  for (const { shard, tenantId, sourceId } of oldestFirst) {
    const { sql } = db;
    const taken = await sql<(Row & GapLook)[]>`
      update source_gaps g set
        fence = g.fence + 1, leased_until = now() + ${leaseMs}::integer * interval '1 millisecond'
      where g.shard = ${shard} and g.tenant_id = ${tenantId} and g.source_id = ${sourceId} and ${isDue(sql)}
      returning g.shard, g.tenant_id, g.source_id, g.connection_id, g.hooks, g.after_id, g.fence::float8 as fence`;
    if (taken.length > 0) return taken;
  }
  return [];
}

/** Others take them at the same time; who finds none of these left looks again later. */
const DUE_LOOKED_AT = 10;

const isDue = (sql: Sql) =>
  sql`g.next_look_at <= now() and (g.leased_until is null or g.leased_until < now())`;

export interface AskedSource {
  kind: string;
  isActive: boolean;
  createdAt: Date;
}

export function findAskedSource(
  sql: ReservedSql,
  { shard, tenantId, sourceId }: Held,
): PendingQuery<(Row & AskedSource)[]> {
  return sql`
    select kind, is_active, created_at from sources
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${sourceId}`;
}

export interface HookEvent {
  id: string;
  headers: [string, string][];
  payload: JsonObject;
  receivedAt: Date;
}

/**
 * Of each webhook of the vendor the last event that came in behind `afterId`.
 * @param header which one tells them apart, in lower case
 * @param limit of events that are looked at, and of events returned
 */
export function lastEventOfEachHook(
  sql: ReservedSql,
  { shard, tenantId, sourceId }: Held,
  { header, afterId, limit }: { header: string; afterId: string; limit: { events: number; hooks: number } },
): PendingQuery<(Row & HookEvent)[]> {
  return sql`
    with late as materialized (
      select id, (select line ->> 1 from json_array_elements(headers) line where lower(line ->> 0) = ${header} limit 1) as hook
      from inbound_events
      where shard = ${shard} and tenant_id = ${tenantId} and source_id = ${sourceId} and id > ${afterId}
        and event_type is not null
      order by id desc limit ${limit.events}
    ), last as materialized (
      select max(id::text)::uuid as id from late where hook is not null group by hook order by 1 desc limit ${limit.hooks}
    )
    select id, headers, ${payloadColumn(sql)}, received_at from inbound_events
    where shard = ${shard} and tenant_id = ${tenantId} and id in (select id from last) and id > ${afterId}
    order by id`;
}

/** Which of these have been received. */
export function knownDeliveries(
  sql: ReservedSql,
  { shard, tenantId, sourceId }: Held,
  deliveryIds: readonly string[],
): PendingQuery<(Row & { deliveryId: string })[]> {
  return sql`
    select delivery_id from inbound_deliveries
    where shard = ${shard} and tenant_id = ${tenantId} and source_id = ${sourceId}
      and delivery_id = any (${deliveryIds as string[]})`;
}

const held = (sql: ReservedSql, { shard, tenantId, sourceId, fence }: Held) => sql`
  g.shard = ${shard} and g.tenant_id = ${tenantId} and g.source_id = ${sourceId} and g.fence = ${fence}`;

/** Whether the look is still the one that holds the lease: it was not set anew or removed, and nobody else took it. */
export function holdsGapLook(sql: ReservedSql, look: Held): PendingQuery<Row[]> {
  return sql`select from source_gaps g where ${held(sql, look)}`;
}

/** The vendor has taken one more request. */
export function countAsked(sql: ReservedSql, look: Held): PendingQuery<Row[]> {
  return sql`update source_gaps g set asked = g.asked + 1 where ${held(sql, look)} returning g.source_id`;
}

/**
 * @param nextInMs when to look again
 * @param error null: nothing went wrong
 */
export function endGapLook(
  sql: ReservedSql,
  look: Held & Pick<GapLook, 'hooks' | 'afterId'>,
  { nextInMs, error }: { nextInMs: number; error: SourceGapsRow['lastError'] },
): PendingQuery<Row[]> {
  return sql`
    update source_gaps g set hooks = ${jsonText(look.hooks)}::text::jsonb, after_id = ${look.afterId}, leased_until = null,
      last_look_at = now(), last_error = ${error && jsonText(error)}::text::jsonb,
      next_look_at = now() + ${nextInMs}::float8 * interval '1 millisecond'
    where ${held(sql, look)} returning g.source_id`;
}
