// Endpoints as the API takes and shows them. A secret is shown once, when it is made.
import { z } from '@hono/zod-openapi';
import type { EndpointRow } from '../../db/statements/endpoints.ts';
import { circuitState, lastError, pausedUntil } from './connection-limits.ts';

const url = z.string().min(1).max(2_000).openapi({ example: 'https://consumer.example.com/pawl' });
const description = z.string().max(1_000);

/** How the requests of an endpoint are signed. */
export const SIGNED_BY = ['secret', 'key', 'both'] as const;
const signedBy = z.enum(SIGNED_BY).openapi({
  description:
    '`secret`: with the secret of the endpoint (`v1`). `key`: with the key of the organisation, whose public half is at its JWKS (`v1a`); the secret signs nothing meanwhile. `both`: with either.',
});

export const newEndpointSchema = z
  .strictObject({ url, description: description.default(''), signed_by: signedBy.default('secret') })
  .openapi('NewEndpoint');

export const endpointChangeSchema = z
  .strictObject({
    url: url.optional(),
    description: description.nullable().optional(),
    signed_by: signedBy.optional(),
    enabled: z.boolean().optional().openapi({
      description: 'Enabling forgets why it was disabled. What a disabled endpoint was due is SKIPPED.',
    }),
  })
  .openapi('EndpointChange');

const shown = {
  id: z.string(),
  url: z.string(),
  description: z.string(),
  signed_by: signedBy,
  enabled: z.boolean(),
  disabled_reason: z
    .string()
    .nullable()
    .openapi({ description: 'Why Pawl disabled it; null when a person did.' }),
  failing_since: z.string().nullable().openapi({ description: 'Since when no request has succeeded.' }),
  secret_shredded: z.boolean().openapi({
    description:
      'The keys of the tenant were shredded, and nobody can read the secret any more: what is signed with it fails. Make another with `rotate`.',
  }),
  previous_secret_until: z.string().nullable().openapi({
    description: 'While a rotation overlaps: until when the secret before signs too.',
  }),
  circuit: circuitState,
  open_until: z.string().nullable().openapi({
    description: 'Of a circuit that is not closed: from then on one request may find out.',
  }),
  last_error: lastError,
  paused_until: pausedUntil,
  created_at: z.string(),
  updated_at: z.string(),
};

export const endpointSchema = z.object(shown).openapi('Endpoint');

const secret = z.string().openapi({
  description:
    'Checks `v1` of `webhook-signature` (Standard Webhooks). Every endpoint has one, also while it is signed by the key alone. Not shown again.',
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
});

export const createdEndpointSchema = z
  .object({ ...shown, secret: secret.optional() })
  .openapi('CreatedEndpoint');

export const rotatedSecretSchema = z
  .object({
    secret,
    previous_expires_at: z.string().nullable().openapi({
      description: 'Until then requests are signed with the secret before as well.',
    }),
  })
  .openapi('RotatedEndpointSecret');

export function presentEndpoint(row: EndpointRow): z.infer<typeof endpointSchema> {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    signed_by: row.signedBy,
    enabled: row.enabled,
    disabled_reason: row.disabledReason,
    failing_since: row.failingSince?.toISOString() ?? null,
    secret_shredded: row.shredded,
    previous_secret_until: row.previousUntil?.toISOString() ?? null,
    circuit: row.circuit,
    open_until: row.openUntil?.toISOString() ?? null,
    last_error: row.lastError,
    paused_until: row.pausedUntil?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
