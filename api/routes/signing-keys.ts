// /api/v1/tenant/signing-keys: what the tenant's requests to endpoints are signed with. Receivers read it at jwks.ts.
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import {
  dropSigningKeys,
  dropUselessSigningKeys,
  expireSigningKey,
  insertSigningKey,
  listSigningKeys,
  lockSigningKeys,
  resignEndpoints,
  type SigningKeyRow,
} from '../../db/statements/signing-keys.ts';
import { PawlError } from '../../engine/errors.ts';
import { publicJwkOf } from '../../vault/signing-keys.ts';
import { auditOf } from '../audit-entry.ts';
import type { ApiDeps, AppEnv } from '../deps.ts';
import { OVERLAP_HOURS, overlapHours } from '../resources/overlap.ts';
import { presentSigningKeys, signingKeysSchema } from '../resources/signing-keys.ts';
import { answer, body, createRouter, guarded } from '../routing.ts';
import { holdKey } from '../sealed-credentials.ts';
import { createSigningKeys } from '../signing-keys.ts';
import { originAsSent } from '../webhooks/raw-request.ts';
import { jwksPath } from './jwks.ts';

const tags = ['Notifications'];

const HOUR_MS = 3_600_000;

const get = createRoute({
  method: 'get',
  path: '/tenant/signing-keys',
  tags,
  summary: 'Show the public keys that requests to endpoints are signed with',
  ...guarded('endpoint.read'),
  responses: { 200: answer(signingKeysSchema, 'The keys that sign now.') },
});

const rotate = createRoute({
  method: 'post',
  path: '/tenant/signing-keys/rotate',
  tags,
  summary: 'Replace the key that requests to endpoints are signed with',
  description:
    'Requests carry a signature of each key, and receivers find both, while the old one still holds. One rotation overlaps at a time: a second would end the key that receivers may still go by. Makes the first key where there is none.',
  ...guarded('tenant.write'),
  request: {
    body: {
      ...body(
        z.strictObject({
          overlap_hours: overlapHours(
            'How long the key before goes on to sign. 0 when it is known to strangers.',
          ),
        }),
      ),
      required: false,
    },
  },
  responses: { 200: answer(signingKeysSchema, 'The keys that sign now, the new one first.') },
});

const endOverlap = createRoute({
  method: 'delete',
  path: '/tenant/signing-keys/previous',
  tags,
  summary: 'End the overlap of a rotation of the signing key',
  description:
    'The key before signs no more and is no longer shown: receivers have the new one. Where no rotation overlaps, nothing changes.',
  ...guarded('tenant.write'),
  responses: { 204: { description: 'Only the new key signs.' } },
});

export function signingKeysRoutes(deps: ApiDeps) {
  const { db } = deps;
  const log = auditOf(deps, 'signing_key');
  const { make } = createSigningKeys(deps);

  const present = (c: Context<AppEnv>, rows: readonly SigningKeyRow[]) =>
    presentSigningKeys(rows, (deps.publicUrl ?? originAsSent(c)) + jwksPath(c.var.tenant.id));

  return createRouter()
    .openapi(get, async (c) => {
      const { tenant } = c.var;
      const of = { shard: tenant.shard, tenantId: tenant.id };
      const rows = await db.once<SigningKeyRow[]>([tenant.id], (sql) => listSigningKeys(sql, of));
      return c.json(present(c, rows), 200);
    })

    .openapi(rotate, async (c) => {
      const overlapMs = (c.req.valid('json').overlap_hours ?? OVERLAP_HOURS) * HOUR_MS;
      const { tenant } = c.var;
      const of = { shard: tenant.shard, tenantId: tenant.id };
      const made = await make(tenant);
      const rows = await db.forTenants([tenant.id], async (sql) => {
        await holdKey(deps, sql, tenant, made.keyId);
        await dropUselessSigningKeys(sql, of);
        const before = await lockSigningKeys(sql, of);
        const overlapping = before.find(({ expiresAt }) => expiresAt !== null);
        if (overlapMs > 0 && overlapping) throw rotationOverlaps(overlapping);
        if (overlapMs > 0) await expireSigningKey(sql, of, overlapMs);
        else await dropSigningKeys(sql, of, { currentToo: true });
        const [inserted] = await insertSigningKey(sql, of, made);
        const rows = await listSigningKeys(sql, of);
        // Where there was none, somebody else may have made the first one at this moment: then that is as new.
        if (!inserted) return rows;
        await resignEndpoints(sql, of);
        await log(sql, c, made.id, 'rotated', {
          kid: kidOf(made),
          previous_kid: before[0] ? kidOf(before[0]) : null,
          previous_expires_at: rows.find(({ expiresAt }) => expiresAt)?.expiresAt?.toISOString() ?? null,
        });
        return rows;
      });
      return c.json(present(c, rows), 200);
    })

    .openapi(endOverlap, async (c) => {
      const { tenant } = c.var;
      const of = { shard: tenant.shard, tenantId: tenant.id };
      await db.forTenants([tenant.id], async (sql) => {
        const [current, previous] = await lockSigningKeys(sql, of);
        if (!current || !previous) return;
        await dropSigningKeys(sql, of, { currentToo: false });
        await resignEndpoints(sql, of);
        await log(sql, c, current.id, 'overlap_ended', {
          kid: kidOf(current),
          previous_kid: kidOf(previous),
        });
      });
      return c.body(null, 204);
    });
}

const kidOf = ({ publicKey }: Pick<SigningKeyRow, 'publicKey'>): string => publicJwkOf(publicKey).kid;

function rotationOverlaps({ expiresAt }: SigningKeyRow): PawlError {
  return new PawlError(
    'Conflict',
    'signing_key_rotation_overlaps',
    `The key before signs until ${expiresAt?.toISOString()}, and receivers may still go by it. Wait, end the overlap, or rotate with overlap_hours 0.`,
  );
}
