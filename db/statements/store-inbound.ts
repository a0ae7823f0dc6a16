// Writes down what arrived: its delivery id, the event, its place in the queue, its row in the ledger, in one statement and once.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';

export interface Arrival {
  tenantId: string;
  /** Begins with the time of receipt: the order events are processed in. */
  id: string;
  sourceId: string;
  /** The kind of its source. */
  kind: string;
  deliveryId: string | null;
  /** RECEIVED is queued and metered; the other two are over as they are written. */
  status: 'RECEIVED' | 'PROCESSED' | 'FAILED';
  eventType: string | null;
  /** Secrets masked. */
  headers: readonly (readonly [string, string])[];
  body: Uint8Array | null;
  /** Of the request, or of the part of it that is this event; and of the reply it got. */
  bodyBytes: number;
  replyBytes: number;
  replyStatus: number;
  payload: JsonObject | null;
  error: JsonObject | null;
  effects: Json;
}

/** One whose delivery id was known already. */
export type Redelivery = Arrival & { logId: string };

/**
 * What is known by its delivery id already is left as it is; of two at once one waits for the other's commit and then is
 * the repetition. Give them in one order, so that no two statements wait for each other.
 * @returns those that are new
 */
export function storeArrivals(
  sql: ReservedSql,
  shard: number,
  arrivals: readonly Arrival[],
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    with given as materialized (${given(sql, arrivals)}
    ), remembered as (
      insert into inbound_deliveries as known (shard, tenant_id, source_id, delivery_id, id)
      select here.shard, tenant_id, source_id, delivery_id, id
      from shards here cross join given where here.shard = ${shard} and delivery_id is not null
      on conflict do nothing
      returning known.id
    ), stored as (
      insert into inbound_events as arrived (shard, tenant_id, id, source_id, delivery_id, status, event_type, headers, body,
        body_bytes, payload, error, effects, processed_at)
      select here.shard, tenant_id, id, source_id, delivery_id, status, event_type, headers::json, decode(body, 'hex'), body_bytes,
        payload::json, error::jsonb, effects::jsonb, case when status <> 'RECEIVED' then now() end
      from shards here cross join given
      where here.shard = ${shard} and (delivery_id is null or id in (select id from remembered))
      on conflict do nothing
      returning arrived.tenant_id, arrived.source_id, arrived.id, arrived.status
    ), queued as (
      insert into inbound_queue (shard, tenant_id, source_id, id)
      select here.shard, tenant_id, source_id, id from shards here cross join stored where here.shard = ${shard} and status = 'RECEIVED'
    ), metered as (
      insert into utility_ledger (shard, tenant_id, attempt_id, kind, quantity, outcome, provider, source_id,
        status_code, request_bytes, response_bytes)
      select here.shard, tenant_id, id, 'WebhookIngress', 1, 'succeeded', kind, source_id, reply_status, body_bytes,
        reply_bytes
      from shards here cross join given where here.shard = ${shard} and status = 'RECEIVED' and id in (select id from stored)
    )
    select id from stored`;
}

/**
 * Where the last try of a delivery FAILED, the same delivery is the next one: an event of its own, with the same place in the memory
 * of deliveries, from where the failed one stays as it is. Of two at once one waits for the other's commit, and then finds that
 * the last try is another one. Not metered again: a delivery is, once. Its id stays with the first try's row, as it is unique there
 * in a partition of before `inbound_deliveries`.
 * @param arrivals queued ones, each delivery once
 * @returns those that are a next try
 */
export function storeRedeliveries(
  sql: ReservedSql,
  shard: number,
  arrivals: readonly Redelivery[],
): PendingQuery<(Row & { id: string })[]> {
  const list = <T>(pick: (arrival: Redelivery) => T): T[] => arrivals.map(pick);
  return sql`
    with given as materialized (${given(sql, arrivals)}
    ), logged_as as materialized (
      select * from unnest(${list((a) => a.id)}::uuid[], ${list((a) => a.logId)}::uuid[]) as l(id, log_id)
    ), known as materialized (
      select g.tenant_id, g.id, g.source_id, g.delivery_id, d.id as last_id
      from given g
      join inbound_deliveries d on d.shard = ${shard} and d.tenant_id = g.tenant_id and d.source_id = g.source_id
        and d.delivery_id = g.delivery_id
      where d.tenant_id = any (${list((a) => a.tenantId)}::uuid[]) and d.source_id = any (${list((a) => a.sourceId)}::uuid[])
        and d.delivery_id = any (${list((a) => a.deliveryId)}::text[]) and d.id <> g.id
    ), failed as materialized (
      select k.*, coalesce(e.replay_of, e.id) as first_id
      from known k join inbound_events e on e.shard = ${shard} and e.tenant_id = k.tenant_id and e.id = k.last_id
      where e.status = 'FAILED' and e.event_type is not null and e.id = any (array(select last_id from known))
        and e.id >= (select last_id from known order by last_id limit 1)
        and e.id <= (select last_id from known order by last_id desc limit 1)
    ), tried as (
      update inbound_deliveries d set id = f.id from failed f
      where d.shard = ${shard} and d.tenant_id = f.tenant_id and d.source_id = f.source_id
        and d.delivery_id = f.delivery_id and d.id = f.last_id
        and d.tenant_id = any (array(select tenant_id from failed)) and d.source_id = any (array(select source_id from failed))
        and d.delivery_id = any (array(select delivery_id from failed))
      returning f.id, f.last_id, f.first_id
    ), stored as (
      insert into inbound_events as arrived (shard, tenant_id, id, source_id, status, event_type, headers, body, body_bytes,
        payload, replay_of)
      select here.shard, g.tenant_id, g.id, g.source_id, 'RECEIVED', g.event_type, g.headers::json, decode(g.body, 'hex'),
        g.body_bytes, g.payload::json, t.first_id
      from shards here cross join given g join tried t on t.id = g.id where here.shard = ${shard}
      returning arrived.tenant_id, arrived.source_id, arrived.id
    ), queued as (
      insert into inbound_queue (shard, tenant_id, source_id, id)
      select here.shard, tenant_id, source_id, id from shards here cross join stored where here.shard = ${shard}
    ), logged as (
      insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
      select here.shard, s.tenant_id, t.last_id, l.log_id, 'inbound_event.redelivered', 'source:' || s.source_id,
        jsonb_build_object('redelivery_id', s.id, 'source_id', s.source_id)
      from shards here cross join stored s join tried t on t.id = s.id join logged_as l on l.id = s.id
      where here.shard = ${shard}
    )
    select id from stored`;
}

/** Arrivals as rows. */
function given(sql: ReservedSql, arrivals: readonly Arrival[]): PendingQuery<Row[]> {
  const list = <T>(pick: (arrival: Arrival) => T): T[] => arrivals.map(pick);
  return sql`
      select * from unnest(
        ${list((a) => a.tenantId)}::uuid[], ${list((a) => a.id)}::uuid[], ${list((a) => a.sourceId)}::uuid[],
        ${list((a) => a.kind)}::text[], ${list((a) => a.deliveryId)}::text[], ${list((a) => a.status)}::text[],
        ${list((a) => a.eventType)}::text[], ${list((a) => jsonText(a.headers))}::text[],
        ${list((a) => a.body && hex(a.body))}::text[], ${list((a) => a.bodyBytes)}::integer[],
        ${list((a) => a.replyBytes)}::integer[], ${list((a) => a.replyStatus)}::integer[],
        ${list(payloadBesideBody)}::text[], ${list((a) => a.error && jsonText(a.error))}::text[],
        ${list((a) => jsonText(a.effects))}::text[]
      ) as g(tenant_id, id, source_id, kind, delivery_id, status, event_type, headers, body, body_bytes, reply_bytes,
        reply_status, payload, error, effects)`;
}

/**
 * What most senders send is the payload itself, byte for byte; it is not kept twice. `payloadColumn` reads it.
 * @returns null for those too
 */
function payloadBesideBody({ payload, body }: Arrival): string | null {
  if (payload === null) return null;
  const text = jsonText(payload);
  return body !== null && Buffer.from(text).equals(body) ? null : text;
}

/** The payload of an event; null for what holds none (no event has no type). */
export function payloadColumn(sql: ReservedSql): PendingQuery<Row[]> {
  return sql`case when event_type is not null then coalesce(payload, convert_from(body, 'UTF8')::json) end as payload`;
}

/** The driver has no way to say that a list is one of bytes. */
const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
