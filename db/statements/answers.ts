// First answers to idempotent requests. They are written by the commit itself (commit-transitions.ts).
import type { Json } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface AnswerRow {
  requestHash: string;
  status: number;
  answer: Json;
}

export function findAnswer(
  sql: ReservedSql,
  shard: number,
  { tenantId, subjectId, key }: { tenantId: string; subjectId: string; key: string },
): PendingQuery<(Row & AnswerRow)[]> {
  return sql`
    select encode(request_hash, 'hex') as request_hash, status, answer from idempotency_keys
    where shard = ${shard} and tenant_id = ${tenantId} and subject_id = ${subjectId} and key = ${key}`;
}

/**
 * Answers older than this are forgotten, a thousand at a time, of every tenant: a policy of its own lets workers do so.
 * @returns a row for each that went
 */
export function forgetAnswers(
  sql: ReservedSql,
  shard: number,
  olderThanDays: number,
): PendingQuery<(Row & { key: string })[]> {
  return sql`
    with old as materialized (
      select tenant_id, subject_id, key from idempotency_keys
      where shard = ${shard} and created_at < now() - make_interval(days => ${olderThanDays}) limit 1000)
    delete from idempotency_keys k using old
    where k.shard = ${shard} and k.tenant_id = old.tenant_id and k.subject_id = old.subject_id and k.key = old.key
    returning k.key`;
}
