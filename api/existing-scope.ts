// A scope as requests name it.
import type { ReservedSql } from '../db/client.ts';
import { loadScopes } from '../db/statements/notification-rules.ts';
import { findScope, type ScopeRow } from '../db/statements/scopes.ts';
import type { Tenant } from '../db/tenants.ts';
import { PawlError } from '../engine/errors.ts';
import type { ScopeTree } from '../subscriptions/scope-tree.ts';
import { notFound } from './routing.ts';

/** @throws PawlError `scope_not_found` */
export async function existingScope(sql: ReservedSql, tenant: Tenant, id: string): Promise<ScopeRow> {
  const [scope] = await findScope(sql, tenant.shard, { tenantId: tenant.id, id });
  if (!scope) throw notFound('scope');
  return scope;
}

export async function scopeTree(sql: ReservedSql, { id: tenantId, shard }: Tenant): Promise<ScopeTree> {
  const rows = await loadScopes(sql, shard, { tenantId });
  return new Map(rows.map(({ id, parentId }) => [id, parentId]));
}

/** @throws PawlError `scope_not_found`, InvalidInput `scope_kind_wrong` */
export async function requireModule(sql: ReservedSql, tenant: Tenant, id: string | null): Promise<void> {
  if (id === null) return;
  const { kind } = await existingScope(sql, tenant, id);
  if (kind !== 'module')
    throw wrongKind(`A workflow belongs to a module, and this is a ${kind}.`, '/scope_id');
}

export function wrongKind(message: string, pointer: string): PawlError {
  return new PawlError('InvalidInput', 'scope_kind_wrong', message, {
    problems: [{ pointer, code: 'scope_kind_wrong', message, severity: 'error' }],
  });
}
