// Scopes and supplies as the API takes and shows them.
import { z } from '@hono/zod-openapi';
import type { ScopeRow } from '../../db/statements/scopes.ts';
import type { SupplyRow } from '../../db/statements/supplies.ts';
import { SCOPE_KINDS } from '../../subscriptions/scope-tree.ts';
import { name } from '../inputs/names.ts';

export const newScopeSchema = z
  .strictObject({
    kind: z.enum(SCOPE_KINDS),
    name: name.meta({ description: 'Unique in its parent.' }),
    parent_id: z
      .guid()
      .toLowerCase()
      .nullable()
      .optional()
      .openapi({ description: 'A stack has none, a namespace a stack, a module a namespace.' }),
  })
  .openapi('NewScope');

export const scopeSchema = z
  .object({
    id: z.string(),
    kind: z.enum(SCOPE_KINDS),
    name: z.string(),
    parent_id: z.string().nullable(),
    created_at: z.string(),
  })
  .openapi('Scope');

type ScopeResource = z.infer<typeof scopeSchema>;
export type ScopeTreeResource = ScopeResource & { children: ScopeTreeResource[] };

export const scopeTreeSchema: z.ZodType<ScopeTreeResource> = scopeSchema
  .extend({
    get children() {
      return z.array(scopeTreeSchema);
    },
  })
  .openapi('ScopeTree');

export function presentScope(row: ScopeRow): ScopeResource {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    parent_id: row.parentId,
    created_at: row.createdAt.toISOString(),
  };
}

/** What stands directly in the organisation, each with what stands in it. */
export function presentTree(rows: readonly ScopeRow[]): ScopeTreeResource[] {
  const within = Map.groupBy(rows, ({ parentId }) => parentId);
  const below = (parentId: string | null): ScopeTreeResource[] =>
    (within.get(parentId) ?? []).map((row) => ({ ...presentScope(row), children: below(row.id) }));
  return below(null);
}

export const newSupplySchema = z
  .strictObject({ connection_id: z.guid().toLowerCase(), scope_id: z.guid().toLowerCase() })
  .openapi('NewSupply');

export const supplySchema = z
  .object({
    id: z.string(),
    connection_id: z.string(),
    scope_id: z.string(),
    created_by: z.string(),
    created_at: z.string(),
  })
  .openapi('Supply');

export function presentSupply(row: SupplyRow): z.infer<typeof supplySchema> {
  return {
    id: row.id,
    connection_id: row.connectionId,
    scope_id: row.scopeId,
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
  };
}
