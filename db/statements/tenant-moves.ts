// Moves of tenants as they are written down: who carries one out, how far it is, and which tenants have ever been moved.
import type { JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';
import { jsonText } from '../json-text.ts';

export interface MoveRow {
  id: string;
  tenantId: string;
  fromShard: number;
  toShard: number;
  state: 'copying' | 'switched' | 'aborting' | 'done' | 'aborted';
  progress: JsonObject;
  startedAt: Date;
  switchedAt: Date | null;
  finishedAt: Date | null;
  /** Milliseconds since it was announced, and since the tenant was switched. */
  announcedForMs: number;
  switchedForMs: number | null;
  pauseMs: number | null;
}

const columns = (sql: Sql | ReservedSql): PendingQuery<Row[]> => sql`
  id, owner_id as tenant_id, from_shard, to_shard, state, progress, started_at, switched_at, finished_at, pause_ms,
  (extract(epoch from now() - started_at) * 1000)::float8 as announced_for_ms,
  (extract(epoch from now() - switched_at) * 1000)::float8 as switched_for_ms`;

/** Begins a move, and says so to everybody who reads the tenant from then on. @returns nothing where one is under way */
export function announceMove(
  sql: ReservedSql,
  move: { id: string; tenantId: string; toShard: number },
): PendingQuery<(Row & MoveRow)[]> {
  return sql`
    with moving as (
      update tenants set moving = true where id = ${move.tenantId} and shard <> ${move.toShard} and not moving
      returning id, shard)
    insert into tenant_moves (id, owner_id, from_shard, to_shard)
    select ${move.id}, id, shard, ${move.toShard}::smallint from moving
    on conflict do nothing
    returning ${columns(sql)}`;
}

export function findOpenMove(sql: Sql | ReservedSql, tenantId: string): PendingQuery<(Row & MoveRow)[]> {
  return sql`select ${columns(sql)} from tenant_moves where owner_id = ${tenantId} and finished_at is null`;
}

/** The newest first. */
export function listMoves(sql: Sql): PendingQuery<(Row & MoveRow)[]> {
  return sql`select ${columns(sql)} from tenant_moves order by started_at desc limit 100`;
}

/** @returns the move as it is now; nothing while somebody else carries it out */
export function leaseMove(
  sql: Sql | ReservedSql,
  { id, holder, leaseMs }: { id: string; holder: string; leaseMs: number },
): PendingQuery<(Row & MoveRow)[]> {
  return sql`
    update tenant_moves set holder = ${holder}, leased_until = now() + ${leaseMs}::integer * interval '1 millisecond'
    where id = ${id} and finished_at is null and (holder = ${holder} or holder is null or leased_until < now())
    returning ${columns(sql)}`;
}

/** From then on it can only be ended: what was copied is not all there any more. By who has leased it, before the switch. */
export function beginAbort(
  sql: ReservedSql,
  { id, holder }: { id: string; holder: string },
): PendingQuery<Row[]> {
  return sql`
    update tenant_moves set state = 'aborting' where id = ${id} and holder = ${holder} and state = 'copying'`;
}

/** @returns nothing where it was taken over by somebody else */
export function saveProgress(
  sql: ReservedSql,
  { id, holder, progress, leaseMs }: { id: string; holder: string; progress: object; leaseMs: number },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    update tenant_moves set progress = ${jsonText(progress)}::text::jsonb,
      leased_until = now() + ${leaseMs}::integer * interval '1 millisecond'
    where id = ${id} and holder = ${holder} and finished_at is null
    returning id`;
}

/** The tenant's address changes, in the transaction that moves its rows. */
export async function switchTenant(
  sql: ReservedSql,
  move: { id: string; holder: string; tenantId: string; toShard: number; pauseMs: number },
): Promise<boolean> {
  const [switched] = await sql`
    update tenant_moves set state = 'switched', switched_at = now(), pause_ms = ${move.pauseMs}
    where id = ${move.id} and holder = ${move.holder} and state = 'copying'
    returning id`;
  if (!switched) return false;
  await sql`update tenants set shard = ${move.toShard} where id = ${move.tenantId}`;
  await sql`update source_addresses set shard = ${move.toShard} where owner_id = ${move.tenantId}`;
  return true;
}

export function finishMove(
  sql: ReservedSql,
  move: { id: string; tenantId: string; state: 'done' | 'aborted' },
): PendingQuery<Row[]> {
  return sql`
    with finished as (
      update tenant_moves set state = ${move.state}, finished_at = now(), holder = null, leased_until = null
      where id = ${move.id})
    update tenants set moving = false where id = ${move.tenantId}`;
}

export function releaseMove(sql: Sql, { id, holder }: { id: string; holder: string }): PendingQuery<Row[]> {
  return sql`update tenant_moves set holder = null, leased_until = null where id = ${id} and holder = ${holder}`;
}

/** Tenants of which there are, or were, rows on this shard beside those that have always been there. */
export function movedFromOrTo(
  sql: Sql | ReservedSql,
  shard: number,
): PendingQuery<(Row & { tenantId: string; underWay: boolean })[]> {
  return sql`
    select owner_id as tenant_id, bool_or(finished_at is null) as under_way from tenant_moves
    where from_shard = ${shard} or to_shard = ${shard} group by owner_id`;
}
