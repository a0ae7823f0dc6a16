// Blob in, credentials out: only the worker (just before it sends) imports this file.
import { isJsonObject, type JsonObject } from '../engine/json.ts';
import { parseJson } from '../engine/parse-json.ts';
import { type Binding, unpackBlob, unreadable } from './blob.ts';
import type { DataKeys } from './data-keys.ts';
import { open } from './seal.ts';

export type Decrypt = (blob: Uint8Array, binding: Binding) => Promise<JsonObject>;

/**
 * Opens blobs with whichever key they name. Throws what `DataKeys.find` throws where that key is not to be had, and
 * Corrupt `credential_unreadable` for everything else (cut, altered, moved to another row, pointed elsewhere), without
 * saying which.
 */
export function createDecrypter(keys: Pick<DataKeys, 'remembered' | 'find'>): Decrypt {
  return async (blob, binding) => {
    const parts = unpackBlob(blob);
    if (parts === null) throw unreadable();
    const { tenantId } = binding;
    const key = keys.remembered(tenantId, parts.keyId) ?? (await keys.find(tenantId, parts.keyId));
    const plaintext = open(parts, binding, key);
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
