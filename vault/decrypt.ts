// Blob in, credentials out: only the worker (just before it sends) and the vault's own key rotation import this file.
import { createDecipheriv } from 'node:crypto';
import { PawlError } from '../engine/errors.ts';
import { isJsonObject, type JsonObject } from '../engine/json.ts';
import { parseJson } from '../engine/parse-json.ts';
import { associatedData, type Binding, CIPHER, TAG_BYTES, unpackBlob, unreadable } from './blob.ts';
import type { KeyRing } from './key-ring.ts';

export type Decrypt = (blob: Uint8Array, binding: Binding) => JsonObject;

/**
 * Opens blobs with whichever key of the ring they name. Throws Corrupt `key_missing` when the ring has no such key,
 * and Corrupt `credential_unreadable` for everything else (cut, altered, moved to another row, pointed elsewhere),
 * without saying which.
 */
export function createDecrypter(keyRing: KeyRing): Decrypt {
  return (blob, binding) => {
    const plaintext = open(blob, binding, keyRing);
    try {
      const credentials: unknown = parseJson(plaintext.toString('utf8'));
      if (isJsonObject(credentials)) return credentials;
    } catch {
      // Falls through: an authentic blob that is not JSON is as unreadable as any, and the parser's message quotes it.
    } finally {
      plaintext.fill(0);
    }
    throw unreadable();
  };
}

/** The plaintext bytes of a blob. The caller wipes them. Throws as `createDecrypter` says. */
export function open(blob: Uint8Array, binding: Binding, keyRing: KeyRing): Buffer {
  const parts = unpackBlob(blob);
  if (parts === null) throw unreadable();
  const key = keyRing.key(parts.keyId);
  if (key === undefined) {
    throw new PawlError(
      'Corrupt',
      'key_missing',
      'The key that encrypted this credential is not in the key ring.',
    );
  }
  const decipher = createDecipheriv(CIPHER, key, parts.nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(binding, parts.keyId));
  decipher.setAuthTag(parts.tag);
  const plaintext = decipher.update(parts.ciphertext);
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    throw unreadable();
  }
}
