// Claims what is ready. A lane is a tenant's connection: the statement hops from lane to lane along the index, takes a
// share of each that has something due, and never looks behind the head of a lane that is full or waits. It looks at hardly more lanes
// than it may take rows; the next claim goes on behind them, so that ten thousand tenants take turns.
import { randomInt } from 'node:crypto';
import type { Database, PendingQuery, ReservedSql, Row, Sql } from '../client.ts';
import { type LaneKey, laneKey } from '../lane-key.ts';
import { inOrder } from './in-order.ts';

export interface Claimed {
  shard: number;
  tenantId: string;
  transitionId: string;
  jobId: string;
  workflowVersionId: string;
  /** Of the action the list stands at. */
  connectionId: string;
  nextOrdinal: number;
  /** Since when it was due. */
  runAt: Date;
  fence: number;
  /** Not null: an attempt had been started, and whoever started it died before it was recorded. */
  attemptId: string | null;
}

export interface ClaimRequest {
  workerId: string;
  shard: number;
  /** Rows wanted at most. */
  limit: number;
  /** Rows wanted at most of a lane, and of a tenant, that is not listed in `lanes` or `tenants`. */
  laneMax: number;
  tenantMax: number;
  /** How many more a lane may have now; 0 passes it over. */
  lanes: readonly { tenantId: string; connectionId: string; take: number }[];
  tenants: readonly { tenantId: string; take: number }[];
  /** Lanes that are looked into from `since` on only; default: none. */
  passed?: readonly PassedLane[];
  /** The others are looked at from the one behind this on, and round to it; default: from the first. */
  after?: LaneKey | null;
  /** How many of the others that have something due are looked at; default: `limit`. Some are chosen by lot, where it is more. */
  looks?: number;
}

/** A lane of which everything that was due before `since` has been claimed. */
export interface PassedLane extends LaneKey {
  since: Date;
}

/**
 * Served by `dispatch_queue_ready` alone: one descent for each lane, then one range for each lane taken from. What was
 * claimed stays in that index, dead, until a vacuum: lanes in `passed` are entered behind it.
 * Locks the rows it returns, and for the length of the statement those it looked at; rows locked by others are passed over.
 * What is chosen is updated by arrays and not by a join, which a plan may make by reading the whole shard for each row: ids
 * are unique across tenants.
 * A worker that was declared dead claims nothing.
 * The commit does not wait for the disk: a claim that a crash of Postgres undoes has a fence that starts nothing.
 * @param requests each for another shard; one transaction, but on Citus, where it would be on several servers
 */
export async function claim(db: Database, requests: readonly ClaimRequest[]): Promise<Claimed[]> {
  if (requests.length > 1 && (await db.isDistributed()))
    return (await Promise.all(requests.map((request) => claim(db, [request])))).flat();
  const calls = await db.serverCalls();
  const [, , ...claimed] = await db.together<(Row & Claimed)[]>(
    [],
    [
      (sql) => sql`set local synchronous_commit = off`,
      inOrder,
      ...requests.map((request) => calls.onShard(request.shard, (sql) => claimRows(sql, request))),
    ],
  );
  return claimed.flat();
}

