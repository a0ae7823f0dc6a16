// /api/v1/sources: where other systems send their events. The requests themselves arrive in webhooks.ts.
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ReservedSql } from '../../db/client.ts';
import {
  deleteSource,
  dropPreviousSecret,
  findSource,
  insertSource,
  listSources,
  loadSealedSource,
  lockSource,
  type SealedSource,
  type SourceRow,
  updateSource,
} from '../../db/statements/sources.ts';
import type { Tenant } from '../../db/tenants.ts';
import { violatedConstraint } from '../../db/violated-constraint.ts';
import { PawlError } from '../../engine/errors.ts';
import type { JsonObject } from '../../engine/json.ts';
import { announce } from '../announce.ts';
import { auditOf } from '../audit-entry.ts';
import { createOnce } from '../create-once.ts';
import type { ApiDeps, AppEnv } from '../deps.ts';
import { idempotencyHeader } from '../idempotency.ts';
import { mergePatch } from '../merge-patch.ts';
import { OVERLAP_HOURS } from '../resources/overlap.ts';
import {
  newSourceSchema,
  overlaps,
  presentSource,
  rotationSchema,
  sourceChangeSchema,
  sourceSchema,
  sourceWithSecretSchema,
} from '../resources/sources.ts';
import {
  answer,
  body,
  createRouter,
  guarded,
  idOf,
  notFound,
  page,
  pageOf,
  pageQuery,
  readIdCursor,
} from '../routing.ts';
import { holdKey } from '../sealed-credentials.ts';
import { originAsSent } from '../webhooks/raw-request.ts';
import { checkSource, openIfThere, prepareSecret } from '../webhooks/seal-secret.ts';
import { webhookPath } from './webhooks.ts';

const tags = ['Sources'];
const params = z.object({ id: idOf('source') });

const create = createRoute({
  method: 'post',
  path: '/sources',
  tags,
  summary: 'Add a source',
  description:
    'The answer says where the sender is to post, and, once, the secret if Pawl made it; under the same Idempotency-Key again, unless the source was changed since.',
  ...guarded('source.create'),
  request: { body: body(newSourceSchema) },
  responses: { 201: answer(sourceWithSecretSchema, 'The source.') },
});

const list = createRoute({
  method: 'get',
  path: '/sources',
  tags,
  summary: 'List sources, newest first',
  ...guarded('source.read'),
  request: { query: z.strictObject({ ...pageQuery, kind: z.string().max(100).optional() }) },
  responses: { 200: answer(page(sourceSchema), 'A page of sources.') },
});

const get = createRoute({
  method: 'get',
  path: '/sources/{id}',
  tags,
  summary: 'Get a source',
  ...guarded('source.read'),
  request: { params },
  responses: { 200: answer(sourceSchema, 'The source.') },
});

const change = createRoute({
  method: 'patch',
  path: '/sources/{id}',
  tags,
  summary: 'Change a source, or switch it off',
  ...guarded('source.update'),
  request: { params, body: body(sourceChangeSchema) },
  responses: { 200: answer(sourceSchema, 'The source as it is now.') },
});

const rotate = createRoute({
  method: 'post',
  path: '/sources/{id}/rotate',
  tags,
  summary: 'Give a source another secret',
  description:
    'Both are accepted until the overlap is over, so that nothing is refused while the sender is told. One rotation overlaps at a time: a second would end the secret that the sender may still use.',
  ...guarded('source.update'),
  request: { params, body: { ...body(rotationSchema), required: false } },
  responses: { 200: answer(sourceWithSecretSchema, 'The source, and the secret if Pawl made it.') },
});

const endOverlap = createRoute({
  method: 'delete',
  path: '/sources/{id}/previous-secret',
  tags,
  summary: 'End the overlap of a rotation',
  description:
    'The secret before is refused from now on: the sender has the new one. Where no rotation overlaps, nothing changes.',
  ...guarded('source.update'),
  request: { params },
  responses: { 204: { description: 'Only the new secret is accepted.' } },
});

const remove = createRoute({
  method: 'delete',
  path: '/sources/{id}',
  tags,
  summary: 'Delete a source and its triggers',
  description: 'What it received stays to be looked at; what was not processed yet fails.',
  ...guarded('source.delete'),
  request: { params },
  responses: { 204: { description: 'It is gone.' } },
});

