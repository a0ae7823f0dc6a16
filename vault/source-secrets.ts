// The one kind of secret that the API may open: what signatures of inbound webhooks are checked with. A blob is bound to
// what it is the secret of, so no credential of a connection opens here, whoever asks.
import { PawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import type { SecretBinding } from './blob.ts';
import type { DataKeys } from './data-keys.ts';
import { createDecrypter } from './decrypt.ts';

/** @throws PawlError Corrupt `key_missing`, `credential_unreadable` */
export type OpenSourceSecret = (blob: Uint8Array, of: SourceRef) => Promise<string>;

interface SourceRef {
  tenantId: string;
  sourceId: string;
}

export const bindingOfSource = ({ tenantId, sourceId }: SourceRef): SecretBinding => ({
  tenantId,
  secretOf: 'source',
  ownerId: sourceId,
});

/** What is encrypted of a secret. */
export const sealable = (secret: string): JsonObject => ({ secret });

export function createSourceSecretOpener(keys: Pick<DataKeys, 'remembered' | 'find'>): OpenSourceSecret {
  const decrypt = createDecrypter(keys);
  return async (blob, of) => {
    const { secret } = await decrypt(blob, bindingOfSource(of));
    if (typeof secret === 'string') return secret;
    throw new PawlError('Corrupt', 'credential_unreadable', 'The stored secret is none.');
  };
}
