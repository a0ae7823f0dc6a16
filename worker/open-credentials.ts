// The one step before sending that needs a key: a connection's credentials, or the secrets and keys that requests to an
// endpoint are signed with. What is remembered of either may be under a key that rotation has replaced and deleted since, so a blob
// whose key is gone is read again before it counts as lost.
import { isPawlError } from '../engine/errors.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import type { SecretBinding } from '../vault/blob.ts';
import { KEY_GONE } from '../vault/data-keys.ts';
import type { Decrypt } from '../vault/decrypt.ts';
import { bindingOfEndpoint } from '../vault/endpoint-secrets.ts';
import { bindingOfSigningKey } from '../vault/signing-keys.ts';
import { isEndpoint, type Sealed } from './sealed.ts';

/**
 * @param reread what is sealed as it is stored now; null: it is gone
 * @throws what `decrypt` throws
 */
export async function openCredentials(
  tenantId: string,
  sealed: Sealed,
  { decrypt, reread }: { decrypt: Decrypt; reread(): Promise<Sealed | null> },
): Promise<JsonObject> {
  try {
    return await open(tenantId, sealed, decrypt);
  } catch (error) {
    if (!isPawlError(error) || !KEY_GONE.has(error.code)) throw error;
    const now = await reread();
    if (now === null || isSame(blobsOf(now), blobsOf(sealed))) throw error;
    return open(tenantId, now, decrypt);
  }
}

async function open(tenantId: string, sealed: Sealed, decrypt: Decrypt): Promise<JsonObject> {
  if (!isEndpoint(sealed)) {
    const { id: connectionId, provider, allowedOrigin } = sealed;
    return decrypt(sealed.credentials, { tenantId, connectionId, provider, allowedOrigin });
  }
  async function opened(blobs: readonly Buffer[], binding: SecretBinding): Promise<Json[]> {
    const secrets: Json[] = [];
    for (const blob of blobs) secrets.push((await decrypt(blob, binding)).secret ?? null);
    return secrets;
  }
  return {
    url: sealed.url,
    secrets: await opened(sealed.secrets, bindingOfEndpoint({ tenantId, endpointId: sealed.id })),
    keys: await opened(sealed.keys, bindingOfSigningKey({ tenantId })),
  };
}

const blobsOf = (sealed: Sealed): readonly Buffer[] =>
  isEndpoint(sealed) ? [...sealed.secrets, ...sealed.keys] : [sealed.credentials];

const isSame = (some: readonly Buffer[], others: readonly Buffer[]): boolean =>
  some.length === others.length && some.every((blob, i) => others[i]?.equals(blob));
