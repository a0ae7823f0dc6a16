// The bytes of a stored credential (version 1) and what they are bound to. Format only: no key is touched here.
//
//   version (1) | key id length (1) | key id | nonce (12) | ciphertext (≥ 0) | tag (16)
import { PawlError } from '../engine/errors.ts';

/**
 * Where a secret belongs. All of it is authenticated with the ciphertext, so a blob copied to another row, or a row
 * pointed at another host, does not decrypt.
 */
export type Binding = CredentialBinding | SecretBinding;

/**
 * The credentials of a connection. `allowedOrigin` is the URL origin (`https://api.twilio.com`,
 * `http://127.0.0.1:8080`; a default port is left out, as `new URL(…).origin` does).
 */
export interface CredentialBinding {
  tenantId: string;
  connectionId: string;
  provider: string;
  allowedOrigin: string;
}

/** A secret that signatures are made or checked with. */
export interface SecretBinding {
  tenantId: string;
  /** What `ownerId` is the id of, such as `source`. */
  secretOf: string;
  ownerId: string;
}

export interface BlobParts {
  keyId: string;
  nonce: Uint8Array;
  ciphertext: Uint8Array;
  tag: Uint8Array;
}

const BLOB_VERSION = 1;
// GCM's native nonce length; any other is hashed down and loses its collision bound.
export const NONCE_BYTES = 12;
// The full tag. Passed as `authTagLength` too, as Node otherwise accepts tags cut down to 4 bytes.
export const TAG_BYTES = 16;
export const CIPHER = 'aes-256-gcm';

// A key id travels in clear in every blob and in a one-byte length, and is typed by people into variables.
const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/;
const HEADER_BYTES = 2;

export const isKeyId = (text: string): boolean => KEY_ID.test(text);

/** Joins the parts of one blob. The lengths of nonce and tag are the caller's promise. */
export function packBlob(parts: BlobParts): Buffer {
  const keyId = Buffer.from(parts.keyId, 'ascii');
  return Buffer.concat([
    Uint8Array.of(BLOB_VERSION, keyId.length),
    keyId,
    parts.nonce,
    parts.ciphertext,
    parts.tag,
  ]);
}

/** Splits a blob without copying it. Null for anything that is not a whole blob of version 1. */
export function unpackBlob(blob: Uint8Array): BlobParts | null {
  if (blob.length < HEADER_BYTES || blob[0] !== BLOB_VERSION) return null;
  const nonceAt = HEADER_BYTES + (blob[1] ?? 0);
  const ciphertextAt = nonceAt + NONCE_BYTES;
  const tagAt = blob.length - TAG_BYTES;
  if (tagAt < ciphertextAt) return null;
  // latin1, not ascii: Node's ascii decoder drops the high bit, which would let two different bytes name one key.
  const keyId = Buffer.from(blob.buffer, blob.byteOffset + HEADER_BYTES, nonceAt - HEADER_BYTES).toString(
    'latin1',
  );
  if (!isKeyId(keyId)) return null;
  return {
    keyId,
    nonce: blob.subarray(nonceAt, ciphertextAt),
    ciphertext: blob.subarray(ciphertextAt, tagAt),
    tag: blob.subarray(tagAt),
  };
}

/** The id of the key that encrypted a blob, read from its clear header. Throws Corrupt `credential_unreadable`. */
export function keyIdOf(blob: Uint8Array): string {
  const parts = unpackBlob(blob);
  if (parts === null) throw unreadable();
  return parts.keyId;
}

/** The one answer to every blob that does not open: which byte was wrong is nobody's business. */
export function unreadable(): PawlError {
  return new PawlError('Corrupt', 'credential_unreadable', 'The stored credential cannot be read.');
}

/**
 * What GCM authenticates beside the ciphertext: version, the parts of the binding, key id, each behind its length in four
 * big-endian bytes, so no two bindings can spell the same bytes.
 */
export function associatedData(binding: Binding, keyId: string): Buffer {
  const parts = [String(BLOB_VERSION), ...bindingParts(binding), keyId];
  const lengths = parts.map((part) => Buffer.byteLength(part, 'utf8'));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0));
  let at = 0;
  for (const [index, part] of parts.entries()) {
    at = bytes.writeUInt32BE(lengths[index] ?? 0, at);
    at += bytes.write(part, at, 'utf8');
  }
  return bytes;
}

/** All of what a blob is bound to, in the order it is authenticated. The two kinds differ in number. */
export const bindingParts = (binding: Binding): string[] =>
  'connectionId' in binding
    ? [binding.tenantId, binding.connectionId, binding.provider, binding.allowedOrigin]
    : [binding.tenantId, binding.secretOf, binding.ownerId];
