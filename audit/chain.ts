// The chain of one tenant, seal by seal: whether each follows the one before, seals what is there, and is the one that
// checkpoints know.
import type { PendingQuery, ReservedSql, Row } from '../db/client.ts';
import * as read from '../db/statements/read-seals.ts';
import { BEFORE_EVERYTHING } from '../db/statements/seals.ts';
import { type Checkpoint, isSigned, sinceAcknowledged } from './checkpoint.ts';
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
  /** Checkpoints that acknowledge a gap, oldest first. */
  acknowledged: readonly Checkpoint[];
  /** Of the last seal, hexadecimal; null where there is none. */
  head: string | null;
  finding: Finding | null;
}

export type Ask = <T extends Row>(statement: (sql: ReservedSql) => PendingQuery<T[]>) => Promise<T[]>;

interface SealContext {
  mayBeGone(entry: SealedEntry): boolean;
  ask: Ask;
  shard: number;
}

export interface Chain {
  seal(seal: read.SealRow, found: readonly read.EntryRow[], context: SealContext): Promise<void>;
  /** Its position says that it should have been sealed. */
  unsealed(row: read.EntryRow, ask: Ask, shard: number): Promise<void>;
  /** Something was found: what comes after it follows from it. */
  isOver(): boolean;
  result(): Verified;
}

/** @param joinsLate the first seal it is given need not be the first of the chain */
export function createChain(
  tenantId: string,
  checkpoints: readonly Checkpoint[],
  trustedKeys: readonly string[],
  joinsLate: boolean,
): Chain {
  let last: read.SealRow | null = null;
  let finding: Finding | null = null;
  let stray: Finding | null = null;
  let [entries, dropped, agreed] = [0n, 0n, 0];
  const standing = sinceAcknowledged(checkpoints, trustedKeys);
  // Not the newest: a log that was cut off and went on otherwise is signed again, with fewer seals or as many.
  const furthest = standing
    .filter((checkpoint) => isSigned(checkpoint, trustedKeys))
    .reduce<Checkpoint | undefined>((far, one) => (far && far.seals >= one.seals ? far : one), undefined);
  const bySeals = Map.groupBy(standing, (checkpoint) => checkpoint.seals);
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

  function compareWithCheckpoint(seal: read.SealRow, checkpoint: Checkpoint): void {
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
      for (const checkpoint of bySeals.get(BigInt(seal.seq)) ?? []) compareWithCheckpoint(seal, checkpoint);
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
      const isCut = furthest !== undefined && furthest.seals > BigInt(last?.seq ?? 0);
      // Where seals were cut, entries without one were not inserted.
      if (stray && (finding ? stray.nth <= finding.nth : !isCut)) finding = stray;
      if (isCut) {
        const message = `The log ends after ${sealedSoFar()} entries; at ${furthest.at} it had ${furthest.entries}.`;
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
        acknowledged: checkpoints.filter((one) => one.acknowledges && isSigned(one, trustedKeys)),
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
