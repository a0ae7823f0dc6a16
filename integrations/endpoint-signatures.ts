// The signatures of Standard Webhooks 1.0, as a sender makes them
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Signature scheme"): both sign
// the same bytes, `id.timestamp.body`.
import { createHmac, createPrivateKey, sign } from 'node:crypto';

export const SECRET_PREFIX = 'whsec_';
export const PRIVATE_KEY_PREFIX = 'whsk_';

/** `v1,` and the base64 of HMAC-SHA256 under the bytes that the secret spells. */
export function signBySecret(secret: string, signed: Uint8Array): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

// RFC 8410: what stands before the 32 bytes of a private key of Ed25519 in its usual wrapping.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** `v1a,` and the base64 of the Ed25519 signature (RFC 8032) by the private key that the text spells. */
export function signByKey(privateKey: string, signed: Uint8Array): string {
  const bytes = Buffer.from(privateKey.slice(PRIVATE_KEY_PREFIX.length), 'base64');
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, bytes]), format: 'der', type: 'pkcs8' });
  return `v1a,${sign(null, signed, key).toString('base64')}`;
}
