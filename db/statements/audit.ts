// The audit log as people read it: newest first, of one subject or of the whole tenant.
import type { Json } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface AuditRow {
  id: string;
  subjectId: string;
  at: Date;
  /** `at` in microseconds since 1970, as text: a Date would cut it to milliseconds. */
  atUs: string;
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
  before: { atUs: string; id: string } | null;
  limit: number;
}

/**
 * One more than `limit`. The range of time picks the partitions; in them the primary key finds a subject's entries,
 * or all of the tenant's, which are then sorted.
 */
export function listAudit(
  sql: ReservedSql,
  shard: number,
  { tenantId, subjectId, kind, actor, from, to, before, limit }: AuditFilter,
): PendingQuery<(Row & AuditRow)[]> {
  return sql`
    select id, subject_id, at, kind, seq, actor, data,
      (extract(epoch from at) * 1000000)::bigint::text as at_us
    from event_log
    where shard = ${shard} and tenant_id = ${tenantId} and at >= ${from} and at < ${to}
      ${subjectId === null ? sql`` : sql`and subject_id = ${subjectId}`}
      ${kind === null ? sql`` : kind.endsWith('.') ? sql`and starts_with(kind, ${kind})` : sql`and kind = ${kind}`}
      ${actor === null ? sql`` : sql`and actor = ${actor}`}
      ${
        before === null
          ? sql``
          : sql`and (at, id) < (
              timestamptz 'epoch' + ${before.atUs}::bigint * interval '1 microsecond', ${before.id}::uuid)`
      }
    order by at desc, id desc limit ${limit + 1}`;
}
