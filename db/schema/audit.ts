// What proves that the log was not altered: its seals, how far each shard is sealed, signed checkpoints of the chain, and
// what came of the last verification.
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, createdAt, moment, tenantOwned } from './columns.ts';

/**
 * The chain of a tenant: each row seals some entries of `event_log` and names the hash of the row before. Append-only.
 * docs/audit.md says what is hashed.
 */
export const eventLogSeals = pgTable(
  'event_log_seals',
  {
    ...tenantOwned,
    /** 1, 2, 3 … of the tenant. */
    seq: bigint({ mode: 'bigint' }).notNull(),
    /** Entries of the tenant that were sealed before these. */
    entriesBefore: bigint({ mode: 'bigint' }).notNull(),
    entryCount: integer().notNull(),
    /** It seals every entry of the tenant with a position after this one … */
    afterPosition: bigint({ mode: 'bigint' }).notNull(),
    /** … up to this one. */
    toPosition: bigint({ mode: 'bigint' }).notNull(),
    /** For each entry its id (16 bytes), its time (microseconds since 1970, 8 bytes) and its SHA-256 (32 bytes). */
    entries: bytea().notNull(),
    previousHash: bytea().notNull(),
    hash: bytea().notNull(),
    sealedAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.shard, t.tenantId, t.seq] }),
    index('event_log_seals_by_position').on(t.shard, t.toPosition),
  ],
);

/** How far the log of each shard is sealed. The lock on a row is what makes one sealer of many. Belongs to no tenant. */
export const eventLogSealers = pgTable('event_log_sealers', {
  shard: smallint().primaryKey(),
  sealedTo: bigint({ mode: 'bigint' }).notNull(),
  /** When it is to be verified next; whoever does it moves this on first, so that nobody else does. */
  verifyAt: createdAt(),
});

/** The signed checkpoints that were written to the anchor, for people to look at. Append-only. */
export const eventLogCheckpoints = pgTable(
  'event_log_checkpoints',
  {
    ...tenantOwned,
    /** Of the last seal it covers. */
    seq: bigint({ mode: 'bigint' }).notNull(),
    entryCount: bigint({ mode: 'bigint' }).notNull(),
    headHash: bytea().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
    /** Ed25519, 32 bytes. */
    publicKey: bytea().notNull(),
    signature: bytea().notNull(),
    /** Where it was written. */
    anchor: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.shard, t.tenantId, t.seq] })],
);

/** What came of the last verification of each tenant's chain. */
export const eventLogVerifications = pgTable(
  'event_log_verifications',
  {
    ...tenantOwned,
    verifiedAt: createdAt(),
    ok: boolean().notNull(),
    entryCount: bigint({ mode: 'bigint' }).notNull(),
    /** What was found; null when it is whole. */
    problem: jsonb(),
  },
  (t) => [primaryKey({ columns: [t.shard, t.tenantId] })],
);

/** Partitions of the log that the policy took away. Belongs to no tenant. Append-only. */
export const eventLogDrops = pgTable('event_log_drops', {
  id: uuid().primaryKey().defaultRandom(),
  /** Entries of before this moment are gone. */
  before: moment().notNull(),
  partition: text().notNull(),
  keptDays: integer().notNull(),
  /** Where it was archived before; null: nowhere. */
  archive: text(),
  at: createdAt(),
});
