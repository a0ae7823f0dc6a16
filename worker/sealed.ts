// What a request goes out through, its secrets still encrypted: a connection or an endpoint.
import type { SealedConnection } from '../db/statements/worker-connections.ts';
import type { SealedEndpointRow } from '../db/statements/worker-deliveries.ts';
import type { JsonObject } from '../engine/json.ts';
import { getProvider } from '../integrations/catalogue.ts';
import { type ENDPOINT, endpointProvider } from '../integrations/endpoint.ts';
import type { Provider } from '../integrations/provider.ts';

export interface SealedEndpoint extends SealedEndpointRow {
  provider: typeof ENDPOINT;
  connectionName: string;
  settings: JsonObject;
}

export type Sealed = SealedConnection | SealedEndpoint;

export const isEndpoint = (sealed: Sealed): sealed is SealedEndpoint => 'secrets' in sealed;

export const providerOf = (sealed: Sealed): Provider | undefined =>
  isEndpoint(sealed) ? endpointProvider : getProvider(sealed.provider);
