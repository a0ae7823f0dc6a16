// Keys and bindings for the vault's tests.
import type { CredentialBinding } from './blob.ts';
import { type KeyRing, parseKeyRing } from './key-ring.ts';

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
