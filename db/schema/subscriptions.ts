// Who is told of what: what a connection is supplied to, what is subscribed to, and every delivery.
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
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, createdAt, moment, tenantOwned } from './columns.ts';
import { connections, receiverHealth } from './connections.ts';
import { scopes } from './scopes.ts';

/** A connection serves a scope and everything below it. For the whole organisation: `connections.supplied_to_all`. */
export const supplies = pgTable(
  'supplies',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    connectionId: uuid().notNull(),
    scopeId: uuid().notNull(),
    createdBy: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    foreignKey({
      name: 'supplies_connection',
      columns: [t.shard, t.tenantId, t.connectionId],
      foreignColumns: [connections.shard, connections.tenantId, connections.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'supplies_scope',
      columns: [t.shard, t.tenantId, t.scopeId],
      foreignColumns: [scopes.shard, scopes.tenantId, scopes.id],
    }),
    unique('supplies_once').on(t.shard, t.tenantId, t.connectionId, t.scopeId),
  ],
);

/** A plain URL of a consumer, which checks what it gets by our signature. */
export const endpoints = pgTable(
  'endpoints',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    url: text().notNull(),
    description: text().notNull().default(''),
    /** `secret`, `key` (the tenant's) or `both`. */
    signedBy: text().notNull().default('secret'),
    enabled: boolean().notNull().default(true),
    /** Why Pawl, and not a person, disabled it. */
    disabledReason: text(),
    /** Since when every attempt failed; null while it answers. */
    failingSince: moment(),
    version: integer().notNull().default(1),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.shard, t.tenantId, t.id] })],
);

/** What an endpoint's requests are signed with: several while one replaces another. */
export const endpointSecrets = pgTable(
  'endpoint_secrets',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    endpointId: uuid().notNull(),
    /** Ciphertext, bound to the endpoint. */
    secret: bytea().notNull(),
    keyId: text().notNull(),
    createdAt: createdAt(),
    /** Signs until then; null: until it is replaced. */
    expiresAt: moment(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.endpointId, t.id] }),
    foreignKey({
      name: 'endpoint_secrets_of',
      columns: [t.shard, t.tenantId, t.endpointId],
      foreignColumns: [endpoints.shard, endpoints.tenantId, endpoints.id],
    }).onDelete('cascade'),
  ],
);

/** What requests of the tenant are signed with where receivers check them by a public key: two while one replaces another. */
export const signingKeys = pgTable(
  'signing_keys',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    /** Ed25519, its 32 bytes. */
    publicKey: bytea().notNull(),
    /** Ciphertext, bound to the tenant. */
    secret: bytea().notNull(),
    keyId: text().notNull(),
    createdAt: createdAt(),
    /** Signs until then; null: until it is replaced. */
    expiresAt: moment(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    // Of two processes that make the first key, one has made it.
    uniqueIndex('signing_keys_current_once').on(t.shard, t.tenantId).where(sql`expires_at is null`),
  ],
);

/** As `connection_health`, of endpoints. */
export const endpointHealth = pgTable(
  'endpoint_health',
  {
    ...tenantOwned,
    endpointId: uuid().notNull(),
    ...receiverHealth,
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.endpointId] }),
    foreignKey({
      name: 'endpoint_health_of',
      columns: [t.shard, t.tenantId, t.endpointId],
      foreignColumns: [endpoints.shard, endpoints.tenantId, endpoints.id],
    }).onDelete('cascade'),
  ],
);

export const subscriptions = pgTable(
  'subscriptions',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    name: text().notNull(),
    /** Null: the organisation. */
    scopeId: uuid(),
    /** See subscriptions/trigger.ts. */
    trigger: jsonb().notNull(),
    /** One of the two. No foreign key: whoever deletes a connection does not ask its subscribers. */
    connectionId: uuid(),
    endpointId: uuid(),
    /** What is said from now on. */
    messageId: uuid().notNull(),
    enabled: boolean().notNull().default(true),
    createdBy: text().notNull(),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    foreignKey({
      name: 'subscriptions_scope',
      columns: [t.shard, t.tenantId, t.scopeId],
      foreignColumns: [scopes.shard, scopes.tenantId, scopes.id],
    }),
    unique('subscriptions_name_once').on(t.shard, t.tenantId, t.name),
  ],
);

/** What a subscription says; never changed, so that a delivery tried again says the same. */
export const subscriptionMessages = pgTable(
  'subscription_messages',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    subscriptionId: uuid().notNull(),
    /** A queued action as definitions have them; its `when` is the subscription's filter. */
    action: jsonb().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    foreignKey({
      name: 'subscription_messages_of',
      columns: [t.shard, t.tenantId, t.subscriptionId],
      foreignColumns: [subscriptions.shard, subscriptions.tenantId, subscriptions.id],
    }).onDelete('cascade'),
  ],
);

/** One notification: it was due. What became of it says the action run of the same id. */
export const deliveries = pgTable(
  'deliveries',
  {
    ...tenantOwned,
    /** Also the id of its action run, and of its list in the queue. */
    id: uuid().notNull(),
    subscriptionId: uuid().notNull(),
    /** The entry of the log that it tells of. */
    occurrenceId: uuid().notNull(),
    /** A kind of trigger, or `test`. */
    kind: text().notNull(),
    jobId: uuid().notNull(),
    workflowId: uuid().notNull(),
    connectionId: uuid(),
    endpointId: uuid(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    unique('deliveries_once').on(t.shard, t.tenantId, t.subscriptionId, t.occurrenceId),
    index('deliveries_by_job').on(t.shard, t.tenantId, t.jobId, t.id),
  ],
);

/** Grows with every change to what decides who is told. No row: nothing was ever subscribed to. */
export const notificationRules = pgTable(
  'notification_rules',
  { ...tenantOwned, version: integer().notNull() },
  (t) => [primaryKey({ columns: [t.shard, t.tenantId] })],
);
