// The Idempotency-Key header: a request that is sent again under its key is answered as it was the first time.
import type { Context } from 'hono';
import { PawlError } from '../engine/errors.ts';
import type { Json } from '../engine/json.ts';
import type { Idempotency } from '../jobs/earlier-answers.ts';
import { checksumOf } from './checksum.ts';
import type { AppEnv } from './deps.ts';

/** Visible ASCII; longer keys are mistakes, and each is part of an index. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** For the OpenAPI document; `idempotencyOf` does the checking. */
export const idempotencyHeader = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Send a request again under the same key and it has one effect and one answer; the answer of a repetition carries `Idempotent-Replayed: true`.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
} as const;

/** @param request what the key must stay with. @throws PawlError InvalidInput `invalid_idempotency_key` */
export function idempotencyOf(c: Context<AppEnv>, request: Json): Idempotency | null {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return null;
  if (!KEY.test(key)) {
    throw new PawlError(
      'InvalidInput',
      'invalid_idempotency_key',
      'An Idempotency-Key has 1 to 255 visible ASCII characters.',
    );
  }
  return { key, requestHash: checksumOf(request) };
}

export function markReplayed(c: Context<AppEnv>): void {
  c.header('Idempotent-Replayed', 'true');
}
