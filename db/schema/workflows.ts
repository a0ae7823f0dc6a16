// State machines: a name, and its immutable numbered versions.
import {
  foreignKey,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, moment, tenantOwned } from './columns.ts';
import { scopes } from './scopes.ts';

export const workflows = pgTable(
  'workflows',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    name: text().notNull(),
    description: text().notNull().default(''),
    /** The module it belongs to; null: the organisation. */
    scopeId: uuid(),
    publishedVersionId: uuid(),
    /** Archived workflows start no job; those that run go on. */
    archivedAt: moment(),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    unique('workflows_name_once').on(t.shard, t.tenantId, t.name),
    foreignKey({
      name: 'workflows_scope',
      columns: [t.shard, t.tenantId, t.scopeId],
      foreignColumns: [scopes.shard, scopes.tenantId, scopes.id],
    }),
  ],
);

export const workflowVersions = pgTable(
  'workflow_versions',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    workflowId: uuid().notNull(),
    version: integer().notNull(),
    /** `json`, not `jsonb`: the order of states and transitions means something. */
    definition: json().notNull(),
    /** SHA-256 (hex) of the definition as it stands, order included. */
    checksum: text().notNull(),
    /** Where the designer drew things; the one column of a version that may change. */
    layout: jsonb(),
    createdBy: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    foreignKey({
      name: 'workflow_versions_of',
      columns: [t.shard, t.tenantId, t.workflowId],
      foreignColumns: [workflows.shard, workflows.tenantId, workflows.id],
    }).onDelete('cascade'),
    unique('workflow_versions_number_once').on(t.shard, t.tenantId, t.workflowId, t.version),
  ],
);
