// The audit log as people read it: newest first, of one subject or of the whole tenant. Its order is that of the positions, which
// is the order in which transactions began to write: of that there is an index, and of the time there is none.
import type { Json } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface AuditRow {
  id: string;
  subjectId: string;
  at: Date;
  /** Of the transaction that wrote it, as text: it has 64 bits. */
  position: string;
  kind: string;
  seq: number | null;
  actor: string;
  data: Json;
}

export interface AuditFilter {
  tenantId: string;
  subjectId: string | null;
  kind: string | null;
  actor: string | null;
  from: Date;
  /** Not included. */
  to: Date;
  before: { position: string; id: string } | null;
  limit: number;
  /** How many entries are looked at for them, at most. */
  look: number;
}

/**
 * Newest first, among the next `look` entries of the months that the range of time touches; the rest of the filter is applied to
 * them. Kinds with a point by `event_log_of_settings`; what else there is by `event_log_by_position`, past the shard's other
 * tenants, or where a subject or a tenant has little by the primary key, and sorted.
 */
export function listAudit(
  sql: ReservedSql,
  shard: number,
  of: AuditFilter,
): PendingQuery<(Row & AuditRow)[]> {
  const { kind, actor, from, to, limit, look } = of;
  return sql`
    select id, subject_id, at, kind, seq, actor, data, position::text as position
    from (
      select * from event_log where ${together(sql, shard, of)} order by position desc, id desc limit ${look}) looked_at
    where at >= ${from} and at < ${to}
      ${kind === null ? sql`` : kind.endsWith('.') ? sql`and starts_with(kind, ${kind})` : sql`and kind = ${kind}`}
      ${actor === null ? sql`` : sql`and actor = ${actor}`}
    order by looked_at.position desc, id desc limit ${limit}`;
}

/** The last of the entries that `listAudit` looked at; no row when there was nothing further to look at. */
export function endOfLookAtAudit(
  sql: ReservedSql,
  shard: number,
  of: AuditFilter,
): PendingQuery<(Row & { position: string; id: string; at: Date })[]> {
  return sql`
    select position::text as position, id, at from event_log where ${together(sql, shard, of)}
    order by event_log.position desc, id desc offset ${of.look - 1} limit 1`;
}

/** Of the time only whole months, which leave partitions out: within one, entries of another day would be passed uncounted. */
function together(sql: ReservedSql, shard: number, of: AuditFilter): PendingQuery<Row[]> {
  const { tenantId, subjectId, kind, from, to, before } = of;
  return sql`
    shard = ${shard} and tenant_id = ${tenantId} and at >= ${firstOfMonth(from, 0)} and at < ${firstOfMonth(to, 1)}
      ${subjectId === null ? sql`` : sql`and subject_id = ${subjectId}`}
      ${kind?.includes('.') ? sql`and kind like '%.%'` : sql``}
      ${
        before === null
          ? sql``
          : sql`and position <= ${before.position}::text::bigint
              and (position, id) < (${before.position}::text::bigint, ${before.id}::uuid)`
      }`;
}

/** As the partitions are, in UTC. */
const firstOfMonth = (time: Date, later: number): Date =>
  new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + later));
