// What other systems send in: where they send it, every request as it was stored, and what is to come of it.
import {
  bigint,
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
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, createdAt, moment, tenantOwned } from './columns.ts';

/**
 * Whose a source is. A sender knows nothing but the id in its URL, so this is read before any tenant is named; like
 * `tenants` it is small, belongs to no shard, and says nothing else.
 */
export const sourceAddresses = pgTable('source_addresses', {
  /** The source. */
  id: uuid().primaryKey(),
  shard: smallint().notNull(),
  /** Its tenant. */
  ownerId: uuid().notNull(),
});

export const sources = pgTable(
  'sources',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    name: text().notNull(),
    kind: text().notNull(),
    config: jsonb().notNull(),
    /** Ciphertext, as in `connections`; bound to the tenant and this source. */
    secret: bytea().notNull(),
    keyId: text().notNull(),
    /** Accepted beside `secret` until `previous_until`, while the sender is given the new one. */
    previousSecret: bytea(),
    previousKeyId: text(),
    previousUntil: moment(),
    isActive: boolean().notNull().default(true),
    /** A worker processes its events, in order; after this moment that worker counts as dead. */
    busyUntil: moment(),
    version: integer().notNull().default(1),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    unique('sources_name_once').on(t.shard, t.tenantId, t.name),
    index('sources_by_key').on(t.keyId),
  ],
);

/**
 * One row per stored request (per event, where a request holds several). No index holds a column that processing changes.
 * Partitioned by `id`, which begins with the time. The partition of what was there
 * before partitions has `inbound_events_once` still; since then `inbound_deliveries` holds it.
 */
export const inboundEvents = pgTable(
  'inbound_events',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    sourceId: uuid().notNull(),
    /** Null where nothing can be a repetition: refused requests, ignored ones, further tries. */
    deliveryId: text(),
    status: text().notNull().$type<'RECEIVED' | 'PROCESSING' | 'PROCESSED' | 'FAILED'>(),
    /** Null for what holds no event. */
    eventType: text(),
    /** Header lines as `[name, value]`, secrets masked. */
    headers: json().notNull(),
    /** The bytes that were signed; null for a request that was refused. */
    body: bytea(),
    bodyBytes: integer().notNull(),
    /** What triggers see, where that is not the body itself; `json`, because it is only ever read whole. */
    payload: json(),
    error: jsonb(),
    /** What each trigger that matched came to, in their order. */
    effects: jsonb().notNull().default([]),
    /** Grows with every claim; whoever holds an older one changes nothing. */
    attempts: integer().notNull().default(0),
    /** The first try, where this is another. */
    replayOf: uuid(),
    receivedAt: createdAt(),
    processedAt: moment(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    unique('inbound_events_once').on(t.shard, t.tenantId, t.sourceId, t.deliveryId),
    index('inbound_events_by_source').on(t.shard, t.tenantId, t.sourceId, t.id),
  ],
);

/**
 * The memory of delivery ids: a delivery that is in here was stored. Narrow and whole, as what is unique over all time cannot
 * be a partition's affair; inserted before the event, in its commit.
 */
export const inboundDeliveries = pgTable(
  'inbound_deliveries',
  {
    ...tenantOwned,
    sourceId: uuid().notNull(),
    deliveryId: text().notNull(),
    /** The event: of several tries, the last. */
    id: uuid().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.sourceId, t.deliveryId] }),
    // What is forgotten first is what came first.
    index('inbound_deliveries_by_age').on(t.shard, t.tenantId, t.id),
  ],
);

/** Events still to be processed: inserted with the event, deleted with its effect. Its key is the order they are taken in. */
export const inboundQueue = pgTable(
  'inbound_queue',
  { ...tenantOwned, sourceId: uuid().notNull(), id: uuid().notNull() },
  (t) => [primaryKey({ columns: [t.shard, t.tenantId, t.sourceId, t.id] })],
);

export const triggers = pgTable(
  'triggers',
  {
    ...tenantOwned,
    id: uuid().notNull(),
    sourceId: uuid().notNull(),
    name: text().notNull(),
    /** List of the types it is for; `issues.*` is all that begin with `issues.`, `*` is all. */
    eventTypes: jsonb().notNull(),
    /** CEL; null: no condition. */
    filter: text(),
    action: jsonb().notNull(),
    enabled: boolean().notNull().default(true),
    /** Triggers of a source act in this order. */
    position: integer().notNull(),
    version: integer().notNull().default(1),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.id] }),
    unique('triggers_name_once').on(t.shard, t.tenantId, t.sourceId, t.name),
    foreignKey({
      name: 'triggers_of',
      columns: [t.shard, t.tenantId, t.sourceId],
      foreignColumns: [sources.shard, sources.tenantId, sources.id],
    }).onDelete('cascade'),
  ],
);

/** Sources whose vendor is asked, now and then, to send again what did not arrive. */
export const sourceGaps = pgTable(
  'source_gaps',
  {
    ...tenantOwned,
    sourceId: uuid().notNull(),
    /** What it is asked through. */
    connectionId: uuid().notNull(),
    /** The vendor's webhooks that send here: see db/statements/source-gaps.ts. */
    hooks: jsonb().notNull().default({}),
    /** What came in up to this event has said which webhooks there are. */
    afterId: uuid(),
    /** Deliveries that the vendor was asked for. */
    asked: bigint({ mode: 'number' }).notNull().default(0),
    nextLookAt: createdAt(),
    lastLookAt: moment(),
    lastError: jsonb(),
    leasedUntil: moment(),
    fence: bigint({ mode: 'number' }).notNull().default(0),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.sourceId] }),
    foreignKey({
      name: 'source_gaps_of',
      columns: [t.shard, t.tenantId, t.sourceId],
      foreignColumns: [sources.shard, sources.tenantId, sources.id],
    }).onDelete('cascade'),
    index('source_gaps_due').on(t.nextLookAt),
  ],
);
