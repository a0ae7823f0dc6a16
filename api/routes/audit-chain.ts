// /api/v1/audit/chain, /checkpoints, /verifications: whether the log is what was written, as far as that is known here.
import { createRoute, z } from '@hono/zod-openapi';
import { keyIdOf } from '../../audit/checkpoint.ts';
import {
  askForVerification,
  type ChainRow,
  type CheckpointRow,
  chainStatus,
  listCheckpoints,
} from '../../db/statements/checkpoints.ts';
import { auditOf } from '../audit-entry.ts';
import type { ApiDeps } from '../deps.ts';
import { answer, createRouter, guarded, page, pageOf, pageQuery, readCursor } from '../routing.ts';

const tags = ['Audit'];
const hash = z.string().openapi({ description: 'SHA-256, hexadecimal.' });

const findingSchema = z
  .object({
    kind: z.enum([
      'changed',
      'deleted',
      'inserted',
      'reordered',
      'cut',
      'copied',
      'chain_broken',
      'rewritten',
      'checkpoint_invalid',
    ]),
    nth: z.int().openapi({ description: 'Number of the entry in the log of the tenant, from 1.' }),
    message: z.string(),
    entry: z
      .object({
        id: z.string(),
        subject_id: z.string().nullable(),
        at: z.string().nullable(),
        kind: z.string().nullable(),
      })
      .nullable(),
  })
  .openapi('AuditFinding', { description: 'The first thing that is wrong with the log.' });

const chainSchema = z
  .object({
    seals: z.int(),
    entries: z.int().openapi({ description: 'Entries of the log that are sealed.' }),
    head: hash.nullable(),
    sealed_at: z.string().nullable(),
    verification: z
      .object({
        at: z.string(),
        ok: z.boolean(),
        entries: z.int().openapi({ description: 'Entries that were looked at.' }),
        finding: findingSchema.nullable(),
      })
      .nullable()
      .openapi({ description: 'The last one that the workers made.' }),
    verification_due: z.boolean().openapi({ description: 'A worker is about to make another one.' }),
  })
  .openapi('AuditChain');

const checkpointSchema = z
  .object({
    seals: z.int(),
    entries: z.int(),
    head: hash,
    at: z.string(),
    key_id: z.string().openapi({ description: 'The first 16 characters of the SHA-256 of the public key.' }),
    public_key: z.string().openapi({ description: 'Ed25519, hexadecimal.' }),
    signature: z.string().openapi({ description: 'Hexadecimal; docs/audit.md says of which text.' }),
    anchor: z.string().openapi({ description: 'Where it is kept outside of the database.' }),
  })
  .openapi('AuditCheckpoint');

const chain = createRoute({
  method: 'get',
  path: '/audit/chain',
  tags,
  summary: 'Whether the log is sealed, and what its last verification said',
  ...guarded('audit.read'),
  responses: { 200: answer(chainSchema, 'The chain.') },
});

const checkpoints = createRoute({
  method: 'get',
  path: '/audit/checkpoints',
  tags,
  summary: 'List signed checkpoints of the chain, newest first',
  description: 'Keep one: with it you can prove later that nothing before it was altered or cut off.',
  ...guarded('audit.read'),
  request: { query: z.strictObject(pageQuery) },
  responses: { 200: answer(page(checkpointSchema), 'A page.') },
});

const verify = createRoute({
  method: 'post',
  path: '/audit/verifications',
  tags,
  summary: 'Have a worker verify the log',
  description: 'Soon, in the background; `GET /audit/chain` shows what came of it. Once a minute at most.',
  ...guarded('audit.read'),
  responses: {
    202: answer(z.object({ asked: z.boolean() }), 'Whether it was asked for, or had just been done.'),
  },
});

/** A bigint of Postgres. */
const WHOLE_NUMBER = /^\d{1,18}$/;

export function auditChainRoutes(deps: ApiDeps) {
  const { db } = deps;
  const log = auditOf(deps, 'audit');
  return createRouter()
    .openapi(chain, async (c) => {
      const { tenant } = c.var;
      const [row] = await db.once<ChainRow[]>([tenant.id], (sql) =>
        chainStatus(sql, tenant.shard, tenant.id),
      );
      return c.json(presentChain(row), 200);
    })
    .openapi(checkpoints, async (c) => {
      const { tenant } = c.var;
      const { limit, cursor } = c.req.valid('query');
      const before = readCursor(cursor, [WHOLE_NUMBER])?.[0] ?? null;
      const rows = await db.once<CheckpointRow[]>([tenant.id], (sql) =>
        listCheckpoints(sql, tenant.shard, { tenantId: tenant.id, before, limit }),
      );
      return c.json(
        pageOf(rows, limit, presentCheckpoint, (row) => [row.seq]),
        200,
      );
    })
    .openapi(verify, async (c) => {
      const { tenant } = c.var;
      const asked = await db.forTenants([tenant.id], async (sql) => {
        const moved = await askForVerification(sql, tenant.shard, tenant.id);
        if (moved.length > 0) await log(sql, c, tenant.id, 'verification_requested', {});
        return moved.length > 0;
      });
      return c.json({ asked }, 202);
    });
}

function presentChain(row: ChainRow | undefined): z.infer<typeof chainSchema> {
  const verification = row?.verifiedAt && {
    at: row.verifiedAt.toISOString(),
    ok: row.ok === true,
    entries: Number(row.verifiedEntries),
    finding: row.problem as z.infer<typeof findingSchema> | null,
  };
  return {
    seals: Number(row?.seals ?? 0),
    entries: Number(row?.entries ?? 0),
    head: row?.head ?? null,
    sealed_at: row?.sealedAt?.toISOString() ?? null,
    verification: verification ?? null,
    verification_due: row?.isDue ?? false,
  };
}

function presentCheckpoint(row: CheckpointRow): z.infer<typeof checkpointSchema> {
  const { seq, entries, head, at, publicKey, signature, anchor } = row;
  return {
    seals: Number(seq),
    entries: Number(entries),
    head,
    at: at.toISOString(),
    key_id: keyIdOf(publicKey),
    public_key: publicKey,
    signature,
    anchor,
  };
}
