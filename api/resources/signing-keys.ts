// The public halves of what requests to endpoints are signed with, for people and, as a JWKS, for receivers.
import { z } from '@hono/zod-openapi';
import type { SigningKeyRow } from '../../db/statements/signing-keys.ts';
import { publicJwkOf, publicKeyText } from '../../vault/signing-keys.ts';

const kid = z.string().openapi({
  description: 'RFC 7638: the thumbprint of the key.',
  example: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
});

const signingKeySchema = z
  .object({
    kid,
    public_key: z.string().openapi({
      description: 'As libraries of Standard Webhooks take it: `whpk_` and base64 of the 32 bytes.',
      example: 'whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
    }),
    created_at: z.string(),
    expires_at: z.string().nullable().openapi({
      description: 'Of the key before a rotation: until when it signs too. Null: it is the current one.',
    }),
    secret_shredded: z.boolean().openapi({
      description:
        'The keys of the tenant were shredded, and nobody can sign by it any more: what is signed with it fails. Make another with `rotate`.',
    }),
  })
  .openapi('SigningKey');

export const signingKeysSchema = z
  .object({
    jwks_url: z.string().openapi({ description: 'Where receivers find the same keys, without a bearer.' }),
    keys: z.array(signingKeySchema).openapi({
      description: 'The current one first. None until an endpoint is signed by the key, or one is asked for.',
    }),
  })
  .openapi('SigningKeys');

export const jwksSchema = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string(),
        kid,
        use: z.literal('sig'),
        alg: z.literal('EdDSA'),
      }),
    ),
  })
  .openapi('Jwks', { description: 'RFC 7517, with keys as of RFC 8037.' });

export const presentSigningKeys = (
  rows: readonly SigningKeyRow[],
  jwksUrl: string,
): z.infer<typeof signingKeysSchema> => ({
  jwks_url: jwksUrl,
  keys: rows.map(({ publicKey, createdAt, expiresAt, shredded }) => ({
    kid: publicJwkOf(publicKey).kid,
    public_key: publicKeyText(publicKey),
    created_at: createdAt.toISOString(),
    expires_at: expiresAt?.toISOString() ?? null,
    secret_shredded: shredded,
  })),
});

export const presentJwks = (rows: readonly SigningKeyRow[]): z.infer<typeof jwksSchema> => ({
  keys: rows.map(({ publicKey }) => publicJwkOf(publicKey)),
});
