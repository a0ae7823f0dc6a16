// Verifies the chains of a shard: reads the log and its seals once, in the order in which they were written, a few thousand
// entries at a time, and says of each tenant what is wrong first.
import type { Database, PendingQuery, ReservedSql, Row } from '../db/client.ts';
import * as read from '../db/statements/read-seals.ts';
import { BEFORE_EVERYTHING } from '../db/statements/seals.ts';
import { type Ask, type Chain, createChain, type Verified } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { SealedEntry } from './seal.ts';

export interface VerifyOptions {
  /** A role that sees the log of the tenants named: `pawl_operator`, `pawl_sealer`, or `pawl_api` for its tenant. */
  db: Database;
  shard: number;
  /** One tenant; null: all of the shard. */
  tenantId: string | null;
  /** Of all of the shard, those who are not meant. */
  without?: readonly string[];
  /** Only what was sealed since; null: everything. */
  from: Date | null;
  /** Checkpoints of a tenant as the anchor has them, by number of seals; and the keys that may have signed them. */
  checkpointsOf(tenantId: string): Promise<readonly Checkpoint[]>;
  trustedKeys: readonly string[];
  /** Nothing since then can be gone by the policy of retention, whatever the database says of it. */
  keptSince: Date;
  /** Tenants that must be there, although they may have lost their whole chain. */
  tenantIds: readonly string[];
}

/** Entries read at once: a few megabytes. */
const STRETCH_ENTRIES = 4_000;
const STRETCH_PASSES = 500;

export async function verifyShard(options: VerifyOptions): Promise<Verified[]> {
  const { db, shard, tenantId, without, from } = options;
  const ask = <T extends Row>(statement: (sql: ReservedSql) => PendingQuery<T[]>) =>
    db.once<T[]>(tenantId === null ? [] : [tenantId], statement);
  const chains = new Map<string, Chain>();
  const chainOf = async (id: string) => {
    const known = chains.get(id);
    if (known) return known;
    const chain = createChain(id, await options.checkpointsOf(id), options.trustedKeys, from !== null);
    chains.set(id, chain);
    return chain;
  };
  for (const id of options.tenantIds) await chainOf(id);

  // What is sealed while we read is for the next time.
  const [state] = await ask((sql) => read.readSealedTo(sql, shard));
  const sealedTo = state?.sealedTo ?? BEFORE_EVERYTHING;
  let after = BEFORE_EVERYTHING;
  if (from !== null) {
    const [before] = await ask((sql) => read.sealedBefore(sql, { shard, tenantId }, from));
    after = before?.toPosition ?? BEFORE_EVERYTHING;
  }
  for (;;) {
    const rest = { shard, tenantId, without, after, to: sealedTo };
    const passes = await ask((sql) => read.listPasses(sql, rest, STRETCH_PASSES));
    const { to, entries } = firstOf(passes);
    if (to === null) break;
    const stretch = { shard, tenantId, without, after, to };
    await verifyStretch({ ask, chainOf, stretch, entries, keptSince: options.keptSince });
    after = to;
  }
  await lookForUnsealed({ ask, chainOf, stretch: { shard, tenantId, without, after, to: sealedTo } });
  return [...chains.values()].map((chain) => chain.result());
}

/** As many passes as hold few enough entries, one at least. */
function firstOf(passes: readonly { toPosition: string; entries: number }[]) {
  let entries = 0;
  let to: string | null = null;
  for (const pass of passes) {
    if (to !== null && entries + pass.entries > STRETCH_ENTRIES) break;
    entries += pass.entries;
    to = pass.toPosition;
  }
  return { to, entries };
}

interface Reading {
  ask: Ask;
  chainOf(tenantId: string): Promise<Chain>;
  stretch: read.Stretch;
}

async function verifyStretch({
  ask,
  chainOf,
  stretch,
  entries,
  keptSince,
}: Reading & { entries: number; keptSince: Date }): Promise<void> {
  const seals = await ask((sql) => read.readSeals(sql, stretch));
  const rows = await ask((sql) => read.readEntries(sql, stretch, entries + 1));
  const mayBeGone = await whatMayBeGone(ask, keptSince);
  // More than were sealed: somebody put some there, nobody knows how many. Then each seal is looked at by itself.
  const tooMany = rows.length > entries;
  const byTenant = Map.groupBy(tooMany ? [] : rows, (row) => row.tenantId);
  const sealedTenants = new Set(seals.map((seal) => seal.tenantId));
  const others = tooMany ? await ask((sql) => read.tenantsWithin(sql, stretch)) : [...byTenant.keys()];
  for (const other of others) {
    const tenantId = typeof other === 'string' ? other : other.tenantId;
    if (!sealedTenants.has(tenantId)) {
      const all = { ...stretch, tenantId };
      const [row] = byTenant.get(tenantId) ?? (await ask((sql) => read.readEntries(sql, all, 1)));
      if (row) await (await chainOf(tenantId)).unsealed(row, ask, stretch.shard);
    }
  }
  for (const seal of seals) {
    const chain = await chainOf(seal.tenantId);
    if (chain.isOver()) continue;
    const own = byTenant.get(seal.tenantId) ?? [];
    const of = {
      shard: stretch.shard,
      tenantId: seal.tenantId,
      after: seal.afterPosition,
      to: seal.toPosition,
    };
    const found = tooMany
      ? await ask((sql) => read.readEntries(sql, of, seal.entryCount + 1))
      : takeUpTo(own, BigInt(seal.toPosition));
    const policy = tooMany ? await whatMayBeGone(ask, keptSince) : mayBeGone;
    await chain.seal(seal, found, { mayBeGone: policy, ask, shard: stretch.shard });
  }
  for (const [tenantId, own] of byTenant) {
    const [row] = own;
    if (row && sealedTenants.has(tenantId)) await (await chainOf(tenantId)).unsealed(row, ask, stretch.shard);
  }
}

/** To be asked when the entries have been read: of a month that is dropped in between it must be known that it was. */
async function whatMayBeGone(ask: Ask, keptSince: Date): Promise<(entry: SealedEntry) => boolean> {
  const [drops] = await ask((sql) => read.readDropped(sql));
  const droppedBeforeUs = drops?.beforeUs == null ? null : BigInt(drops.beforeUs);
  const keptSinceUs = BigInt(keptSince.getTime()) * 1000n;
  return ({ atUs }) => droppedBeforeUs !== null && atUs < droppedBeforeUs && atUs < keptSinceUs;
}

function takeUpTo(rows: read.EntryRow[], position: bigint): read.EntryRow[] {
  const end = rows.findIndex((row) => BigInt(row.position) > position);
  return rows.splice(0, end === -1 ? rows.length : end);
}

/** Behind the last seal, before what is still to be sealed, there is nothing. */
async function lookForUnsealed({ ask, chainOf, stretch }: Reading): Promise<void> {
  for (const { tenantId } of await ask((sql) => read.tenantsWithin(sql, stretch))) {
    const [row] = await ask((sql) => read.readEntries(sql, { ...stretch, tenantId }, 1));
    if (row) await (await chainOf(tenantId)).unsealed(row, ask, stretch.shard);
  }
}
