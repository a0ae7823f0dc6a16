// What a request goes out through, and the one place where its secrets are opened: a connection's credentials, or the
// secrets an endpoint's requests are signed with.
import type { SealedConnection } from '../db/statements/worker-connections.ts';
import type { SealedEndpointRow } from '../db/statements/worker-deliveries.ts';
import type { JsonObject } from '../engine/json.ts';
import { getProvider } from '../integrations/catalogue.ts';
import { ENDPOINT, endpointProvider } from '../integrations/endpoint.ts';
import type { Provider } from '../integrations/provider.ts';
import type { Decrypt } from '../vault/decrypt.ts';

export interface SealedEndpoint extends SealedEndpointRow {
  provider: typeof ENDPOINT;
  connectionName: string;
  settings: JsonObject;
}

export type Sealed = SealedConnection | SealedEndpoint;

export const isEndpoint = (sealed: Sealed): sealed is SealedEndpoint => 'secrets' in sealed;

export const providerOf = (sealed: Sealed): Provider | undefined =>
  isEndpoint(sealed) ? endpointProvider : getProvider(sealed.provider);

/** @throws PawlError Corrupt, as `Decrypt` does */
export async function openSecrets(sealed: Sealed, tenantId: string, decrypt: Decrypt): Promise<JsonObject> {
  if (!isEndpoint(sealed)) {
    const { id: connectionId, provider, allowedOrigin } = sealed;
    return await decrypt(sealed.credentials, { tenantId, connectionId, provider, allowedOrigin });
  }
  const binding = { tenantId, secretOf: ENDPOINT, ownerId: sealed.id };
  const secrets: JsonObject[string][] = [];
  for (const blob of sealed.secrets) secrets.push((await decrypt(blob, binding)).secret ?? null);
  return { url: sealed.url, secrets };
}
