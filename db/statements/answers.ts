// First answers to idempotent requests. Those of jobs are written by the commit itself (commit-transitions.ts).
import type { Json } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';

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

/** In the transaction of its effect. Waits for another one with the same key, and then violates the primary key. */
export function insertAnswer(
  sql: ReservedSql,
  shard: number,
  made: { tenantId: string; subjectId: string; key: string; requestHash: string; answer: Json },
): PendingQuery<Row[]> {
  return sql`
    insert into idempotency_keys (shard, tenant_id, subject_id, key, request_hash, status, answer)
    values (${shard}, ${made.tenantId}, ${made.subjectId}, ${made.key}, decode(${made.requestHash}, 'hex'), 201,
      ${jsonText(made.answer)}::text::json)`;
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
