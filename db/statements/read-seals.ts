// What a verifier reads: the chain and the entries it seals, in the order of their positions, a stretch at a time.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface SealRow {
  tenantId: string;
  seq: string;
  entriesBefore: string;
  entryCount: number;
  afterPosition: string;
  toPosition: string;
  entries: Buffer;
  previousHash: Buffer;
  hash: Buffer;
  sealedAtUs: string;
}

/** Text as Postgres writes it: nothing is read through a type that would round it. */
export interface EntryRow {
  tenantId: string;
  subjectId: string;
  id: string;
  atUs: string;
  kind: string;
  seq: string | null;
  actor: string;
  data: string;
  position: string;
}

/** Entries with a position after `after`, up to `to`; of one tenant, or of all of the shard. */
export interface Stretch {
  shard: number;
  tenantId: string | null;
  /** Of all of the shard, those who are not meant. */
  without?: readonly string[] | undefined;
  after: string;
  to: string;
}

export function readSealedTo(sql: ReservedSql, shard: number): PendingQuery<(Row & { sealedTo: string })[]> {
  return sql`select sealed_to::text as sealed_to from event_log_sealers where shard = ${shard}`;
}

/** Until when the policy took the log away; null: nothing was. */
export function readDropped(sql: ReservedSql): PendingQuery<(Row & { beforeUs: string | null })[]> {
  return sql`select ((extract(epoch from max(before)) * 1000000)::bigint)::text as before_us from event_log_drops`;
}

/** Where sealing stopped each time, and how many entries were sealed there. */
export function listPasses(
  sql: ReservedSql,
  stretch: Stretch,
  limit: number,
): PendingQuery<(Row & { toPosition: string; entries: number })[]> {
  return sql`
    select to_position::text as to_position, sum(entry_count)::integer as entries from event_log_seals
    where ${within(sql, stretch, sql`to_position`)} group by event_log_seals.to_position
    order by event_log_seals.to_position limit ${limit}`;
}

export function readSeals(sql: ReservedSql, stretch: Stretch): PendingQuery<(Row & SealRow)[]> {
  return sql`
    select ${sealColumns(sql)} from event_log_seals where ${within(sql, stretch, sql`to_position`)}
    order by event_log_seals.to_position, tenant_id, event_log_seals.seq`;
}

export function readEntries(
  sql: ReservedSql,
  stretch: Stretch,
  limit: number,
): PendingQuery<(Row & EntryRow)[]> {
  return sql`
    select tenant_id, subject_id, id, ((extract(epoch from at) * 1000000)::bigint)::text as at_us, kind,
      seq::text as seq, actor, data::text as data, position::text as position
    from event_log e where ${within(sql, stretch, sql`position`)}
    order by e.position, subject_id, id, at limit ${limit}`;
}

/** Tenants that have entries in this stretch. */
export function tenantsWithin(
  sql: ReservedSql,
  stretch: Stretch,
): PendingQuery<(Row & { tenantId: string })[]> {
  return sql`select distinct tenant_id from event_log where ${within(sql, stretch, sql`position`)}`;
}

/** The position up to which everything was sealed before `from`. */
export function sealedBefore(
  sql: ReservedSql,
  { shard, tenantId }: Pick<Stretch, 'shard' | 'tenantId'>,
  from: Date,
): PendingQuery<(Row & { toPosition: string | null })[]> {
  return sql`
    select max(to_position)::text as to_position from event_log_seals
    where shard = ${shard} and sealed_at < ${from} ${ofTenant(sql, tenantId)}`;
}

/** Whether an entry of this id is anywhere in the log of the tenant. Reads all of it: for what is found to be wrong. */
export function isInLog(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & { there: boolean })[]> {
  return sql`
    select exists (select from event_log where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}) as there`;
}

/** Whether an entry of this id is sealed anywhere in the chain of the tenant; reads all of it too. */
export function isSealed(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & { there: boolean })[]> {
  return sql`
    select exists (
      select from event_log_seals
      where shard = ${shard} and tenant_id = ${tenantId} and position(uuid_send(${id}) in entries) > 0) as there`;
}

/** As a checkpoint says it. */
export type HeadRow = Row & { seals: string; entries: string; head: string };

/** Of these seals of a tenant what a checkpoint says of them, in their order. */
export function headsOf(
  sql: ReservedSql,
  shard: number,
  { tenantId, seals }: { tenantId: string; seals: readonly string[] },
): PendingQuery<HeadRow[]> {
  return sql`
    select seq::text as seals, (entries_before + entry_count)::text as entries, encode(hash, 'hex') as head
    from event_log_seals s
    where shard = ${shard} and tenant_id = ${tenantId} and s.seq = any (${seals as string[]}::text[]::bigint[])
    order by s.seq`;
}

/** Another tenant with a seal of that hash. */
export function ownersOfSeal(
  sql: ReservedSql,
  { tenantId, hash }: { tenantId: string; hash: Buffer },
): PendingQuery<(Row & { tenantId: string })[]> {
  return sql`select tenant_id from event_log_seals where hash = ${hash} and tenant_id <> ${tenantId} limit 1`;
}

function within(
  sql: ReservedSql,
  { shard, tenantId, without = [], after, to }: Stretch,
  column: PendingQuery<Row[]>,
) {
  const others = without.length === 0 ? sql`` : sql`and tenant_id <> all (${without as string[]}::uuid[])`;
  return sql`shard = ${shard} ${ofTenant(sql, tenantId)} ${others}
    and ${column} > ${after}::text::bigint and ${column} <= ${to}::text::bigint`;
}

const ofTenant = (sql: ReservedSql, tenantId: string | null): PendingQuery<Row[]> =>
  tenantId === null ? sql`` : sql`and tenant_id = ${tenantId}`;

const sealColumns = (sql: ReservedSql): PendingQuery<Row[]> => sql`
  tenant_id, seq::text as seq, entries_before::text as entries_before, entry_count,
  after_position::text as after_position, to_position::text as to_position, entries, previous_hash, hash,
  ((extract(epoch from sealed_at) * 1000000)::bigint)::text as sealed_at_us`;
