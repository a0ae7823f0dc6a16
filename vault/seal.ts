// Bytes in, blob out, and back, under one key: what encrypting credentials, wrapping keys and moving blobs have in common.
import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import {
  associatedData,
  type Binding,
  type BlobParts,
  CIPHER,
  NONCE_BYTES,
  packBlob,
  TAG_BYTES,
  unreadable,
} from './blob.ts';

/** A key and the id that blobs name it by. */
export interface NamedKey {
  keyId: string;
  key: KeyObject;
}

export function seal(plaintext: Uint8Array, binding: Binding, { keyId, key }: NamedKey): Buffer {
  // Random nonces stay under GCM's 2^-32 collision bound for 2^32 encryptions of one key: far beyond any tenant's secrets.
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(binding, keyId));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return packBlob({ keyId, nonce, ciphertext, tag: cipher.getAuthTag() });
}

/** The plaintext bytes, which the caller wipes. Throws Corrupt `credential_unreadable`. */
export function open({ keyId, nonce, ciphertext, tag }: BlobParts, binding: Binding, key: KeyObject): Buffer {
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(binding, keyId));
  decipher.setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    throw unreadable();
  }
}
