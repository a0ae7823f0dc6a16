// Who Pawl works for, and who may act for them.
import { sql } from 'drizzle-orm';
import {
  boolean,
  foreignKey,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, createdAt, moment, tenantOwned } from './columns.ts';

/** Small and everywhere: read by every process to find a tenant's shard. */
export const tenants = pgTable('tenants', {
  id: uuid().primaryKey(),
  shard: smallint().notNull(),
  name: text().notNull(),
  slug: text().notNull().unique('tenants_slug_once'),
  /** Its rows are being moved to another shard: whoever reads this asks where they are in each transaction. */
  moving: boolean().notNull().default(false),
  createdAt: createdAt(),
});

/** Moves of tenants from shard to shard, with how far they are: whoever finds one that was not finished goes on with it. */
export const tenantMoves = pgTable(
  'tenant_moves',
  {
    id: uuid().primaryKey(),
    /** The tenant. */
    ownerId: uuid().notNull(),
    fromShard: smallint().notNull(),
    toShard: smallint().notNull(),
    state: text()
      .notNull()
      .default('copying')
      .$type<'copying' | 'switched' | 'aborting' | 'done' | 'aborted'>(),
    /** See processes/move-tenant.ts. */
    progress: jsonb().notNull().default({}),
    /** Who carries it out, and until when nobody else does. */
    holder: uuid(),
    leasedUntil: moment(),
    startedAt: createdAt(),
    switchedAt: moment(),
    finishedAt: moment(),
    /** How long the tenant stood still. */
    pauseMs: integer(),
  },
  (t) => [
    uniqueIndex('tenant_moves_once').on(t.ownerId).where(sql`finished_at is null`),
    index('tenant_moves_of').on(t.ownerId),
  ],
);

/**
 * One row a shard. A batch that is inserted is selected beside its shard's row, so that a distributed Postgres can tell
 * which server the statement is for.
 */
export const shards = pgTable('shards', { shard: smallint().primaryKey() });

/** What a tenant's secrets are encrypted under, each wrapped by a master key. Deleting them shreds what they encrypted. */
export const tenantKeys = pgTable(
  'tenant_keys',
  {
    ...tenantOwned,
    /** The key id that blobs name. */
    id: uuid().notNull(),
    /** The highest encrypts; there are several while secrets are moved to it. */
    generation: integer().notNull(),
    wrapped: bytea().notNull(),
    /** A key of the ring, or the ARN of a key of the key service. */
    wrappingKeyId: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    unique('tenant_keys_generation_once').on(t.shard, t.tenantId, t.generation),
    index('tenant_keys_by_wrapping_key').on(t.wrappingKeyId),
  ],
);

/** Service principals. The key itself is shown once; only its SHA-256 is stored. */
export const apiKeys = pgTable(
  'api_keys',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    name: text().notNull(),
    prefix: text().notNull(),
    hash: bytea().notNull(),
    createdBy: text().notNull(),
    createdAt: createdAt(),
    expiresAt: moment(),
    revokedAt: moment(),
    /** To a minute or so: a process that knows the key does not write at each request. */
    lastUsedAt: moment(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    unique('api_keys_hash_once').on(t.shard, t.tenantId, t.hash),
  ],
);

/** A role on the organisation (`connectionId` is null) or on one connection. */
export const roleAssignments = pgTable(
  'role_assignments',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    principalType: text().notNull().$type<'user' | 'group' | 'service'>(),
    principalId: text().notNull(),
    role: text().notNull(),
    connectionId: uuid(),
    createdBy: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    unique('role_assignments_once')
      .on(t.shard, t.tenantId, t.principalType, t.principalId, t.role, t.connectionId)
      .nullsNotDistinct(),
  ],
);

/** Users under one name, to give roles to; groups may be in groups. Roles name a group by its id. */
export const groups = pgTable(
  'groups',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    name: text().notNull(),
    createdBy: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    unique('groups_name_once').on(t.shard, t.tenantId, t.name),
  ],
);

/** The unique key serves "which groups is this in": the members lead it. */
export const groupMembers = pgTable(
  'group_members',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    groupId: uuid().notNull(),
    memberType: text().notNull().$type<'user' | 'group'>(),
    /** Of a user: the id, or a token's `sub`; of a group: its id. */
    memberId: text().notNull(),
    createdBy: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.groupId, t.id] }),
    unique('group_members_once').on(t.shard, t.tenantId, t.memberType, t.memberId, t.groupId),
    foreignKey({
      name: 'group_members_group_fk',
      columns: [t.shard, t.tenantId, t.groupId],
      foreignColumns: [groups.shard, groups.tenantId, groups.id],
    }).onDelete('cascade'),
  ],
);

/** First answers to requests that carried an Idempotency-Key, written in the same commit as their effect. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    ...tenantOwned,
    /** The job an event was sent to, the workflow a job was started from; of what else is made, who asked for what (api/create-once.ts). */
    subjectId: uuid().notNull(),
    key: text().notNull(),
    requestHash: bytea().notNull(),
    status: integer().notNull(),
    /** `json`: given again word for word. */
    answer: json().notNull(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.shard, t.tenantId, t.subjectId, t.key] })],
);
