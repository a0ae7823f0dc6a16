// A page of a list that is filtered by what no index holds: looks through what is stored a stretch at a time, and gives what it
// found once it has looked for long enough. So a list answers, whatever is stored and however little of it fits.
import { writeCursor } from './routing.ts';

/** What stands between one page and the next: where its list has a row. An id, for lists in the order of ids. */
type Place = string;

export interface LookThrough<Row> {
  /** Rows on a page. */
  limit: number;
  /** The place the page begins after; null: at the newest. */
  before: Place | null;
  /** The next rows that fit, `limit` at most, out of one stretch that begins after `before`. */
  list(asked: { before: Place | null; limit: number; look: number }): Promise<readonly Row[]>;
  /** The place that stretch ended with; undefined: there was no more to look at. */
  endOfLook(asked: { before: Place | null; limit: number; look: number }): Promise<Place | undefined>;
  /** Where a row is; its id, unless another order is said here. */
  placeOf?(row: Row): Place;
  /** Rows in a stretch, where they are dearer to look at than others. */
  look?: number;
}

/** Ids in a stretch: some ten milliseconds. */
const LOOK = 20_000;
/** A person waits this long for a page that is not full. */
const LOOKING_MS = 1_000;

/**
 * A page as `pageOf` makes it. One that is not full may have a `next_cursor`: what comes after it has not been looked at.
 * @param now milliseconds; for tests
 */
export async function lookThrough<Row extends { id: string }, Item>(
  { limit, before, list, endOfLook, placeOf = ({ id }) => id, look = LOOK }: LookThrough<Row>,
  present: (row: Row) => Item,
  now: () => number = () => performance.now(),
): Promise<{ items: Item[]; next_cursor: string | null }> {
  const until = now() + LOOKING_MS;
  const found: Row[] = [];
  let from = before;
  for (;;) {
    const asked = { before: from, limit: limit + 1 - found.length, look };
    found.push(...(await list(asked)));
    if (found.length > limit) {
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items: items.map(present), next_cursor: last ? writeCursor([placeOf(last)]) : null };
    }
    const end = await endOfLook(asked);
    if (end === undefined) return { items: found.map(present), next_cursor: null };
    if (now() >= until) return { items: found.map(present), next_cursor: writeCursor([end]) };
    from = end;
  }
}
