// What wraps the data keys of tenants: a ring held here, a key service, or both while one takes over from the other.
import { PawlError } from '../engine/errors.ts';
import { type SecretBinding, unpackBlob } from './blob.ts';
import type { KeyRing } from './key-ring.ts';
import { open, seal } from './seal.ts';

/** Which data key it is: bound into what is wrapped, so that a key that was moved to another tenant does not unwrap. */
export interface DataKeyRef {
  tenantId: string;
  dataKeyId: string;
}

export interface WrappedKey {
  wrapped: Buffer;
  /** The master key it is under: an id of the ring, or the ARN of a key of the service. */
  wrappingKeyId: string;
}

export interface MasterKeys {
  /** The id of the key that `wrap` uses. Asking for it may ask the key service. */
  currentKeyId(): Promise<string>;
  wrap(dataKey: Uint8Array, of: DataKeyRef): Promise<WrappedKey>;
  /**
   * The bytes of the data key, which the caller wipes.
   * @throws PawlError Corrupt `key_missing`, `data_key_unreadable`; Unavailable `kms_unavailable`, `kms_throttled`,
   *   `kms_denied`, `kms_key_unusable`: worth trying again later
   */
  unwrap(key: WrappedKey, of: DataKeyRef): Promise<Buffer>;
}

/** Key ids of a ring hold no colon, so no id belongs to both. */
export const isKmsKeyId = (keyId: string): boolean => keyId.startsWith('arn:');

/** The service wraps, unless the ring names a key that does; each unwraps what it wrapped. */
export function createMasterKeys(ring: KeyRing | null, kms: MasterKeys | null): MasterKeys {
  const local = ring && createLocalMasterKeys(ring);
  const wrapping = local && (kms === null || ring.currentKeyId !== null) ? local : kms;
  if (wrapping === null) throw new TypeError('neither a ring nor a key service');
  return {
    currentKeyId: wrapping.currentKeyId,
    wrap: wrapping.wrap,
    async unwrap(key, of) {
      const one = isKmsKeyId(key.wrappingKeyId) ? kms : local;
      if (one === null) throw missing(key.wrappingKeyId);
      return one.unwrap(key, of);
    },
  };
}

function createLocalMasterKeys(ring: KeyRing): MasterKeys {
  function named(keyId: string | null) {
    const key = keyId === null ? undefined : ring.key(keyId);
    if (keyId === null || key === undefined) throw missing(keyId ?? 'none');
    return { keyId, key };
  }
  return {
    currentKeyId: async () => named(ring.currentKeyId).keyId,
    async wrap(dataKey, of) {
      const current = named(ring.currentKeyId);
      return { wrapped: seal(dataKey, bindingOf(of), current), wrappingKeyId: current.keyId };
    },
    async unwrap({ wrapped, wrappingKeyId }, of) {
      const { key } = named(wrappingKeyId);
      const parts = unpackBlob(wrapped);
      if (parts?.keyId !== wrappingKeyId) throw unreadableDataKey();
      try {
        return open(parts, bindingOf(of), key);
      } catch (error) {
        throw unreadableDataKey(error);
      }
    },
  };
}

const bindingOf = ({ tenantId, dataKeyId }: DataKeyRef): SecretBinding => ({
  tenantId,
  secretOf: 'data_key',
  ownerId: dataKeyId,
});

export function unreadableDataKey(cause?: unknown): PawlError {
  const message =
    'The data key of the tenant cannot be unwrapped: it was changed, or belongs to another tenant.';
  return new PawlError('Corrupt', 'data_key_unreadable', message, { cause });
}

function missing(keyId: string): PawlError {
  return new PawlError(
    'Corrupt',
    'key_missing',
    'The master key that wraps this data key is not configured.',
    {
      details: { key_id: keyId },
    },
  );
}
