// What a request makes, once for its Idempotency-Key: who lost the answer sends the request again, and gets it.
import type { Context } from 'hono';
import type { ReservedSql } from '../db/client.ts';
import { insertAnswer } from '../db/statements/answers.ts';
import type { Json } from '../engine/json.ts';
import { findEarlierAnswer } from '../jobs/earlier-answers.ts';
import { checksumOf } from './checksum.ts';
import type { ApiDeps, AppEnv } from './deps.ts';
import { idempotencyOf, markReplayed } from './idempotency.ts';

export interface Created<Answer> {
  answer: Answer;
  /** Made by an earlier request: what belongs to the answer and is not stored is for the caller to add. */
  replayed: boolean;
}

/**
 * Keys are those of whoever asks, for what is asked: two may use the same one.
 * @param request what the key must stay with; of secrets nothing but that they were given, as its hash is stored
 * @param create in a transaction of its own; what it returns is stored where there is a key, so no secret is in it
 * @throws what `create` throws, unless another request with the key was first; PawlError InvalidInput
 *   `invalid_idempotency_key`, `idempotency_key_reused`
 */
export async function createOnce<Answer extends object>(
  { db }: Pick<ApiDeps, 'db'>,
  c: Context<AppEnv>,
  request: Json,
  create: (sql: ReservedSql) => Promise<Answer>,
): Promise<Created<Answer>> {
  const { tenant, principal } = c.var;
  const idempotency = idempotencyOf(c, request);
  if (!idempotency) return { answer: await db.forTenants([tenant.id], create), replayed: false };
  const subjectId = idOf(`${principal.actor} ${c.req.path}`);
  const earlier = async (): Promise<Created<Answer> | null> => {
    const answer = await findEarlierAnswer<Answer>(db, tenant, subjectId, idempotency);
    if (answer === null) return null;
    markReplayed(c);
    return { answer, replayed: true };
  };
  const first = await earlier();
  if (first) return first;
  try {
    return await db.forTenants([tenant.id], async (sql) => {
      const answer = await create(sql);
      const kept = { tenantId: tenant.id, subjectId, ...idempotency, answer: answer as Json };
      await insertAnswer(sql, tenant.shard, kept);
      return { answer, replayed: false };
    });
  } catch (error) {
    // The key, or the name, was taken by the same request, which was under way.
    const other = await earlier();
    if (other) return other;
    throw error;
  }
}

/** Always the same for a text. */
const idOf = (text: string): string =>
  checksumOf(text)
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
