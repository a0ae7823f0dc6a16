// Which shards to claim from, and when: those that were said to have work, and no more often than a claim is worth.

export interface ReadyShards {
  /** There may be work in them. */
  add(shards: Iterable<number>): void;
  /** There is work, but no room for it: ready again as soon as a list of the shard has ended. */
  holdUp(shard: number): void;
  /** A list of the shard has ended. */
  ended(shard: number): void;
  readonly size: number;
  /** Milliseconds until one of them may be asked; 0: now; Infinity: none is ready. */
  waitMs(): number;
  /** @returns the shards to ask now, at most `max`, longest waiting first; they are no longer ready */
  take(max: number): number[];
  /** @param counts rows that each asked shard gave, of `each` wanted: one that gave any may have more */
  gave(counts: ReadonlyMap<number, number>, each: number): void;
}

export interface ReadyShardsOptions {
  /** Whether nothing is under way. */
  isIdle(): boolean;
  /** How many workers serve these shards, this one among them. */
  workers(): number;
  /** Milliseconds, of a clock that is never set. */
  now(): number;
}

/**
 * While lists are walked, a shard that gave all it had is not asked again before this, so that what arrives meanwhile shares
 * one claim and all that follows from it. The same news wakes every worker: each waits longer the more there are, so that
 * together they ask as often as one would.
 */
const ROUNDS_APART_MS = 10;
const ROUNDS_APART_MAX_MS = 100;
/** A shard that was not asked for so many rounds has nothing to share a claim with, and does not wait for a round. */
const QUIET_FOR_ROUNDS = 3;

export function createReadyShards({ isIdle, workers, now }: ReadyShardsOptions): ReadyShards {
  const ready = new Set<number>();
  const heldUp = new Set<number>();
  const askedAt = new Map<number, number>();
  let roundAt = Number.NEGATIVE_INFINITY;
  /** Some ready shards were not asked, or gave as much as was wanted. */
  let moreIsLeft = false;

  const apartMs = () => Math.min(ROUNDS_APART_MS * workers(), ROUNDS_APART_MAX_MS);
  const roundInMs = () => (moreIsLeft || isIdle() ? 0 : Math.max(0, roundAt + apartMs() - now()));

  function isQuiet(shard: number): boolean {
    const asked = askedAt.get(shard) ?? Number.NEGATIVE_INFINITY;
    return now() - asked >= QUIET_FOR_ROUNDS * apartMs();
  }

  function waitMs(): number {
    if (ready.size === 0) return Number.POSITIVE_INFINITY;
    const inMs = roundInMs();
    return inMs > 0 && [...ready].some(isQuiet) ? 0 : inMs;
  }

  return {
    add(shards) {
      for (const shard of shards) ready.add(shard);
    },
    holdUp: (shard) => void heldUp.add(shard),
    ended(shard) {
      if (heldUp.delete(shard)) ready.add(shard);
    },
    get size() {
      return ready.size;
    },
    waitMs,
    take(max) {
      const isRound = roundInMs() <= 0;
      const able = isRound ? [...ready] : [...ready].filter(isQuiet);
      const taken = able.slice(0, max);
      if (isRound) roundAt = now();
      for (const shard of taken) {
        ready.delete(shard);
        askedAt.set(shard, now());
      }
      moreIsLeft = isRound && taken.length < able.length;
      return taken;
    },
    gave(counts, each) {
      for (const [shard, count] of counts) {
        ready.add(shard);
        if (count >= each) moreIsLeft = true;
      }
    },
  };
}
