// Events to be processed. One worker at a time takes a source, and its events from the head, so that they act in the
// order they were received.
import type { JsonObject } from '../../engine/json.ts';
import type { Database, PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';
import { payloadColumn } from './store-inbound.ts';

/** One that has something in the queue. */
export interface WaitingSource {
  shard: number;
  tenantId: string;
  sourceId: string;
}

/** Sources with something in the queue, of all tenants: hops from source to source along the primary key. */
export const waitingSources = (
  db: Database,
  shards: readonly number[],
  limit: number,
): Promise<readonly WaitingSource[]> =>
  db.everyShard<(Row & WaitingSource)[]>((sql) => lookForSources(sql, shards, limit));

/** The statement of `waitingSources`. */
export function lookForSources(
  sql: ReservedSql,
  shards: readonly number[],
  limit: number,
): PendingQuery<(Row & WaitingSource)[]> {
  return sql`
    /* every shard: due work */
    select s.shard, source.tenant_id, source.source_id
    from shards s
    cross join lateral (
      with recursive head (tenant_id, source_id) as (
        (select tenant_id, source_id from inbound_queue where shard = s.shard order by tenant_id, source_id limit 1)
        union all
        select next.* from head cross join lateral (
          select q.tenant_id, q.source_id from inbound_queue q
          where q.shard = s.shard and (q.tenant_id, q.source_id) > (head.tenant_id, head.source_id)
          order by q.tenant_id, q.source_id limit 1) next)
      select tenant_id, source_id from head limit ${limit}) source
    where s.shard = any (${shards as number[]}::smallint[])`;
}

/** One event of a source that was taken, or (all of the event null) a source that had none after all. */
export interface ClaimedInbound extends Omit<WaitingSource, 'shard'> {
  sourceName: string;
  sourceKind: string;
  /** What `releaseSource` wants to hear again: microseconds, which a Date does not hold. */
  busyUntil: string;
  id: string | null;
  /** Which attempt this is; see `inbound-marks.ts`. */
  attempt: number;
  deliveryId: string | null;
  eventType: string;
  payload: JsonObject;
  receivedAt: Date;
  /** As the sender sent it, where that was asked for. */
  traceparent: string | null;
}

/**
 * Takes sources that nobody holds, and the first events of each. Locks the sources it returns (by primary key); a worker that
 * wants the same waits for the commit and then finds them busy. Events whose source is gone are given up. What was found is changed
 * by arrays and not by a join, which a plan may make by reading the whole shard: ids are unique across tenants. The first and
 * the last of them say which weeks to look into.
 */
export function claimSources(
  sql: ReservedSql,
  shard: number,
  sources: readonly WaitingSource[],
  { perSource, leaseMs, traced }: { perSource: number; leaseMs: number; traced: boolean },
): PendingQuery<(Row & ClaimedInbound)[]> {
  const tenantIds = sources.map((source) => source.tenantId);
  const sourceIds = sources.map((source) => source.sourceId);
  const sourceDeleted = jsonText({
    code: 'source_deleted',
    message: 'Its source was deleted before it was processed.',
  });
  return sql`
    with asked as materialized (
      select * from unnest(${tenantIds}::uuid[], ${sourceIds}::uuid[]) as a(tenant_id, source_id)
    ), taken as (
      update sources s set busy_until = now() + ${leaseMs}::integer * interval '1 millisecond'
      from asked a
      where s.shard = ${shard} and s.tenant_id = any (${tenantIds}::uuid[]) and s.id = any (${sourceIds}::uuid[])
        and s.tenant_id = a.tenant_id and s.id = a.source_id and (s.busy_until is null or s.busy_until < now())
      returning s.tenant_id, s.id as source_id, s.name as source_name, s.kind as source_kind, s.busy_until
    ), gone as materialized (
      select * from asked a where not exists (
        select from sources s where s.shard = ${shard} and s.tenant_id = a.tenant_id and s.id = a.source_id)
    ), orphan as (
      delete from inbound_queue
      where shard = ${shard} and tenant_id = any (array(select tenant_id from gone))
        and source_id = any (array(select source_id from gone))
      returning tenant_id, id
    ), given_up as (
      update inbound_events set status = 'FAILED', processed_at = now(), error = ${sourceDeleted}::text::jsonb
      where shard = ${shard} and tenant_id = any (array(select tenant_id from orphan))
        and id = any (array(select id from orphan))
    ), head as materialized (
      select taken.tenant_id, q.id from taken cross join lateral (
        select q.id from inbound_queue q
        where q.shard = ${shard} and q.tenant_id = taken.tenant_id and q.source_id = taken.source_id
        order by q.id limit ${perSource}) q
    ), begun as (
      update inbound_events e set status = 'PROCESSING', attempts = e.attempts + 1
      where e.shard = ${shard} and e.tenant_id = any (array(select tenant_id from head))
        and e.id = any (array(select id from head)) and e.status in ('RECEIVED', 'PROCESSING')
        and e.id >= (select id from head order by id limit 1) and e.id <= (select id from head order by id desc limit 1)
      returning e.tenant_id, e.source_id, e.id, e.attempts, e.delivery_id, e.event_type, e.payload, e.body, e.headers,
        e.received_at, e.replay_of
    )
    select t.tenant_id, t.source_id, t.source_name, t.source_kind, t.busy_until::text as busy_until,
      b.id, b.attempts as attempt, ${deliveryId(sql, shard)}, b.event_type, ${payloadColumn(sql)}, b.received_at,
      ${traced ? sentTraceparent(sql) : sql`null::text`} as traceparent
    from taken t left join begun b using (tenant_id, source_id)
    order by b.id`;
}

/** A repetition is of the delivery that its first try has. */
const deliveryId = (sql: ReservedSql, shard: number) => sql`
  case when b.replay_of is null then b.delivery_id else (
    select f.delivery_id from inbound_events f
    where f.shard = ${shard} and f.tenant_id = b.tenant_id and f.id = b.replay_of) end as delivery_id`;

const sentTraceparent = (sql: ReservedSql) => sql`
  (select line ->> 1 from json_array_elements(b.headers) line where lower(line ->> 0) = 'traceparent' limit 1)`;

/** Holds a source for longer. @returns until when; nothing where somebody else has taken it since */
export function renewSource(
  sql: ReservedSql,
  shard: number,
  { tenantId, sourceId, busyUntil }: WaitingSource & { busyUntil: string },
  leaseMs: number,
): PendingQuery<(Row & { busyUntil: string })[]> {
  return sql`
    with renewed as (
      update sources set busy_until = now() + ${leaseMs}::integer * interval '1 millisecond'
      where shard = ${shard} and tenant_id = ${tenantId} and id = ${sourceId}
        and busy_until = ${busyUntil}::text::timestamptz
      returning busy_until)
    select busy_until::text as busy_until from renewed`;
}

/** Gives a source back, unless somebody else has taken it since. */
export function releaseSource(
  sql: ReservedSql,
  { shard, tenantId, sourceId, busyUntil }: WaitingSource & { busyUntil: string },
): PendingQuery<Row[]> {
  return sql`
    update sources set busy_until = null
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${sourceId}
      and busy_until = ${busyUntil}::text::timestamptz`;
}
