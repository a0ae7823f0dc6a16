// How old what a replica shows may be. It compares positions in the log and measures with the clock of this process alone: what
// the primary had at a moment that is past, and the replica has now, is at most as old as that moment.
import type { Sql } from './client.ts';
import { primaryPosition, replicaPosition } from './statements/replica.ts';

export interface ReplicaLag {
  /** Milliseconds; null: it is not known, or longer than anybody would accept. */
  lagMs(): number | null;
  /** It failed somebody: it is not known before the next look. */
  doubt(): void;
  stop(): void;
}

export interface ReplicaLagOptions {
  primary: Sql;
  replica: Sql;
  /** Moments before are forgotten. */
  maxLagMs: number;
  onChange(used: boolean, error: unknown): void;
}

/** Two short queries; a report is at least about as old as the last look. */
const LOOK_EVERY_MS = 500;

/** Begins to look at once. */
export function createReplicaLag({ primary, replica, maxLagMs, onChange }: ReplicaLagOptions): ReplicaLag {
  /** Where the primary was at which moment, oldest first. */
  let marks: { atMs: number; position: number }[] = [];
  /** A moment whose every commit the replica shows. */
  let seenMs: number | null = null;
  const beganMs = performance.now();
  let isUsed: boolean | null = null;
  let looking = false;

  const lagMs = (): number | null => {
    if (seenMs === null) return null;
    const lag = performance.now() - seenMs;
    return lag <= maxLagMs ? Math.ceil(lag) : null;
  };

  async function compare(): Promise<void> {
    const atMs = performance.now();
    // A primary that is away says nothing about the replica, which grows older by itself.
    const [own] = await primaryPosition(primary).catch(() => []);
    if (!own) return;
    const [its] = await replicaPosition(replica);
    if (!its) return;
    if (own.system !== its.system) throw new Error('it is not a replica of this database');
    if (its.position === null) throw new Error('it is not a replica, but takes writes itself');
    // A primary that took over may be at an earlier position: what was marked before is of no use then.
    marks = marks.filter(({ position }) => position <= own.position);
    marks.push({ atMs, position: own.position });
    const reached = its.position;
    const seen = marks.findLast(({ position }) => position <= reached);
    if (seen) {
      seenMs = seen.atMs;
      marks = marks.slice(marks.indexOf(seen));
    }
    while (marks[0] && marks[0].atMs < atMs - maxLagMs) marks.shift();
  }

  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    let failed: unknown = null;
    try {
      await compare();
    } catch (error) {
      failed = error;
      seenMs = null;
    }
    looking = false;
    const used = lagMs() !== null;
    // At first there is no earlier moment to compare with, and a busy primary is ahead by a moment.
    const isEarly = isUsed === null && failed === null && performance.now() - beganMs < maxLagMs;
    if (used === isUsed || (!used && isEarly)) return;
    isUsed = used;
    onChange(used, failed);
  }

  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  timer.unref();
  void look();

  return {
    lagMs,
    doubt() {
      seenMs = null;
    },
    stop: () => clearInterval(timer),
  };
}
