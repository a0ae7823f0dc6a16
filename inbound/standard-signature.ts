// Standard Webhooks 1.0, symmetric: what Svix, GitLab's signing tokens and Pawl's own subscriptions sign with.
import { z } from 'zod';
import { requiredHeader } from './headers.ts';
import { Refused } from './refused.ts';
import { anyMatches, assertRecent, hmac, USUAL_WINDOW_SECONDS, v1Signatures } from './signature.ts';
import type { InboundRequest } from './source-kind.ts';

const SECRET_PREFIX = 'whsec_';
// As the specification says.
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;

/** `webhook-id`, `webhook-timestamp`, `webhook-signature`: the names begin with `prefix`, as senders before the standard had their own. */
export function verifyStandard(
  request: InboundRequest,
  prefix: 'webhook' | 'svix',
  { secrets, now }: { secrets: readonly string[]; now: Date },
): boolean {
  const id = requiredHeader(request, `${prefix}-id`);
  const timestamp = requiredHeader(request, `${prefix}-timestamp`);
  const given = v1Signatures(requiredHeader(request, `${prefix}-signature`).split(' '), ',');
  assertRecent(timestamp, now, USUAL_WINDOW_SECONDS);
  const signed = [`${id}.${timestamp}.`, request.body];
  return anyMatches(
    given,
    keysOf(secrets).map((key) => hmac('sha256', key, signed, 'base64')),
  );
}

/** `whsec_` and 24 to 64 bytes in base64. */
export const standardSecret = z.string().refine((text) => decoded(text) !== undefined, {
  error: 'must be `whsec_` followed by 24 to 64 bytes in base64',
});

export const standardSecretOf = (random: Uint8Array): string =>
  SECRET_PREFIX + Buffer.from(random).toString('base64');

// One of another form is of before a sender that sent a token began to sign.
function keysOf(secrets: readonly string[]): Buffer[] {
  const keys = secrets.flatMap((secret) => decoded(secret) ?? []);
  if (keys.length === 0) throw new Refused('unusable_secret');
  return keys;
}

function decoded(secret: string): Buffer | undefined {
  if (!secret.startsWith(SECRET_PREFIX)) return undefined;
  const text = secret.slice(SECRET_PREFIX.length);
  const key = Buffer.from(text, 'base64');
  // Node passes over what is not base64; a key cut short that way would be a weak one.
  const whole = key.toString('base64') === text;
  return whole && key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES ? key : undefined;
}