export function sourcesRoutes(deps: ApiDeps) {
  const { db, ids, clock } = deps;

  const log = auditOf(deps, 'source');

  const present = (c: Context<AppEnv>, row: SourceRow) =>
    presentSource(row, (deps.publicUrl ?? originAsSent(c)) + webhookPath(row.id), clock.now());

  async function existing(tenant: Tenant, id: string): Promise<SourceRow> {
    const of = { tenantId: tenant.id, id };
    const [row] = await db.once<SourceRow[]>([tenant.id], (sql) => findSource(sql, tenant.shard, of));
    if (!row) throw notFound('source');
    return row;
  }

  async function locked(sql: ReservedSql, tenant: Tenant, id: string): Promise<SourceRow> {
    const [row] = await lockSource(sql, tenant.shard, { tenantId: tenant.id, id });
    if (!row) throw notFound('source');
    return row;
  }

  async function sealed(sql: ReservedSql, tenant: Tenant, id: string): Promise<SealedSource> {
    const [row] = await loadSealedSource(sql, tenant.shard, { tenantId: tenant.id, id });
    if (!row) throw notFound('source');
    return row;
  }

  /** Of a source as it was made: for whoever has not got the answer. Undefined when it was changed or shredded since, or is gone. */
  async function secretOfNew(tenant: Tenant, made: { id: string; version: number }) {
    const of = { tenantId: tenant.id, id: made.id };
    const stored = await db.forTenants([tenant.id], async (sql) => {
      const [now] = await findSource(sql, tenant.shard, of);
      return now?.version === made.version ? sealed(sql, tenant, made.id) : null;
    });
    if (stored === null) return undefined;
    return openIfThere(deps, { tenantId: tenant.id, sourceId: made.id }, stored.secret);
  }

  const told = (tenant: Tenant, id: string) => announce(deps, `source:${tenant.id}:${id}`);

  return createRouter()
    .openapi({ ...create, parameters: [idempotencyHeader] }, async (c) => {
      const { kind, name, config, secret, is_active: isActive } = c.req.valid('json');
      const { tenant } = c.var;
      const checked = checkSource(kind, config);
      const id = ids.next();
      const of = { tenantId: tenant.id, sourceId: id };
      const { sealed: prepared, made } = await prepareSecret(deps, of, checked, secret, { mayWait: true });
      const stored = { name, kind, config: checked.stored as JsonObject, isActive };
      const asked = { kind, name, config, is_active: isActive, is_given: secret !== undefined };
      const { answer, replayed } = await createOnce(deps, c, asked, async (sql) => {
        await holdKey(deps, sql, tenant, prepared.keyId);
        const [row] = await insertSource(sql, tenant.shard, {
          tenantId: tenant.id,
          id,
          ...stored,
          ...prepared,
        });
        if (!row) throw nameTaken(name);
        await log(sql, c, id, 'created', { kind, name, key_id: prepared.keyId });
        return { ...present(c, row), is_made: made !== undefined };
      });
      const { is_made: isMade, ...source } = answer;
      const shown = replayed && isMade ? await secretOfNew(tenant, source) : made;
      c.header('Location', `/api/v1/sources/${source.id}`);
      return c.json({ ...source, ...(shown !== undefined && { secret: shown }) }, 201);
    })

    .openapi(list, async (c) => {
      const { limit, cursor, kind } = c.req.valid('query');
      const { tenant } = c.var;
      const filter = { tenantId: tenant.id, kind: kind ?? null, before: readIdCursor(cursor), limit };
      const rows = await db.once<SourceRow[]>([tenant.id], (sql) => listSources(sql, tenant.shard, filter));
      return c.json(
        pageOf(
          rows,
          limit,
          (row) => present(c, row),
          (row) => [row.id],
        ),
        200,
      );
    })

    .openapi(get, async (c) => {
      const row = await existing(c.var.tenant, c.req.valid('param').id);
      return c.json(present(c, row), 200);
    })

    .openapi(change, async (c) => {
      const { id } = c.req.valid('param');
      const asked = c.req.valid('json');
      const { tenant } = c.var;
      const row = await db
        .forTenants([tenant.id], async (sql) => {
          const before = await locked(sql, tenant, id);
          const config =
            asked.config && checkSource(before.kind, mergePatch(before.config, asked.config)).stored;
          if (Object.keys(asked).length === 0) return before;
          const [row] = await updateSource(
            sql,
            tenant.shard,
            { tenantId: tenant.id, id },
            {
              name: asked.name ?? null,
              config: (config as JsonObject | undefined) ?? null,
              isActive: asked.is_active ?? null,
              rotation: null,
            },
          );
          if (!row) throw notFound('source');
          await log(sql, c, id, 'updated', { ...(asked as JsonObject), version: row.version });
          return row;
        })
        .catch((error) => {
          throw violatesName(error) ? nameTaken(asked.name ?? '') : error;
        });
      await told(tenant, id);
      return c.json(present(c, row), 200);
    })

    .openapi(rotate, async (c) => {
      const { id } = c.req.valid('param');
      const { secret, overlap_hours: asked = OVERLAP_HOURS } = c.req.valid('json');
      const { tenant } = c.var;
      const seen = await db.forTenants([tenant.id], (sql) => sealed(sql, tenant, id));
      const of = { tenantId: tenant.id, sourceId: id };
      const prepared = await prepareSecret(deps, of, checkSource(seen.kind, seen.config), secret, {
        mayWait: false,
      });
      const mayOverlap = asked > 0 && (await openIfThere(deps, of, seen.secret)) !== undefined;
      const row = await db.forTenants([tenant.id], async (sql) => {
        await holdKey(deps, sql, tenant, prepared.sealed.keyId);
        const before = await locked(sql, tenant, id);
        // Another one since is somebody's, too.
        const isAnother = !(await sealed(sql, tenant, id)).secret.equals(seen.secret);
        const hours = mayOverlap || isAnother ? asked : 0;
        if (hours > 0 && overlaps(before, clock.now())) throw rotationOverlaps(before);
        const rotation = { ...prepared.sealed, overlapSeconds: Math.round(hours * 3_600) };
        const nothingElse = { name: null, config: null, isActive: null };
        const ref = { tenantId: tenant.id, id };
        const [row] = await updateSource(sql, tenant.shard, ref, { ...nothingElse, rotation });
        if (!row) throw notFound('source');
        const data = { overlap_hours: hours, key_id: prepared.sealed.keyId, version: row.version };
        await log(sql, c, id, 'rotated', data);
        return row;
      });
      await told(tenant, id);
      const { made } = prepared;
      return c.json({ ...present(c, row), ...(made !== undefined && { secret: made }) }, 200);
    })

    .openapi(endOverlap, async (c) => {
      const { id } = c.req.valid('param');
      const { tenant } = c.var;
      await db.forTenants([tenant.id], async (sql) => {
        if (!overlaps(await locked(sql, tenant, id), clock.now())) return;
        const [row] = await dropPreviousSecret(sql, tenant.shard, { tenantId: tenant.id, id });
        if (!row) throw notFound('source');
        await log(sql, c, id, 'overlap_ended', { version: row.version });
      });
      await told(tenant, id);
      return c.body(null, 204);
    })

    .openapi(remove, async (c) => {
      const { id } = c.req.valid('param');
      const { tenant } = c.var;
      await db.forTenants([tenant.id], async (sql) => {
        const { kind, name } = await locked(sql, tenant, id);
        await deleteSource(sql, tenant.shard, { tenantId: tenant.id, id });
        await log(sql, c, id, 'deleted', { kind, name });
      });
      await told(tenant, id);
      return c.body(null, 204);
    });
}

function rotationOverlaps({ previousUntil }: SourceRow): PawlError {
  const until = previousUntil?.toISOString();
  return new PawlError(
    'Conflict',
    'source_rotation_overlaps',
    `The secret before is accepted until ${until}, and the sender may still use it. Wait, end the overlap, or rotate with overlap_hours 0.`,
  );
}

function nameTaken(name: string): PawlError {
  return new PawlError('Conflict', 'source_name_taken', `There is a source "${name}" already.`);
}

function violatesName(error: unknown): boolean {
  return violatedConstraint(error) === 'sources_name_once';
}
