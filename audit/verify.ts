// Verifies the chains of a shard: reads the log and its seals once, in the order in which they were written, a few thousand
// entries at a time, and says of each tenant what is wrong first.
import type { Database, PendingQuery, ReservedSql, Row } from '../db/client.ts';
import * as read from '../db/statements/read-seals.ts';
import { BEFORE_EVERYTHING } from '../db/statements/seals.ts';
import { type Checkpoint, isSigned } from './checkpoint.ts';
import { type EntryText, sealHash } from './entry-hash.ts';
import { type Difference, firstDifference, readEntries, type SealedEntry } from './seal.ts';

export type FindingKind =
  /** An entry does not say any more what was sealed. */
  | 'changed'
  /** A sealed entry is gone. */
  | 'deleted'
  /** An entry stands where none was when it was sealed. */
  | 'inserted'
  /** Entries stand in another order. */
  | 'reordered'
  /** The chain ends before a checkpoint of it. */
  | 'cut'
  /** The chain is that of another tenant. */
  | 'copied'
  /** A seal does not fit the one before, or its own hash. */
  | 'chain_broken'
  /** The chain is whole, and not the one that a checkpoint was made of. */
  | 'rewritten'
  /** A checkpoint is not signed by a key that is trusted. */
  | 'checkpoint_invalid';

export interface Finding {
  kind: FindingKind;
  /** Number of the entry in the log of its tenant, from 1. */
  nth: bigint;
  entry: { id: string; subjectId: string | null; at: string | null; kind: string | null } | null;
  message: string;
}

export interface Verified {
  tenantId: string;
  /** Sealed entries that were looked at. */
  entries: bigint;
  /** Of these, gone by the policy of retention. */
  dropped: bigint;
  seals: bigint;
  /** Checkpoints that the chain agrees with. */
  checkpoints: number;
  /** Of the last seal, hexadecimal; null where there is none. */
  head: string | null;
  finding: Finding | null;
}

export interface VerifyOptions {
  /** A role that sees the log of the tenants named: `pawl_operator`, `pawl_sealer`, or `pawl_api` for its tenant. */
  db: Database;
  shard: number;
  /** One tenant; null: all of the shard. */
  tenantId: string | null;
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
  const { db, shard, tenantId, from } = options;
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
    const rest = { shard, tenantId, after, to: sealedTo };
    const passes = await ask((sql) => read.listPasses(sql, rest, STRETCH_PASSES));
    const { to, entries } = firstOf(passes);
    if (to === null) break;
    const stretch = { shard, tenantId, after, to };
    await verifyStretch({ ask, chainOf, stretch, entries, keptSince: options.keptSince });
    after = to;
  }
  await lookForUnsealed({ ask, chainOf, stretch: { shard, tenantId, after, to: sealedTo } });
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

type Ask = <T extends Row>(statement: (sql: ReservedSql) => PendingQuery<T[]>) => Promise<T[]>;

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
  const [drops] = await ask((sql) => read.readDropped(sql));
  const droppedBeforeUs = drops?.beforeUs == null ? null : BigInt(drops.beforeUs);
  const keptSinceUs = BigInt(keptSince.getTime()) * 1000n;
  const mayBeGone = ({ atUs }: SealedEntry) =>
    droppedBeforeUs !== null && atUs < droppedBeforeUs && atUs < keptSinceUs;
  const seals = await ask((sql) => read.readSeals(sql, stretch));
  const rows = await ask((sql) => read.readEntries(sql, stretch, entries + 1));
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
    await chain.seal(seal, found, { mayBeGone, ask, shard: stretch.shard });
  }
  for (const [tenantId, own] of byTenant) {
    const [row] = own;
    if (row && sealedTenants.has(tenantId)) await (await chainOf(tenantId)).unsealed(row, ask, stretch.shard);
  }
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

interface SealContext {
  mayBeGone(entry: SealedEntry): boolean;
  ask: Ask;
  shard: number;
}

interface Chain {
  seal(seal: read.SealRow, found: readonly read.EntryRow[], context: SealContext): Promise<void>;
  /** Its position says that it should have been sealed. */
  unsealed(row: read.EntryRow, ask: Ask, shard: number): Promise<void>;
  /** Something was found: what comes after it follows from it. */
  isOver(): boolean;
  result(): Verified;
}

