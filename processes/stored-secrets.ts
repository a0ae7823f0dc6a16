// Every secret that is stored under a data key. A table that is added here takes part in rotation and shredding.
import type { SecretRow, SecretTable } from '../db/statements/stored-secrets.ts';
import type { Binding } from '../vault/blob.ts';
import { bindingOfEndpoint } from '../vault/endpoint-secrets.ts';
import { bindingOfSigningKey } from '../vault/signing-keys.ts';
import { bindingOfSource } from '../vault/source-secrets.ts';

export interface StoredSecret extends SecretTable {
  /** What its row is called in the log (`connection.rekeyed`) and in notifications (`connection:<tenant>:<id>`). */
  kind: string;
  /** What the ciphertext is bound to, as whoever stored it said. */
  bindingOf(row: SecretRow): Binding;
}

const ofSources: Omit<StoredSecret, 'column' | 'keyColumn'> = {
  table: 'sources',
  boundTo: [],
  versioned: false,
  kind: 'source',
  bindingOf: ({ tenantId, id }) => bindingOfSource({ tenantId, sourceId: id }),
};

export const STORED_SECRETS: readonly StoredSecret[] = [
  {
    table: 'connections',
    column: 'credentials',
    keyColumn: 'key_id',
    boundTo: ['provider', 'allowed_origin'],
    versioned: true,
    kind: 'connection',
    bindingOf: ({ tenantId, id, provider, allowedOrigin }) => ({
      tenantId,
      connectionId: id,
      provider: String(provider),
      allowedOrigin: String(allowedOrigin),
    }),
  },
  { ...ofSources, column: 'secret', keyColumn: 'key_id' },
  { ...ofSources, column: 'previous_secret', keyColumn: 'previous_key_id' },
  {
    table: 'endpoint_secrets',
    column: 'secret',
    keyColumn: 'key_id',
    boundTo: ['endpoint_id'],
    versioned: false,
    kind: 'endpoint_secret',
    bindingOf: ({ tenantId, endpointId }) => bindingOfEndpoint({ tenantId, endpointId: String(endpointId) }),
  },
  {
    table: 'signing_keys',
    column: 'secret',
    keyColumn: 'key_id',
    boundTo: [],
    versioned: false,
    kind: 'signing_key',
    bindingOf: bindingOfSigningKey,
  },
];
