// The first answer to a request that came with an Idempotency-Key: stored with its commit, given again to whoever asks the same.
import type { Database } from '../db/client.ts';
import { type AnswerRow, findAnswer } from '../db/statements/answers.ts';
import type { Tenant } from '../db/tenants.ts';
import { PawlError } from '../engine/errors.ts';
import type { Json } from '../engine/json.ts';
import type { TransitionAnswer } from './answer.ts';

export interface Idempotency {
  key: string;
  /** SHA-256 (hex) of what was asked; the same key with another one is refused. */
  requestHash: string;
}

/** @throws PawlError InvalidInput `idempotency_key_reused` */
export async function findEarlierAnswer<Answer = TransitionAnswer>(
  db: Database,
  tenant: Tenant,
  subjectId: string,
  { key, requestHash }: Idempotency,
): Promise<Answer | null> {
  const of = { tenantId: tenant.id, subjectId, key };
  const [row] = await db.read<AnswerRow[]>(tenant.id, (sql) => findAnswer(sql, tenant.shard, of));
  if (!row) return null;
  if (row.requestHash !== requestHash) {
    throw new PawlError(
      'InvalidInput',
      'idempotency_key_reused',
      'This Idempotency-Key came with a different request before. Use a new key for a new request.',
    );
  }
  return row.answer as unknown as Answer;
}

/** As a job's change stores it. @param subjectId the job, or for a start its workflow */
export function answerToStore(
  subjectId: string,
  { key, requestHash }: Idempotency,
  answer: TransitionAnswer,
) {
  return { subjectId, key, requestHash, status: 200, answer: answer as unknown as Json };
}