/** @param joinsLate the first seal it is given need not be the first of the chain */
function createChain(
  tenantId: string,
  checkpoints: readonly Checkpoint[],
  trustedKeys: readonly string[],
  joinsLate: boolean,
): Chain {
  let last: read.SealRow | null = null;
  let finding: Finding | null = null;
  let stray: Finding | null = null;
  let [entries, dropped, agreed] = [0n, 0n, 0];
  const newest = checkpoints.findLast((checkpoint) => isSigned(checkpoint, trustedKeys));
  const bySeals = new Map(checkpoints.map((checkpoint) => [checkpoint.seals, checkpoint]));
  const sealedSoFar = () => (last === null ? 0n : BigInt(last.entriesBefore) + BigInt(last.entryCount));
  const find = (kind: FindingKind, nth: bigint, entry: Finding['entry'], message: string) => {
    finding ??= { kind, nth, entry, message };
  };

  function follows(seal: read.SealRow): boolean {
    if (last === null && joinsLate) return true;
    return (
      BigInt(seal.seq) === BigInt(last?.seq ?? 0) + 1n &&
      BigInt(seal.entriesBefore) === sealedSoFar() &&
      seal.afterPosition === (last?.toPosition ?? BEFORE_EVERYTHING) &&
      seal.previousHash.equals(last?.hash ?? Buffer.alloc(0))
    );
  }

  async function report(difference: Difference, seal: read.SealRow, { ask, shard }: SealContext) {
    const nth = BigInt(seal.entriesBefore) + BigInt(difference.nth) + 1n;
    if (difference.kind === 'missing') {
      const { id, atUs } = difference.sealed;
      const [elsewhere] = await ask((sql) => read.isInLog(sql, shard, { tenantId, id }));
      const entry = { id, subjectId: null, at: timeOf(atUs), kind: null };
      if (elsewhere?.there) find('reordered', nth, entry, `Entry ${id} stands elsewhere than it did.`);
      else find('deleted', nth, entry, `Entry ${id} of ${entry.at} is gone.`);
      return;
    }
    const { found } = difference;
    const entry = describe(found);
    if (difference.kind === 'changed') {
      find('changed', nth, entry, `Entry ${found.id} is not what was sealed.`);
    } else if (difference.kind === 'reordered' || (await isSealedElsewhere(found.id, ask, shard))) {
      find('reordered', nth, entry, `Entry ${found.id} stands elsewhere than it did.`);
    } else {
      find(
        'inserted',
        nth,
        entry,
        `Entry ${found.id} was put between entries that were sealed before it came.`,
      );
    }
  }

  async function isSealedElsewhere(id: string, ask: Ask, shard: number): Promise<boolean> {
    const [sealed] = await ask((sql) => read.isSealed(sql, shard, { tenantId, id }));
    return sealed?.there === true;
  }

  function compareWithCheckpoint(seal: read.SealRow): void {
    const checkpoint = bySeals.get(BigInt(seal.seq));
    if (!checkpoint) return;
    if (!isSigned(checkpoint, trustedKeys)) {
      const message = `The checkpoint of ${checkpoint.at} is not signed by a key that is trusted.`;
      find('checkpoint_invalid', checkpoint.entries, null, message);
    } else if (checkpoint.head === seal.hash.toString('hex') && checkpoint.entries === sealedSoFar())
      agreed++;
    else {
      const message = `Seal ${seal.seq} is not the one of the checkpoint of ${checkpoint.at}: the chain was written anew.`;
      find('rewritten', BigInt(seal.entriesBefore) + 1n, null, message);
    }
  }

  return {
    async seal(seal, found, context) {
      const nth = BigInt(seal.entriesBefore) + 1n;
      const sealed = readEntries(seal.entries, seal.entryCount);
      if (!hashOf(seal).equals(seal.hash) || sealed === null) {
        const { hash } = seal;
        const [owner] = await context.ask((sql) => read.ownersOfSeal(sql, { tenantId, hash }));
        const copied = `Seal ${seal.seq} is that of tenant ${owner?.tenantId}.`;
        if (owner) find('copied', nth, found[0] ? describe(found[0]) : null, copied);
        else find('chain_broken', nth, null, `Seal ${seal.seq} does not have its own hash.`);
        return;
      }
      if (!follows(seal)) {
        const before = last === null ? 'is not the first one' : `does not follow seal ${last.seq}`;
        return find('chain_broken', sealedSoFar() + 1n, null, `Seal ${seal.seq} ${before}.`);
      }
      const difference = firstDifference(sealed, found, context.mayBeGone);
      if (difference) await report(difference, seal, context);
      last = seal;
      entries += BigInt(seal.entryCount);
      dropped += BigInt(seal.entryCount - Math.min(found.length, seal.entryCount));
      compareWithCheckpoint(seal);
    },
    async unsealed(row, ask, shard) {
      if (finding || stray) return;
      const nth = sealedSoFar() + 1n;
      const entry = describe(row);
      stray = (await isSealedElsewhere(row.id, ask, shard))
        ? { kind: 'reordered', nth, entry, message: `Entry ${row.id} stands elsewhere than it did.` }
        : {
            kind: 'inserted',
            nth,
            entry,
            message: `Entry ${row.id} was put where everything had been sealed.`,
          };
    },
    isOver: () => finding !== null,
    result() {
      const forged = checkpoints.find((checkpoint) => !isSigned(checkpoint, trustedKeys));
      const isCut = newest !== undefined && newest.seals > BigInt(last?.seq ?? 0);
      // Where seals were cut, entries without one were not inserted.
      if (stray && (finding ? stray.nth <= finding.nth : !isCut)) finding = stray;
      if (isCut) {
        const message = `The log ends after ${sealedSoFar()} entries; at ${newest.at} it had ${newest.entries}.`;
        find('cut', sealedSoFar() + 1n, null, message);
      }
      if (forged) {
        const message = `The checkpoint of ${forged.at} is not signed by a key that is trusted.`;
        find('checkpoint_invalid', forged.entries, null, message);
      }
      const head = last?.hash.toString('hex') ?? null;
      return {
        tenantId,
        entries,
        dropped,
        seals: BigInt(last?.seq ?? 0),
        checkpoints: agreed,
        head,
        finding,
      };
    },
  };
}

const hashOf = (seal: read.SealRow): Buffer =>
  sealHash({
    ...seal,
    seq: BigInt(seal.seq),
    entriesBefore: BigInt(seal.entriesBefore),
    afterPosition: BigInt(seal.afterPosition),
    toPosition: BigInt(seal.toPosition),
  });

const describe = ({ id, subjectId, atUs, kind }: EntryText) => ({
  id,
  subjectId,
  at: timeOf(BigInt(atUs)),
  kind,
});

const timeOf = (us: bigint): string => new Date(Number(us / 1000n)).toISOString();
