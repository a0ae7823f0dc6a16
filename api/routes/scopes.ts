// /api/v1/scopes: the tree organisation → stack → namespace → module.
import { createRoute, z } from '@hono/zod-openapi';
import type { ReservedSql } from '../../db/client.ts';
import { changeRules } from '../../db/statements/notification-rules.ts';
import {
  deleteScope,
  findScope,
  insertScope,
  listScopes,
  type ScopeRow,
  updateScope,
} from '../../db/statements/scopes.ts';
import type { Tenant } from '../../db/tenants.ts';
import { violatedConstraint } from '../../db/violated-constraint.ts';
import { PawlError } from '../../engine/errors.ts';
import { KIND_OF_PARENT, type ScopeKind } from '../../subscriptions/scope-tree.ts';
import { auditOf } from '../audit-entry.ts';
import type { ApiDeps } from '../deps.ts';
import { existingScope, wrongKind } from '../existing-scope.ts';
import {
  newScopeSchema,
  presentScope,
  presentTree,
  scopeSchema,
  scopeTreeSchema,
} from '../resources/scopes.ts';
import { answer, body, createRouter, guarded, idOf, notFound } from '../routing.ts';

const tags = ['Notifications'];
const params = z.object({ id: idOf('scope') });

const create = createRoute({
  method: 'post',
  path: '/scopes',
  tags,
  summary: 'Add a scope',
  ...guarded('scope.write'),
  request: { body: body(newScopeSchema) },
  responses: { 201: answer(scopeSchema, 'The scope.') },
});

const list = createRoute({
  method: 'get',
  path: '/scopes',
  tags,
  summary: 'Get the tree of scopes',
  ...guarded('scope.read'),
  responses: {
    200: answer(z.object({ items: z.array(scopeTreeSchema) }), 'The stacks, and what is in them.'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/scopes/{id}',
  tags,
  summary: 'Get a scope',
  ...guarded('scope.read'),
  request: { params },
  responses: { 200: answer(scopeSchema, 'The scope.') },
});

const change = createRoute({
  method: 'patch',
  path: '/scopes/{id}',
  tags,
  summary: 'Rename or move a scope',
  description: 'A namespace moves to another stack, a module to another namespace, with all that is in it.',
  ...guarded('scope.write'),
  request: {
    params,
    body: body(newScopeSchema.omit({ kind: true }).partial().openapi('ScopeChange')),
  },
  responses: { 200: answer(scopeSchema, 'The scope as it is now.') },
});

const remove = createRoute({
  method: 'delete',
  path: '/scopes/{id}',
  tags,
  summary: 'Delete an empty scope',
  ...guarded('scope.write'),
  request: { params },
  responses: { 204: { description: 'It is gone.' } },
});

const FOREIGN_KEY_VIOLATION = '23503';

export function scopesRoutes(deps: ApiDeps) {
  const { db, ids } = deps;
  const log = auditOf(deps, 'scope');

  return createRouter()
    .openapi(create, async (c) => {
      const { kind, name, parent_id: parentId = null } = c.req.valid('json');
      const { tenant } = c.var;
      const made = { tenantId: tenant.id, id: ids.next(), kind, name, parentId };
      const row = await db
        .forTenants([tenant.id], async (sql) => {
          await changeRules(sql, tenant.shard, made);
          await requireParent(sql, tenant, kind, parentId);
          const [row] = await insertScope(sql, tenant.shard, made);
          await log(sql, c, made.id, 'created', { kind, name, parent_id: parentId });
          return row as ScopeRow;
        })
        .catch((error) => {
          throw nameTaken(error, name);
        });
      c.header('Location', `/api/v1/scopes/${row.id}`);
      return c.json(presentScope(row), 201);
    })

    .openapi(list, async (c) => {
      const { tenant } = c.var;
      const rows = await db.once<ScopeRow[]>([tenant.id], (sql) =>
        listScopes(sql, tenant.shard, { tenantId: tenant.id }),
      );
      return c.json({ items: presentTree(rows) }, 200);
    })

    .openapi(get, async (c) => {
      const of = { tenantId: c.var.tenant.id, id: c.req.valid('param').id };
      const [row] = await db.once<ScopeRow[]>([of.tenantId], (sql) => findScope(sql, c.var.tenant.shard, of));
      if (!row) throw notFound('scope');
      return c.json(presentScope(row), 200);
    })

    .openapi(change, async (c) => {
      const { id } = c.req.valid('param');
      const asked = c.req.valid('json');
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, id };
      const row = await db
        .forTenants([tenant.id], async (sql) => {
          await changeRules(sql, tenant.shard, of);
          const before = await existingScope(sql, tenant, id);
          const { name = before.name, parent_id: parentId = before.parentId } = asked;
          await requireParent(sql, tenant, before.kind, parentId);
          const [row] = await updateScope(sql, tenant.shard, { ...of, name, parentId });
          await log(sql, c, id, 'updated', { name, parent_id: parentId });
          return row as ScopeRow;
        })
        .catch((error) => {
          throw nameTaken(error, asked.name ?? '');
        });
      return c.json(presentScope(row), 200);
    })

    .openapi(remove, async (c) => {
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      await db
        .forTenants([tenant.id], async (sql) => {
          await changeRules(sql, tenant.shard, of);
          const { kind, name } = await existingScope(sql, tenant, of.id);
          await deleteScope(sql, tenant.shard, of);
          await log(sql, c, of.id, 'deleted', { kind, name });
        })
        .catch((error) => {
          if ((error as { code?: string }).code !== FOREIGN_KEY_VIOLATION) throw error;
          throw new PawlError('Conflict', 'scope_not_empty', 'Something still stands in this scope.');
        });
      return c.body(null, 204);
    });
}

async function requireParent(
  sql: ReservedSql,
  tenant: Tenant,
  kind: ScopeKind,
  parentId: string | null,
): Promise<void> {
  const wanted = KIND_OF_PARENT[kind];
  const parent = parentId === null ? null : await existingScope(sql, tenant, parentId);
  if ((parent?.kind ?? null) === wanted) return;
  const place = wanted === null ? 'directly in the organisation' : `in a ${wanted}`;
  throw wrongKind(`A ${kind} stands ${place}.`, '/parent_id');
}

function nameTaken(error: unknown, name: string): unknown {
  if (violatedConstraint(error) !== 'scopes_name_once') return error;
  return new PawlError(
    'Conflict',
    'scope_name_taken',
    `There is a scope "${name}" in the same place already.`,
  );
}
