// Checkpoints of chains, and when which shard is verified. As role `pawl_sealer`, which sees all tenants.
import type { Json } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';

export interface HeadRow {
  tenantId: string;
  seq: string;
  entries: string;
  /** Hexadecimal. */
  hash: string;
  /** By the database's clock, as the next one is due by it. */
  now: Date;
}

/**
 * Of tenants of one shard, heads of chains that grew since their last checkpoint, which is older than `minutes`: two looks
 * into an index for each.
 */
export function headsToCheckpoint(
  sql: Sql,
  shard: number,
  { minutes, tenantIds }: { minutes: number; tenantIds: readonly string[] },
): PendingQuery<(Row & HeadRow)[]> {
  return sql`
    select t.id as tenant_id, h.seq::text as seq, (h.entries_before + h.entry_count)::text as entries,
      encode(h.hash, 'hex') as hash,
      now() as now
    from unnest(${tenantIds as string[]}::uuid[]) as t(id)
    cross join lateral (
      select seq, entries_before, entry_count, hash from event_log_seals s
      where shard = ${shard} and tenant_id = t.id order by s.seq desc limit 1) h
    left join lateral (
      select seq, at from event_log_checkpoints c
      where shard = ${shard} and tenant_id = t.id order by c.seq desc limit 1) c on true
    where h.seq > coalesce(c.seq, 0)
      and coalesce(c.at, '-infinity') <= now() - make_interval(mins => ${minutes}::integer)`;
}

export interface NewCheckpoint {
  tenantId: string;
  seq: string;
  entries: string;
  head: string;
  at: string;
  publicKey: string;
  signature: string;
  anchor: string;
}

export function insertCheckpoint(sql: Sql, shard: number, row: NewCheckpoint): PendingQuery<Row[]> {
  return sql`
    insert into event_log_checkpoints (shard, tenant_id, seq, entry_count, head_hash, at, public_key, signature, anchor)
    values (${shard}, ${row.tenantId}, ${row.seq}::text::bigint, ${row.entries}::text::bigint, decode(${row.head}, 'hex'),
      ${row.at}::text::timestamptz, decode(${row.publicKey}, 'hex'), decode(${row.signature}, 'hex'), ${row.anchor})
    on conflict do nothing`;
}

/** Shards whose time has come, the longest due first. */
export function shardsToVerify(sql: Sql): PendingQuery<(Row & { shard: number })[]> {
  return sql`/* every shard: sealing */ select shard from event_log_sealers where verify_at <= now() order by verify_at`;
}

/** @returns nothing when somebody was first; else it is nobody else's for an hour */
export function claimShardToVerify(sql: Sql, shard: number): PendingQuery<(Row & { shard: number })[]> {
  return sql`
    update event_log_sealers set verify_at = now() + interval '1 hour'
    where shard = ${shard} and verify_at <= now() returning shard`;
}

export function verifyAgainIn(sql: Sql, shard: number, hours: number): PendingQuery<Row[]> {
  return sql`
    update event_log_sealers set verify_at = now() + make_interval(hours => ${hours}::integer)
    where shard = ${shard}`;
}

export interface VerificationRow {
  tenantId: string;
  ok: boolean;
  entries: string;
  problem: Json;
}

export function storeVerifications(
  sql: Sql,
  shard: number,
  rows: readonly VerificationRow[],
): PendingQuery<Row[]> {
  return sql`
    insert into event_log_verifications (shard, tenant_id, verified_at, ok, entry_count, problem)
    select here.shard, tenant_id, now(), ok, entries, nullif(problem, 'null')
    from shards here cross join jsonb_to_recordset(
      ${JSON.stringify(rows.map(({ tenantId, ...row }) => ({ tenant_id: tenantId, ...row })))}::text::jsonb) as v(
      tenant_id uuid, ok boolean, entries bigint, problem jsonb)
    where here.shard = ${shard}
    on conflict (shard, tenant_id) do update set
      verified_at = excluded.verified_at, ok = excluded.ok, entry_count = excluded.entry_count, problem = excluded.problem`;
}

export interface CheckpointRow {
  seq: string;
  entries: string;
  head: string;
  at: Date;
  publicKey: string;
  signature: string;
  anchor: string;
}

/** Newest first, one more than `limit`. */
export function listCheckpoints(
  sql: ReservedSql,
  shard: number,
  { tenantId, before, limit }: { tenantId: string; before: string | null; limit: number },
): PendingQuery<(Row & CheckpointRow)[]> {
  return sql`
    select seq::text as seq, entry_count::text as entries, encode(head_hash, 'hex') as head, at,
      encode(public_key, 'hex') as public_key, encode(signature, 'hex') as signature, anchor
    from event_log_checkpoints c
    where shard = ${shard} and tenant_id = ${tenantId}
      ${before === null ? sql`` : sql`and c.seq < ${before}::text::bigint`}
    order by c.seq desc limit ${limit + 1}`;
}

export interface ChainRow {
  seals: string;
  entries: string;
  head: string | null;
  sealedAt: Date | null;
  verifiedAt: Date | null;
  ok: boolean | null;
  verifiedEntries: string | null;
  problem: Json;
  isDue: boolean;
}

/** Of one tenant: how far its log is sealed, and what its last verification said. */
export function chainStatus(
  sql: ReservedSql,
  shard: number,
  tenantId: string,
): PendingQuery<(Row & ChainRow)[]> {
  return sql`
    select coalesce(h.seq, 0)::text as seals, coalesce(h.entries_before + h.entry_count, 0)::text as entries,
      encode(h.hash, 'hex') as head, h.sealed_at, v.verified_at, v.ok, v.entry_count::text as verified_entries, v.problem,
      s.verify_at <= now() as is_due
    from event_log_sealers s
    left join lateral (
      select seq, entries_before, entry_count, hash, sealed_at from event_log_seals
      where shard = ${shard} and tenant_id = ${tenantId} order by seq desc limit 1) h on true
    left join event_log_verifications v on v.shard = ${shard} and v.tenant_id = ${tenantId}
    where s.shard = ${shard}`;
}

/** Soon; unless it was verified within the last minute, as that costs something. @returns nothing then */
export function askForVerification(
  sql: ReservedSql,
  shard: number,
  tenantId: string,
): PendingQuery<(Row & { shard: number })[]> {
  return sql`
    update event_log_sealers s set verify_at = now()
    where s.shard = ${shard} and not exists (
      select from event_log_verifications v
      where v.shard = ${shard} and v.tenant_id = ${tenantId} and v.verified_at > now() - interval '1 minute')
    returning shard`;
}
