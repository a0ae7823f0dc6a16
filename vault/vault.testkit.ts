// Keys and bindings for the vault's tests.
import type { CredentialBinding } from './blob.ts';
import { createDataKeys, type DataKeyStore, type DataKeys, type StoredDataKey } from './data-keys.ts';
import { type KeyRing, parseKeyRing } from './key-ring.ts';
import { createMasterKeys, type MasterKeys } from './master-keys.ts';

export const KEY_A = 'a1'.repeat(32);
export const KEY_B = 'b2'.repeat(32);

export const binding: CredentialBinding = {
  tenantId: '0190c8a0-0000-7000-8000-000000000001',
  connectionId: '0190c8a0-0000-7000-8000-00000000000c',
  provider: 'twilio',
  allowedOrigin: 'https://api.twilio.com',
};

export const ring = (keys: string, current: string): KeyRing =>
  parseKeyRing({ encryptionKeys: keys, encryptionKeyId: current });

export const ringA = ring(`a:${KEY_A}`, 'a');
export const ringAThenB = ring(`a:${KEY_A},b:${KEY_B}`, 'b');

/** Wrapped keys in memory, and how often they were listed. */
export interface MemoryStore extends DataKeyStore {
  rows: Map<string, StoredDataKey[]>;
  listed: number;
}

export function memoryStore(): MemoryStore {
  const rows = new Map<string, StoredDataKey[]>();
  return {
    rows,
    listed: 0,
    async list(tenantId) {
      this.listed++;
      return (rows.get(tenantId) ?? []).toSorted((a, b) => b.generation - a.generation);
    },
    async insert(tenantId, key) {
      const keys = rows.get(tenantId) ?? [];
      if (keys.some(({ generation }) => generation === key.generation)) return false;
      rows.set(tenantId, [...keys, key]);
      return true;
    },
  };
}

/** Data keys under a ring, as a process has them. */
export function keysUnder(
  ring: KeyRing,
  store: DataKeyStore = memoryStore(),
  master: MasterKeys = createMasterKeys(ring, null),
): DataKeys {
  return createDataKeys({ ring, store, master });
}
