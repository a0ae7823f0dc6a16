// A source as the API takes and shows it. Its secret goes in, or is made and shown once, and never comes back.
import { z } from '@hono/zod-openapi';
import type { SourceRow } from '../../db/statements/sources.ts';
import { jsonObject } from '../routing.ts';
import { overlapHours } from './overlap.ts';

const name = z.string().trim().min(1).max(200).openapi({ description: 'Unique in the tenant.' });

const config = jsonObject.openapi({
  description: 'What the kind asks for: `config_schema` in `GET /api/v1/source-kinds`.',
});

const secret = z.string().max(10_000).openapi({
  description:
    'What signatures are checked with, as the sender shows it. Leave it out where Pawl can make one: it is then in the answer, once. Where only the sender makes one, often not before it has the URL, leave it out too and give it with `rotate`; until then every request is refused.',
});

export const newSourceSchema = z
  .strictObject({
    kind: z.string().min(1).max(100).openapi({ example: 'github' }),
    name: name.openapi({ example: 'main repository' }),
    config: config.default({}),
    secret: secret.optional(),
    is_active: z.boolean().default(true),
  })
  .openapi('NewSource');

export const sourceChangeSchema = z
  .strictObject({
    name: name.optional(),
    config: config.optional().openapi({
      description: 'What it leaves out stays; a setting that is null goes back to its default.',
    }),
    is_active: z
      .boolean()
      .optional()
      .openapi({ description: 'Requests to one that is not are answered 404.' }),
  })
  .openapi('SourceChange');

export const rotationSchema = z
  .strictObject({
    secret: secret.optional(),
    overlap_hours: overlapHours(
      'For so long the secret before is accepted too. More than 0 takes that no rotation overlaps yet; 0 ends one that does, and every secret but the new one. Where there is none that a sender could use, none given yet or its keys shredded, nothing overlaps.',
    ),
  })
  .openapi('SourceRotation');

export const sourceSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    name: z.string(),
    url: z.string().openapi({ description: 'Where the sender posts to.' }),
    config: jsonObject,
    is_active: z.boolean(),
    key_id: z.string().openapi({ description: 'The key its secret is encrypted with.' }),
    secret_shredded: z.boolean().openapi({
      description:
        'The keys of the tenant were shredded, and nobody can read the secret any more: every request fails. Give another with `rotate`.',
    }),
    previous_secret_until: z.string().nullable().openapi({
      description: 'While a rotation overlaps: until when the secret before is accepted too.',
    }),
    last_received_at: z.string().nullable(),
    version: z.int().openapi({ description: 'Grows with every change.' }),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('Source');

export const sourceWithSecretSchema = sourceSchema
  .extend({
    secret: z.string().optional().openapi({ description: 'If it was made here: shown this once.' }),
  })
  .openapi('SourceWithSecret');

/** Whether the secret before the last rotation is accepted too. */
export const overlaps = ({ previousUntil }: SourceRow, now: Date): boolean =>
  previousUntil !== null && previousUntil > now;

export function presentSource(row: SourceRow, url: string, now: Date): z.infer<typeof sourceSchema> {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    url,
    config: row.config,
    is_active: row.isActive,
    key_id: row.keyId,
    secret_shredded: row.shredded,
    previous_secret_until: overlaps(row, now) ? (row.previousUntil?.toISOString() ?? null) : null,
    last_received_at: row.lastReceivedAt?.toISOString() ?? null,
    version: row.version,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