/** The statement of `claim` for one shard. */
export function claimRows(sql: ReservedSql, request: ClaimRequest): PendingQuery<(Row & Claimed)[]> {
  const { workerId, shard, limit, laneMax, tenantMax, lanes, tenants, passed = [] } = request;
  const { after = null, looks = limit } = request;
  const gaps = gapsBetween(passed, after);
  const fullLanes = lanes.filter(({ take }) => take <= 0);
  const fullTenants = tenants.filter(({ take }) => take <= 0);
  // In which order lanes take turns, as nothing that could change while it runs may stand in a statement for one shard.
  const luck = randomInt(2 ** 47);
  const firstLane = ({ behind, before }: Record<'behind' | 'before', PendingQuery<Row[]>>) => sql`
    select q.tenant_id, q.connection_id, q.run_at from dispatch_queue q
    where q.shard = ${shard} and ${mayBeClaimed(sql)}
      and (q.tenant_id, q.connection_id) > ${behind} and (q.tenant_id, q.connection_id) < ${before}
    order by q.tenant_id, q.connection_id, q.run_at limit 1`;
  /** Of the gaps behind the one with this number. */
  const firstBehind = (nth: PendingQuery<Row[]>) => sql`
    select later.nth, lane.* from gap later cross join lateral (${firstLane({
      behind: sql`(later.start_tenant, later.start_connection)`,
      before: sql`(later.end_tenant, later.end_connection)`,
    })}) lane
    where later.nth > ${nth} order by later.nth limit 1`;
  return sql`
    with recursive gap as materialized (
      select * from unnest(${gaps.map((g) => g.start.tenantId)}::uuid[], ${gaps.map((g) => g.start.connectionId)}::uuid[],
        ${gaps.map((g) => g.end.tenantId)}::uuid[], ${gaps.map((g) => g.end.connectionId)}::uuid[])
        with ordinality as gap(start_tenant, start_connection, end_tenant, end_connection, nth)
    ), head (nth, tenant_id, connection_id, run_at) as (
      (${firstBehind(sql`0`)})
      union all
      select next.* from head join gap on gap.nth = head.nth cross join lateral (
        (select gap.nth, lane.* from (${firstLane({
          behind: sql`(head.tenant_id, head.connection_id)`,
          before: sql`(gap.end_tenant, gap.end_connection)`,
        })}) lane)
        union all
        (${firstBehind(sql`head.nth`)})
        limit 1) next
    ), entered as (
      (select tenant_id, connection_id, run_at, '-infinity'::timestamptz as since from head
        where run_at <= now()
          and (tenant_id, connection_id) not in (
            select * from unnest(${fullLanes.map((l) => l.tenantId)}::uuid[], ${fullLanes.map((l) => l.connectionId)}::uuid[]))
          and tenant_id not in (select unnest(${fullTenants.map((t) => t.tenantId)}::uuid[]))
        limit ${looks})
      union all
      select passed.tenant_id, passed.connection_id, first.run_at, passed.since
      from unnest(${passed.map((p) => p.tenantId)}::uuid[], ${passed.map((p) => p.connectionId)}::uuid[],
        ${passed.map((p) => p.since.toISOString())}::timestamptz[]) as passed(tenant_id, connection_id, since)
      cross join lateral (
        select q.run_at from dispatch_queue q
        where q.shard = ${shard} and q.tenant_id = passed.tenant_id and q.connection_id = passed.connection_id
          and ${mayBeClaimed(sql)} and q.run_at >= passed.since
        order by q.run_at limit 1) first
    ), lane as materialized (
      select h.tenant_id, h.connection_id, h.since, coalesce(l.take, ${laneMax}) as take,
        row_number() over (partition by h.tenant_id order by uuid_hash_extended(h.connection_id, ${luck})) as turn
      from entered h
      left join unnest(${lanes.map((l) => l.tenantId)}::uuid[], ${lanes.map((l) => l.connectionId)}::uuid[],
        ${lanes.map((l) => l.take)}::integer[]) as l(tenant_id, connection_id, take) using (tenant_id, connection_id)
      left join unnest(${tenants.map((t) => t.tenantId)}::uuid[], ${tenants.map((t) => t.take)}::integer[])
        as t(tenant_id, take) using (tenant_id)
      where h.run_at <= now() and coalesce(l.take, ${laneMax}) > 0 and coalesce(t.take, ${tenantMax}) > 0
      order by turn, uuid_hash_extended(h.tenant_id, ${luck}) limit ${limit}
    ), share as (
      select greatest(1, ${limit}::bigint / greatest(count(*), 1)) as size from lane
    ), found as materialized (
      select due.* from lane cross join share cross join lateral (
        select q.tenant_id, q.id, q.run_at from dispatch_queue q
        where q.shard = ${shard} and q.tenant_id = lane.tenant_id and q.connection_id = lane.connection_id
          and ${mayBeClaimed(sql)} and q.run_at >= lane.since and q.run_at <= now()
        order by q.run_at, q.id limit least(lane.take, share.size)
        for update skip locked) due
    ), chosen as materialized (
      select f.tenant_id, f.id from (
        select tenant_id, id, row_number() over (partition by tenant_id order by run_at, id) as nth from found) f
      left join unnest(${tenants.map((t) => t.tenantId)}::uuid[], ${tenants.map((t) => t.take)}::integer[])
        as t(tenant_id, take) using (tenant_id)
      where f.nth <= coalesce(t.take, ${tenantMax})
    )
    update dispatch_queue q set worker_id = ${workerId}, fence = q.fence + 1
    where q.shard = ${shard}
      and q.tenant_id = any (array(select tenant_id from chosen)) and q.id = any (array(select id from chosen))
      and exists (select from workers where id = ${workerId} and dead_at is null)
    returning q.shard, q.tenant_id, q.id as transition_id, q.job_id, q.workflow_version_id,
      q.connection_id, q.next_ordinal, q.run_at,
      q.fence::float8 as fence, q.attempt_id`;
}

