// The tree that workflows stand in, and that decides who is told of what.
import { foreignKey, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, tenantOwned } from './columns.ts';

/** Stack → namespace → module. The organisation is the tenant itself and has no row: null stands for it everywhere. */
export const scopes = pgTable(
  'scopes',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    kind: text().notNull().$type<'stack' | 'namespace' | 'module'>(),
    parentId: uuid(),
    name: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    foreignKey({
      name: 'scopes_parent',
      columns: [t.shard, t.tenantId, t.parentId],
      foreignColumns: [t.shard, t.tenantId, t.id],
    }),
    unique('scopes_name_once').on(t.shard, t.tenantId, t.parentId, t.name).nullsNotDistinct(),
  ],
);
