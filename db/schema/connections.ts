// Stored credentials of external systems, and the test calls asked of the worker.
import { sql } from 'drizzle-orm';
import {
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, createdAt, moment, tenantOwned } from './columns.ts';

export const connections = pgTable(
  'connections',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    provider: text().notNull(),
    connectionName: text().notNull(),
    /** Ciphertext; see vault/blob.ts for its layout and what it is bound to. */
    credentials: bytea().notNull(),
    keyId: text().notNull(),
    /** scheme://host:port the ciphertext is bound to: a re-pointed connection does not decrypt. */
    allowedOrigin: text().notNull(),
    /** The credential fields that are not secret, so that lists and previews need no decryption. */
    fields: jsonb().notNull(),
    settings: jsonb().notNull().default({}),
    enabled: boolean().notNull().default(true),
    /** Supplied to the whole organisation (see db/schema/subscriptions.ts). */
    suppliedToAll: boolean().notNull().default(false),
    /** Why the provider refused the credential (401/403), until it is rotated or a test succeeds. */
    flag: text(),
    flaggedAt: moment(),
    lastTest: jsonb(),
    version: integer().notNull().default(1),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    unique('connections_name_once').on(t.shard, t.tenantId, t.connectionName),
    index('connections_by_key').on(t.keyId),
  ],
);

/** A test call somebody asked for. The API writes the question, a worker the answer: only workers decrypt. */
export const connectionTests = pgTable(
  'connection_tests',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    connectionId: uuid().notNull(),
    requestedBy: text().notNull(),
    requestedAt: createdAt(),
    takenAt: moment(),
    answeredAt: moment(),
    result: jsonb(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    foreignKey({
      name: 'connection_tests_of',
      columns: [t.shard, t.tenantId, t.connectionId],
      foreignColumns: [connections.shard, connections.tenantId, connections.id],
    }).onDelete('cascade'),
    index('connection_tests_waiting').on(t.shard, t.requestedAt).where(sql`answered_at is null`),
  ],
);
