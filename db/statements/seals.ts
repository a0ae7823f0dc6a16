// Sealing the log: what has settled is hashed and chained, tenant by tenant, inside Postgres. As role `pawl_sealer`.
// docs/audit.md has the text that is hashed; audit/entry-hash.ts makes the same of what a verifier read.
import type { PendingQuery, ReservedSql, Row, Sql } from '../client.ts';
import { oldest } from './oldest-transaction.ts';

/**
 * Shards in which something waits to be sealed: one look into an index of each partition for each shard.
 * @param known see `oldestTransaction`
 */
export function shardsToSeal(sql: Sql, known: string | null): PendingQuery<(Row & { shard: number })[]> {
  return sql`
    /* every shard: sealing */
    select s.shard from event_log_sealers s
    where exists (
      select from event_log e where e.shard = s.shard and e.position > s.sealed_to
        and e.position < ${horizon(sql, known)} offset 0)
    order by s.shard`;
}

/** Locks a shard for the running transaction; @returns nothing when another sealer has it */
export function lockShard(sql: ReservedSql, shard: number): PendingQuery<(Row & { sealedTo: string })[]> {
  return sql`
    select sealed_to::text as sealed_to from event_log_sealers where shard = ${shard} for update skip locked`;
}

/** What an entry would have that is written now. Whoever counts transactions is asked: on Citus the coordinator. */
export const positionNow = (sql: ReservedSql): PendingQuery<(Row & { position: string })[]> =>
  sql`select pawl_log_position(pg_current_xact_id())::text as position`;

/**
 * Seals what has settled after `sealedTo`, about `limit` entries: never a part of what one transaction wrote. Every
 * transaction below the snapshot's xmin is over and seen, so nothing can come before what is sealed here. The lock of
 * `lockShard` must be held: of two that seal at once, the primary key refuses one.
 * @returns how many entries were sealed; fewer than `limit`: no more has settled
 */
export function sealShard(
  sql: ReservedSql,
  shard: number,
  { sealedTo, limit, known }: { sealedTo: string; limit: number; known: string | null },
): PendingQuery<(Row & { entries: number })[]> {
  return sql`
    with chunk as materialized (
      select tenant_id, count(*)::integer as entry_count, max(position) as last_position,
        string_agg(uuid_send(id) || int8send(at_us) || hash, ''::bytea order by position, subject_id, id, at_us) as entries
      from (
        select tenant_id, subject_id, id, at_us, position, ${entryHash(sql)} as hash
        from (
          select *, (extract(epoch from at) * 1000000)::bigint as at_us
          from event_log
          where shard = ${shard} and position > ${sealedTo}::text::bigint and position < ${horizon(sql, known)}
          order by position fetch first (${limit}::integer) rows with ties) e
        -- hashed before they are sorted: what is sorted is narrow
        offset 0) settled
      group by tenant_id
    ), reached as materialized (
      select coalesce(sum(entry_count), 0)::integer as entries,
        case when coalesce(sum(entry_count), 0) < ${limit}::integer then ${horizon(sql, known)} - 1
          else max(last_position) end as to_position
      from chunk
    ), link as (
      select c.tenant_id, c.entry_count, c.entries, coalesce(h.seq, 0) + 1 as seq,
        coalesce(h.entries_before + h.entry_count, 0) as entries_before,
        coalesce(h.to_position, ${BEFORE_EVERYTHING}::text::bigint) as after_position, r.to_position,
        coalesce(h.hash, '\\x'::bytea) as previous_hash, date_trunc('milliseconds', now()) as sealed_at
      from chunk c cross join reached r left join lateral (
        select seq, entries_before, entry_count, to_position, hash from event_log_seals s
        where s.shard = ${shard} and s.tenant_id = c.tenant_id order by seq desc limit 1) h on true
    ), sealed as (
      insert into event_log_seals (shard, tenant_id, seq, entries_before, entry_count, after_position, to_position,
        entries, previous_hash, hash, sealed_at)
      select here.shard, tenant_id, seq, entries_before, entry_count, after_position, to_position, entries, previous_hash,
        ${sealHash(sql)}, sealed_at
      from shards here cross join link where here.shard = ${shard}
    ), moved as (
      update event_log_sealers s set sealed_to = r.to_position from reached r
      where s.shard = ${shard} and r.to_position > s.sealed_to
    )
    select entries from reached`;
}

/** The first seal of a tenant begins before every position there is. */
export const BEFORE_EVERYTHING = '-9223372036854775808';

const horizon = (sql: Sql | ReservedSql, known: string | null): PendingQuery<Row[]> =>
  sql`pawl_log_position(${oldest(sql, known)})`;

/** SHA-256 of the text of an entry (version 1), its time given as `at_us`. */
function entryHash(sql: ReservedSql): PendingQuery<Row[]> {
  return sql`sha256(convert_to(format(E'pawl entry 1\n%s\n%s\n%s\n%s\n%s\n%s %s\n%s %s\n%s', tenant_id, subject_id, id,
    at_us, seq, octet_length(kind), kind, octet_length(actor), actor, data), 'UTF8'))`;
}

/** SHA-256 of the head of a seal (version 1), the hash before it, and its entries. */
function sealHash(sql: ReservedSql): PendingQuery<Row[]> {
  return sql`sha256(convert_to('pawl seal 1' || E'\n' || tenant_id || E'\n' || seq || E'\n' || entries_before || E'\n'
    || entry_count || E'\n' || after_position || E'\n' || to_position || E'\n'
    || trunc(extract(epoch from sealed_at) * 1000000) || E'\n', 'UTF8') || previous_hash || entries)`;
}
