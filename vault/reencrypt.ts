// Moves one blob to its tenant's newest data key; rotation loops over the rows and compares before it sets.
import { type Binding, unpackBlob, unreadable } from './blob.ts';
import type { DataKeys } from './data-keys.ts';
import { open, seal } from './seal.ts';

export interface Reencrypted {
  blob: Buffer;
  keyId: string;
}

/**
 * The same secret under the tenant's newest data key (the tenant's first one is made here), or null when it is there
 * already. Throws as `DataKeys.find` does, or Corrupt `credential_unreadable`, and leaves the blob as it was.
 */
export async function reencrypt(
  blob: Uint8Array,
  binding: Binding,
  keys: Pick<DataKeys, 'current' | 'find'>,
): Promise<Reencrypted | null> {
  const parts = unpackBlob(blob);
  if (parts === null) throw unreadable();
  const { tenantId } = binding;
  const plaintext = open(parts, binding, await keys.find(tenantId, parts.keyId));
  try {
    const newest = await keys.current(tenantId);
    if (newest.keyId === parts.keyId) return null;
    return { blob: seal(plaintext, binding, newest), keyId: newest.keyId };
  } finally {
    plaintext.fill(0);
  }
}
