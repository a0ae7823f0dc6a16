// Inbound events as people look at them, and processing one again.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { idAfter, idBefore } from '../uuid-time.ts';
import type { IdSpan } from './old-partitions.ts';
import { payloadColumn } from './store-inbound.ts';

export type InboundStatus = 'RECEIVED' | 'PROCESSING' | 'PROCESSED' | 'FAILED';

export interface InboundEventRow {
  id: string;
  sourceId: string;
  deliveryId: string | null;
  status: InboundStatus;
  eventType: string | null;
  bodyBytes: number;
  error: JsonObject | null;
  effects: Json;
  attempts: number;
  replayOf: string | null;
  receivedAt: Date;
  processedAt: Date | null;
}

export interface InboundEventDetail extends InboundEventRow {
  headers: [string, string][];
  body: Buffer | null;
  payload: JsonObject | null;
}

export interface InboundFilter {
  tenantId: string;
  sourceId: string | null;
  status: string | null;
  eventType: string | null;
  receivedAfter: Date | null;
  receivedBefore: Date | null;
  /** Last id of the page before, or of what was looked at. */
  before: string | null;
  limit: number;
  /** How many events are looked at for them, at most. */
  look: number;
}

/**
 * Newest first, among the next `look` events: of one source by `inbound_events_by_source`, else by the primary key. The rest
 * of the filter is applied to them.
 */
export function listInboundEvents(
  sql: ReservedSql,
  shard: number,
  filter: InboundFilter,
): PendingQuery<(Row & InboundEventRow)[]> {
  const { status, eventType, receivedAfter, receivedBefore, limit, look } = filter;
  return sql`
    select ${listed(sql)} from (
      select * from inbound_events where ${together(sql, shard, filter)} order by id desc limit ${look}) looked_at
    where true
      ${status === null ? sql`` : sql`and status = ${status}`}
      ${eventType === null ? sql`` : sql`and event_type = ${eventType}`}
      ${receivedAfter === null ? sql`` : sql`and received_at > ${receivedAfter}`}
      ${receivedBefore === null ? sql`` : sql`and received_at < ${receivedBefore}`}
    order by id desc limit ${limit}`;
}

