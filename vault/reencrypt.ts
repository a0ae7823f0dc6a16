// Moves one blob to the ring's current key; `pawl keys rotate` loops over the rows and compares before it sets.
import type { Binding } from './blob.ts';
import { keyIdOf } from './blob.ts';
import { open } from './decrypt.ts';
import { seal } from './encrypt.ts';
import type { KeyRing } from './key-ring.ts';

/**
 * The same credential under the current key, or null when it is there already. Throws Corrupt `key_missing` or
 * `credential_unreadable`, and leaves the blob as it was.
 */
export function reencrypt(blob: Uint8Array, binding: Binding, keyRing: KeyRing): Buffer | null {
  if (keyIdOf(blob) === keyRing.currentKeyId) return null;
  const plaintext = open(blob, binding, keyRing);
  try {
    return seal(plaintext, binding, keyRing);
  } finally {
    plaintext.fill(0);
  }
}
