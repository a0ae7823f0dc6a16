// What the secrets of endpoints are bound to: the API seals them, workers sign with them, rotation moves them.
import type { SecretBinding } from './blob.ts';

export const bindingOfEndpoint = (of: { tenantId: string; endpointId: string }): SecretBinding => ({
  tenantId: of.tenantId,
  secretOf: 'endpoint',
  ownerId: of.endpointId,
});
