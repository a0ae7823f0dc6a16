// An API key as the API takes and shows it. The key itself is in the answer to its creation and nowhere else.
import { z } from '@hono/zod-openapi';
import type { ApiKeyRow } from '../../db/statements/api-keys.ts';
import { ORGANISATION_ROLES } from '../auth/principal.ts';
import { time } from '../routing.ts';

export const newApiKeySchema = z
  .strictObject({
    name: z.string().trim().min(1).max(200).openapi({ example: 'order service' }),
    roles: z.array(z.enum(ORGANISATION_ROLES)).max(ORGANISATION_ROLES.length).default([]),
    expires_at: time.optional(),
  })
  .openapi('NewApiKey');

const shown = {
  id: z.string(),
  name: z.string(),
  prefix: z.string().openapi({ description: 'The first characters of the key, to recognise it by.' }),
  roles: z.array(z.string()),
  created_by: z.string(),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
  last_used_at: z.string().nullable().openapi({ description: 'To a minute or so.' }),
};

export const apiKeySchema = z.object(shown).openapi('ApiKey');

export const createdApiKeySchema = z
  .object({ ...shown, key: z.string().openapi({ description: 'Shown this once.', example: 'pawl_…' }) })
  .openapi('CreatedApiKey');

export function presentApiKey(row: ApiKeyRow): z.infer<typeof apiKeySchema> {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    roles: row.roles,
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
  };
}