/** What `dispatch_queue_ready` holds, called `q`: those that nobody has, and that do not wait for a person. */
const mayBeClaimed = (sql: Sql | ReservedSql): PendingQuery<Row[]> =>
  sql`q.worker_id is null and q.run_at < 'infinity'`;

/** `head`, with what is to be claimed first of each lane of a shard: by hops along `dispatch_queue_ready`. */
export const headsOfLanes = (sql: Sql | ReservedSql, shard: PendingQuery<Row[]>): PendingQuery<Row[]> => sql`
  with recursive head (tenant_id, connection_id, run_at) as (
    (select q.tenant_id, q.connection_id, q.run_at from dispatch_queue q
     where q.shard = ${shard} and ${mayBeClaimed(sql)}
     order by q.tenant_id, q.connection_id, q.run_at limit 1)
    union all
    select next.* from head cross join lateral (
      select q.tenant_id, q.connection_id, q.run_at from dispatch_queue q
      where q.shard = ${shard} and ${mayBeClaimed(sql)}
        and (q.tenant_id, q.connection_id) > (head.tenant_id, head.connection_id)
      order by q.tenant_id, q.connection_id, q.run_at limit 1) next)`;

const FIRST: LaneKey = {
  tenantId: '00000000-0000-0000-0000-000000000000',
  connectionId: '00000000-0000-0000-0000-000000000000',
};
const LAST: LaneKey = {
  tenantId: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  connectionId: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
};

interface Gap {
  start: LaneKey;
  end: LaneKey;
}

/** Where lanes may be that are not among `passed`, both ends left out: those behind `after`, then those up to it. */
function gapsBetween(passed: readonly LaneKey[], after: LaneKey | null): Gap[] {
  const edges = [FIRST, ...passed.toSorted((a, b) => (laneKey(a) < laneKey(b) ? -1 : 1)), LAST];
  const gaps = edges.slice(1).map((end, i) => ({ start: edges[i] as LaneKey, end }));
  if (!after) return gaps;
  const isBehind = ({ start }: Gap) => laneKey(start) >= laneKey(after);
  const around = gaps.find((gap) => !isBehind(gap) && laneKey(gap.end) > laneKey(after));
  const others = gaps.filter((gap) => gap !== around);
  return [
    ...(around ? [{ start: after, end: around.end }] : []),
    ...others.filter(isBehind),
    ...others.filter((gap) => !isBehind(gap)),
    ...(around ? [{ start: around.start, end: nextTo(after) }] : []),
  ];
}

/** The key right behind this one. */
function nextTo({ tenantId, connectionId }: LaneKey): LaneKey {
  const digits = (BigInt(`0x${connectionId.replaceAll('-', '')}`) + 1n).toString(16).padStart(32, '0');
  const next = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { tenantId, connectionId: next.length === connectionId.length ? next : connectionId };
}

/** Which of `shards` have something due: the same hop from lane to lane, for all of them in one statement. */
export async function shardsWithWork(
  db: Database,
  shards: readonly number[],
): Promise<readonly { shard: number }[]> {
  const calls = await db.serverCalls();
  const [, found = []] = await db.together<(Row & { shard: number })[]>(
    [],
    [inOrder, calls.onEveryShard((sql) => lookForWork(sql, shards))],
  );
  return found;
}

/** The statement of `shardsWithWork`. */
export function lookForWork(
  sql: ReservedSql,
  shards: readonly number[],
): PendingQuery<(Row & { shard: number })[]> {
  return sql`
    /* every shard: due work */
    select s.shard from shards s
    where s.shard = any (${shards as number[]}::smallint[]) and exists (
      ${headsOfLanes(sql, sql`s.shard`)}
      select from head where run_at <= now())`;
}
