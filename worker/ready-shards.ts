// Which shards to claim from, and when: those that are said to have something, and no more often than is worth a claim.

export interface ReadyShards {
  /** Something may be claimable there. */
  add(shards: Iterable<number>): void;
  /** Something may be, as soon as a list of the shard has ended: there is no room for more of it now. */
  holdUp(shard: number): void;
  /** A list of the shard has ended. */
  ended(shard: number): void;
  readonly size: number;
  /** Milliseconds until one of them may be asked; 0: now; Infinity: there is none. */
  waitMs(): number;
  /** @returns whom to ask now, at most `max`, those that wait longest first; they are ready no more */
  take(max: number): number[];
  /** What those gave that were asked, of which `each` was asked for: who gave something may have more. */
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
 * While lists are walked, a shard that gave all it had is not asked again before this: what arrives meanwhile shares a claim,
 * and all that follows from it, instead of having one each. Several workers are woken by the same news: each waits for as much
 * longer as there are of them, so that together they ask as often as one would.
 */
const ROUNDS_APART_MS = 10;
const ROUNDS_APART_MAX_MS = 100;
/** One that was not asked for so many rounds has nothing that could share a claim: it does not wait for those that have. */
const QUIET_FOR_ROUNDS = 3;

export function createReadyShards({ isIdle, workers, now }: ReadyShardsOptions): ReadyShards {
  const ready = new Set<number>();
  const heldUp = new Set<number>();
  const askedAt = new Map<number, number>();
  let roundAt = Number.NEGATIVE_INFINITY;
  /** Some of what was ready was not asked, or gave as much as it was asked for. */
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
