// Stored credentials of external systems, the test calls asked of the worker, and what workers share about receivers.
import { sql } from 'drizzle-orm';
import {
  bigint,
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

/** How fast a connection that has a rate has sent: one row each, whose `arrival_at` every slot moves on. */
export const connectionRates = pgTable(
  'connection_rates',
  {
    ...tenantOwned,
    connectionId: uuid().notNull(),
    /** GCRA's theoretical arrival time: when a sender that never bursts would send the next request. */
    arrivalAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.connectionId] }),
    foreignKey({
      name: 'connection_rates_of',
      columns: [t.shard, t.tenantId, t.connectionId],
      foreignColumns: [connections.shard, connections.tenantId, connections.id],
    }).onDelete('cascade'),
  ],
);

/** What workers share about a receiver: of a connection here, of an endpoint in subscriptions.ts. */
export const receiverHealth = {
  circuit: text().notNull().default('closed').$type<'closed' | 'open' | 'half_open'>(),
  /** Of `circuit`. */
  since: createdAt(),
  /** From then on one request may find out. */
  openUntil: moment(),
  /** In a row, as the worker saw them that opened it. */
  misses: integer().notNull().default(0),
  /** In a row without a success between them: each lasts longer. */
  openings: integer().notNull().default(0),
  /** The last miss: `{ code, message }`. */
  lastError: jsonb(),
  /** The worker whose request finds out, and how long others wait for it. */
  probeBy: uuid(),
  probeUntil: moment(),
  /** The receiver asked to be left alone until then. */
  pausedUntil: moment(),
  /** Grows with every change: what is read late never replaces what is known already. */
  revision: bigint({ mode: 'number' }).notNull().default(1),
};

/** Circuit and pause of a connection that ever had a reason for either; no row: closed, and no pause. */
export const connectionHealth = pgTable(
  'connection_health',
  {
    ...tenantOwned,
    connectionId: uuid().notNull(),
    ...receiverHealth,
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.connectionId] }),
    foreignKey({
      name: 'connection_health_of',
      columns: [t.shard, t.tenantId, t.connectionId],
      foreignColumns: [connections.shard, connections.tenantId, connections.id],
    }).onDelete('cascade'),
  ],
);