/** The last of the events that `listInboundEvents` looked at; no row when there was nothing further to look at. */
export function endOfLookAtInboundEvents(
  sql: ReservedSql,
  shard: number,
  filter: InboundFilter,
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    select id from inbound_events where ${together(sql, shard, filter)}
    order by id desc offset ${filter.look - 1} limit 1`;
}

/** What one index has together. The times bound the ids, as those begin with the time. */
function together(sql: ReservedSql, shard: number, filter: InboundFilter): PendingQuery<Row[]> {
  const { tenantId, sourceId, receivedAfter, receivedBefore, before } = filter;
  return sql`
    shard = ${shard} and tenant_id = ${tenantId}
      ${sourceId === null ? sql`` : sql`and source_id = ${sourceId}`}
      ${receivedAfter === null ? sql`` : sql`and id > ${idBefore(receivedAfter)}`}
      ${receivedBefore === null ? sql`` : sql`and id < ${idAfter(receivedBefore)}`}
      ${before === null ? sql`` : sql`and id < ${before}`}`;
}

export function findInboundEvent(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & InboundEventDetail)[]> {
  return sql`
    select ${listed(sql)}, headers, body, ${payloadColumn(sql)} from inbound_events
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

/**
 * The same event once more, as a row of its own: what became of the first one stays as it is. Unless the last try of its delivery
 * has succeeded, this is the last one from now on, so that the same delivery is no new try when this one succeeds. Not metered, as
 * nobody sent anything. @returns nothing when it holds no event, or its source is gone
 */
export function insertReplay(
  sql: ReservedSql,
  shard: number,
  { tenantId, id, replayOf }: { tenantId: string; id: string; replayOf: string },
): PendingQuery<(Row & InboundEventRow)[]> {
  return sql`
    with original as materialized (
      select e.* from inbound_events e
      where e.shard = ${shard} and e.tenant_id = ${tenantId} and e.id = ${replayOf} and e.event_type is not null
        and exists (
          select from sources s where s.shard = ${shard} and s.tenant_id = ${tenantId} and s.id = e.source_id)
    ), again as (
      insert into inbound_events as made (shard, tenant_id, id, source_id, status, event_type, headers, body, body_bytes,
        payload, replay_of)
      select here.shard, o.tenant_id, ${id}, o.source_id, 'RECEIVED', o.event_type, o.headers, o.body, o.body_bytes,
        o.payload, coalesce(o.replay_of, o.id)
      from shards here cross join original o where here.shard = ${shard}
      returning made.*
    ), first as materialized (
      select f.source_id, f.delivery_id from inbound_events f
      where f.shard = ${shard} and f.tenant_id = ${tenantId} and f.id = (select coalesce(replay_of, id) from original)
        and f.delivery_id is not null
    ), tried as (
      update inbound_deliveries d set id = ${id} from first f
      where d.shard = ${shard} and d.tenant_id = ${tenantId} and d.source_id = f.source_id and d.delivery_id = f.delivery_id
        and not exists (
          select from inbound_events e
          where e.shard = ${shard} and e.tenant_id = ${tenantId} and e.id = d.id and e.status = 'PROCESSED')
    ), queued as (
      insert into inbound_queue (shard, tenant_id, source_id, id)
      select here.shard, a.tenant_id, a.source_id, a.id from shards here cross join again a where here.shard = ${shard}
    )
    select ${listed(sql)} from again`;
}

export interface OldInboundEvent {
  tenantId: string;
  id: string;
  sourceId: string;
  deliveryId: string | null;
  status: InboundStatus;
  eventType: string | null;
  headers: string;
  body: Buffer | null;
  error: string | null;
  effects: string;
  attempts: number;
  replayOf: string | null;
  receivedAt: Date;
  processedAt: Date | null;
}

export interface OldInboundEvents {
  tenantId: string;
  span: IdSpan;
  after: string;
  limit: number;
}

/** Events of the span that are over. By primary key. */
export function readOldInboundEvents(
  sql: ReservedSql,
  shard: number,
  { tenantId, span, after, limit }: OldInboundEvents,
): PendingQuery<(Row & OldInboundEvent)[]> {
  return sql`
    select tenant_id, id, source_id, delivery_id, status, event_type, headers::text as headers, body, error::text as error,
      effects::text as effects, attempts, replay_of, received_at, processed_at
    from inbound_events
    where shard = ${shard} and tenant_id = ${tenantId} and id > ${after} and id >= ${span.first} and id < ${span.next}
      and status in ('PROCESSED', 'FAILED')
    order by id limit ${limit}`;
}

/** Whether one of the next `limit` events is not over, and the id of the last of them; no row when there are none. */
export function lookAtInboundEvents(
  sql: ReservedSql,
  shard: number,
  { tenantId, span, after, limit }: OldInboundEvents,
): PendingQuery<(Row & { wanted: boolean; last: string })[]> {
  return sql`
    select id as last, bool_or(wanted) over () as wanted from (
      select id, status not in ('PROCESSED', 'FAILED') as wanted
      from inbound_events
      where shard = ${shard} and tenant_id = ${tenantId} and id > ${after} and id >= ${span.first} and id < ${span.next}
      order by id limit ${limit}) page
    order by id desc limit 1`;
}

/** Those that are not over any more stay. @returns a row for each that went */
export function forgetInboundEvents(
  sql: ReservedSql,
  shard: number,
  { tenantId, span, ids }: { tenantId: string; span: IdSpan; ids: readonly string[] },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    delete from inbound_events
    where shard = ${shard} and tenant_id = ${tenantId} and id = any (${ids as string[]}::uuid[])
      and id >= ${span.first} and id < ${span.next} and status in ('PROCESSED', 'FAILED')
    returning id`;
}

/**
 * Delivery ids of what arrived before `before` and does not wait any more, a thousand at most; served by
 * `inbound_deliveries_by_age`. @returns a row for each
 */
export function forgetDeliveryIds(
  sql: ReservedSql,
  shard: number,
  { tenantIds, before }: { tenantIds: readonly string[]; before: Date },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    with old as materialized (
      select tenant_id, source_id, delivery_id from inbound_deliveries d
      where shard = ${shard} and tenant_id = any (${tenantIds as string[]}::uuid[]) and id < ${idBefore(before)}
        and not exists (
          select from inbound_queue q
          where q.shard = ${shard} and q.tenant_id = d.tenant_id and q.source_id = d.source_id and q.id = d.id offset 0)
      limit 1000
    )
    delete from inbound_deliveries d using old
    where d.shard = ${shard} and d.tenant_id = old.tenant_id and d.source_id = old.source_id
      and d.delivery_id = old.delivery_id
    returning d.id`;
}

function listed(sql: ReservedSql): PendingQuery<Row[]> {
  return sql`id, source_id, delivery_id, status, event_type, body_bytes, error, effects, attempts, replay_of,
    received_at, processed_at`;
}
