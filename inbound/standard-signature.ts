// Standard Webhooks 1.0: what Svix, GitLab's signing tokens and Pawl's own subscriptions sign with. Symmetric (`v1`) by a secret
// that both know, asymmetric (`v1a`) by a key of the sender, of which the source has the public half.
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { requiredHeader } from './headers.ts';
import { Refused } from './refused.ts';
import { anyMatches, assertRecent, hmac, signaturesOf, USUAL_WINDOW_SECONDS } from './signature.ts';
import type { InboundRequest } from './source-kind.ts';

const SECRET_PREFIX = 'whsec_';
// As the specification says.
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;

const PUBLIC_KEY_PREFIX = 'whpk_';
/** Of Ed25519 (RFC 8032). */
const PUBLIC_KEY_BYTES = 32;

/** `webhook-id`, `webhook-timestamp`, `webhook-signature`: the names begin with `prefix`, as senders before the standard had their own. */
export function verifyStandard(
  request: InboundRequest,
  prefix: 'webhook' | 'svix',
  { secrets, now }: { secrets: readonly string[]; now: Date },
): boolean {
  const id = requiredHeader(request, `${prefix}-id`);
  const timestamp = requiredHeader(request, `${prefix}-timestamp`);
  const items = requiredHeader(request, `${prefix}-signature`).split(' ');
  assertRecent(timestamp, now, USUAL_WINDOW_SECONDS);
  const shared = secrets.flatMap((secret) => sharedKeyOf(secret) ?? []);
  const published = secrets.flatMap((secret) => publicKeyOf(secret) ?? []);
  // One of another form is of before a sender that sent a token began to sign.
  if (shared.length + published.length === 0) throw new Refused('unusable_secret');
  const versions = [...(shared.length > 0 ? ['v1'] : []), ...(published.length > 0 ? ['v1a'] : [])];
  const given = Map.groupBy(signaturesOf(items, ',', versions), ({ version }) => version);
  const listed = (version: string) => given.get(version)?.map(({ signature }) => signature) ?? [];
  const signed = [`${id}.${timestamp}.`, request.body] as const;
  const expected = shared.map((key) => hmac('sha256', key, signed, 'base64'));
  return anyMatches(listed('v1'), expected) || isSignedByAny(listed('v1a'), published, signed);
}

function isSignedByAny(
  given: readonly string[],
  keys: readonly KeyObject[],
  [head, body]: readonly [string, Uint8Array],
): boolean {
  const signed = Buffer.concat([Buffer.from(head), body]);
  return given.some((text) => {
    const signature = decoded(text);
    return signature !== undefined && keys.some((key) => verify(null, signed, key, signature));
  });
}

/** `whsec_` and 24 to 64 bytes in base64. */
export const standardSecret = z.string().refine((text) => sharedKeyOf(text) !== undefined, {
  error: 'must be `whsec_` followed by 24 to 64 bytes in base64',
});

/** Such a secret, or `whpk_` and the 32 bytes of the sender's public key in base64. */
export const standardSecretOrPublicKey = z
  .string()
  .refine((text) => sharedKeyOf(text) !== undefined || publicKeyOf(text) !== undefined, {
    error:
      'must be `whsec_` followed by 24 to 64 bytes in base64, or `whpk_` followed by the 32 of a public key',
  });

export const standardSecretOf = (random: Uint8Array): string =>
  SECRET_PREFIX + Buffer.from(random).toString('base64');

function sharedKeyOf(secret: string): Buffer | undefined {
  if (!secret.startsWith(SECRET_PREFIX)) return undefined;
  const key = decoded(secret.slice(SECRET_PREFIX.length));
  return key && key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES ? key : undefined;
}

function publicKeyOf(secret: string): KeyObject | undefined {
  if (!secret.startsWith(PUBLIC_KEY_PREFIX)) return undefined;
  const key = decoded(secret.slice(PUBLIC_KEY_PREFIX.length));
  if (key?.length !== PUBLIC_KEY_BYTES) return undefined;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') };
  return createPublicKey({ key: jwk, format: 'jwk' });
}

/** Node passes over what is not base64: a key cut short that way would be a weak one, and a signature would have many spellings. */
function decoded(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
