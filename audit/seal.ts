// A seal taken apart, and compared with the entries that are found where it says.
import { type EntryText, isHashOf } from './entry-hash.ts';

/** What a seal keeps of an entry. */
export interface SealedEntry {
  id: string;
  /** Microseconds since 1970. */
  atUs: bigint;
  hash: Uint8Array;
}

/** The first thing that is wrong, and where: the number of the sealed entry, from 0. */
export type Difference =
  | { kind: 'changed'; nth: number; found: EntryText }
  | { kind: 'missing'; nth: number; sealed: SealedEntry }
  | { kind: 'extra'; nth: number; found: EntryText }
  | { kind: 'reordered'; nth: number; found: EntryText };

const ID_BYTES = 16;
const TIME_BYTES = 8;
const HASH_BYTES = 32;
const ENTRY_BYTES = ID_BYTES + TIME_BYTES + HASH_BYTES;

/** @returns null when the bytes are not those of `count` entries */
export function readEntries(bytes: Buffer, count: number): SealedEntry[] | null {
  if (bytes.length !== count * ENTRY_BYTES) return null;
  return Array.from({ length: count }, (_, nth) => {
    const entry = bytes.subarray(nth * ENTRY_BYTES, (nth + 1) * ENTRY_BYTES);
    return {
      id: uuidOf(entry.subarray(0, ID_BYTES)),
      atUs: entry.readBigInt64BE(ID_BYTES),
      hash: entry.subarray(ID_BYTES + TIME_BYTES),
    };
  });
}

/**
 * @param found in the order of the log
 * @param mayBeGone of a sealed entry: the policy of retention may have taken it away
 */
export function firstDifference(
  sealed: readonly SealedEntry[],
  found: readonly EntryText[],
  mayBeGone: (entry: SealedEntry) => boolean,
): Difference | null {
  const ids = new Set(found.map(({ id }) => id));
  let at = 0;
  for (const [nth, entry] of sealed.entries()) {
    const row = found[at];
    if (row && isHashOf(entry.hash, row)) {
      at++;
      continue;
    }
    if (!ids.has(entry.id) && mayBeGone(entry)) continue;
    return row
      ? differenceAt(nth, row, { sealed: sealed.slice(nth), found: found.slice(at) })
      : missing(nth, entry);
  }
  const row = found[at];
  return row ? { kind: 'extra', nth: sealed.length, found: row } : null;
}

const missing = (nth: number, sealed: SealedEntry): Difference => ({ kind: 'missing', nth, sealed });

/** What is sealed and what is found differ in their first entries: which of the two is out of place? */
function differenceAt(
  nth: number,
  row: EntryText,
  { sealed, found }: { sealed: readonly SealedEntry[]; found: readonly EntryText[] },
): Difference {
  const [expected] = sealed;
  if (!expected || expected.id === row.id) return { kind: 'changed', nth, found: row };
  const isSealedLater = sealed.some(({ id }) => id === row.id);
  const isFoundLater = found.some(({ id }) => id === expected.id);
  if (isSealedLater && isFoundLater) return { kind: 'reordered', nth, found: row };
  if (isSealedLater) return missing(nth, expected);
  if (isFoundLater || sealed.length < found.length) return { kind: 'extra', nth, found: row };
  // One went and one came: as many as before. An id that was changed looks like this too.
  return missing(nth, expected);
}

const uuidOf = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
