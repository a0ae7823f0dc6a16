// The key pair that a tenant's requests to endpoints are signed with, where receivers check them without a secret: how it
// is made, what it is bound to, and how its public half is written down. The private half leaves here to be sealed.
import { createHash, generateKeyPairSync } from 'node:crypto';
import type { SecretBinding } from './blob.ts';

export const bindingOfSigningKey = ({ tenantId }: { tenantId: string }): SecretBinding => ({
  tenantId,
  secretOf: 'signing_key',
  ownerId: tenantId,
});

export interface SigningKeyPair {
  /** 32 bytes. */
  publicKey: Buffer;
  /** As Standard Webhooks writes one: `whsk_` and base64, here of the 32 bytes that RFC 8032 calls the private key. */
  secret: string;
}

/** A new pair. The library gives what RFC 8037 has in `d` and `x`. */
export function makeSigningKeyPair(): SigningKeyPair {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d, x } = privateKey.export({ format: 'jwk' });
  const secret = `whsk_${Buffer.from(String(d), 'base64url').toString('base64')}`;
  return { publicKey: Buffer.from(String(x), 'base64url'), secret };
}

/** RFC 8037: Ed25519 is a curve of the key type OKP. Without a private part. */
export interface PublicJwk {
  kty: 'OKP';
  crv: 'Ed25519';
  x: string;
  kid: string;
  use: 'sig';
  alg: 'EdDSA';
}

export function publicJwkOf(publicKey: Uint8Array): PublicJwk {
  const named = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') } as const;
  return { ...named, kid: thumbprintOf(named.x), use: 'sig', alg: 'EdDSA' };
}

/** RFC 7638: of the members that make the key, in the order of their names, without spaces. */
function thumbprintOf(x: string): string {
  const text = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x });
  return createHash('sha256').update(text).digest('base64url');
}

/** As libraries of Standard Webhooks take it: `whpk_` and base64 of the 32 bytes. */
export const publicKeyText = (publicKey: Uint8Array): string =>
  `whpk_${Buffer.from(publicKey).toString('base64')}`;
