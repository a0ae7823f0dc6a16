// Pages of what is exported for audit and billing, as role `pawl_operator`: by key, so that memory stays flat however
// much there is, and what is written meanwhile neither repeats nor hides a row.
import type { JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { idAfter, idBefore } from '../uuid-time.ts';

export interface ExportRange {
  tenantId: string;
  /** Included. */
  from: Date;
  /** Not included. */
  to: Date;
}

export interface LedgerRow {
  attemptId: string;
  at: Date;
  kind: string;
  quantity: number;
  outcome: string;
  provider: string;
  /** Null, like the next four, for an inbound event. */
  connectionId: string | null;
  workflowId: string | null;
  jobId: string | null;
  actionRunId: string | null;
  attempt: number | null;
  /** Null for an attempt. */
  sourceId: string | null;
  statusCode: number | null;
  requestBytes: number;
  responseBytes: number;
  durationMs: number | null;
}

/**
 * By primary key, which is nearly the order of time: attempts are named when they start and written when they end.
 * The ids only bound the scan, with room for attempts that took long.
 */
export function exportLedger(
  sql: ReservedSql,
  shard: number,
  { tenantId, from, to }: ExportRange,
  { after, limit }: { after: string | null; limit: number },
): PendingQuery<(Row & LedgerRow)[]> {
  const first = after ?? idBefore(new Date(from.getTime() - LONGEST_ATTEMPT_MS));
  return sql`
    select attempt_id, at, kind, quantity, outcome, provider, connection_id, workflow_id, job_id, action_run_id, attempt,
      source_id, status_code, request_bytes::float8 as request_bytes, response_bytes::float8 as response_bytes, duration_ms
    from utility_ledger
    where shard = ${shard} and tenant_id = ${tenantId} and attempt_id > ${first} and attempt_id < ${idAfter(to)}
      and at >= ${from} and at < ${to}
    order by attempt_id limit ${limit}`;
}

/** An attempt whose worker died is recorded when another one finds it; after a week somebody has looked. */
const LONGEST_ATTEMPT_MS = 7 * 86_400_000;

export interface EventRow {
  subjectId: string;
  id: string;
  at: Date;
  kind: string;
  seq: number | null;
  actor: string;
  data: JsonObject;
  /** `at` as Postgres has it: a Date (and the driver, which makes one of every timestamp) holds milliseconds only. */
  exactAt: string;
}

export type EventPlace = Pick<EventRow, 'subjectId' | 'id' | 'exactAt'>;

/** By primary key: all that happened to one subject together, oldest first. The times choose the partitions. */
export function exportEvents(
  sql: ReservedSql,
  shard: number,
  { tenantId, from, to }: ExportRange,
  { after, limit }: { after: EventPlace | null; limit: number },
): PendingQuery<(Row & EventRow)[]> {
  return sql`
    select subject_id, id, at, kind, seq, actor, data, at::text as exact_at
    from event_log
    where shard = ${shard} and tenant_id = ${tenantId} and at >= ${from} and at < ${to}
      ${
        after === null
          ? sql``
          : sql`and (subject_id, id, at) > (${after.subjectId}, ${after.id}, ${after.exactAt}::text::timestamptz)`
      }
    order by subject_id, id, at limit ${limit}`;
}
