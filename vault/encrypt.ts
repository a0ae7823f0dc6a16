// Credentials in, blob out. This half of the vault is the only one the API may import.
import { createCipheriv, randomBytes } from 'node:crypto';
import { PawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import {
  associatedData,
  type Binding,
  bindingParts,
  CIPHER,
  NONCE_BYTES,
  packBlob,
  TAG_BYTES,
} from './blob.ts';
import type { KeyRing } from './key-ring.ts';

export type Encrypt = (plaintext: JsonObject, binding: Binding) => Buffer;

/**
 * Encrypts under the ring's current key. Throws InvalidInput `credential_binding_invalid` when a part of the binding
 * is empty or the origin is not one: such a blob would be bound to nothing.
 */
export function createEncrypter(keyRing: KeyRing): Encrypt {
  return (plaintext, binding) => {
    checkBinding(binding);
    return seal(Buffer.from(JSON.stringify(plaintext), 'utf8'), binding, keyRing);
  };
}

/** Encrypts bytes as they are, for `createEncrypter` and for moving a blob to another key. */
export function seal(plaintext: Uint8Array, binding: Binding, keyRing: KeyRing): Buffer {
  const keyId = keyRing.currentKeyId;
  const key = keyRing.key(keyId);
  if (key === undefined)
    throw new PawlError('Unavailable', 'key_missing', 'The encrypting key is not in the key ring.');
  // Random nonces stay under GCM's 2^-32 collision bound for 2^32 encryptions of one key: far beyond any connections table.
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(binding, keyId));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return packBlob({ keyId, nonce, ciphertext, tag: cipher.getAuthTag() });
}

function checkBinding(binding: Binding): void {
  const complete = bindingParts(binding).every((part) => part !== '');
  if (complete && (!('allowedOrigin' in binding) || isOrigin(binding.allowedOrigin))) return;
  throw new PawlError(
    'InvalidInput',
    'credential_binding_invalid',
    'A secret is bound to all of where it belongs, a credential to a URL origin too; a part of that is missing.',
  );
}

const isOrigin = (text: string): boolean => URL.parse(text)?.origin === text;
