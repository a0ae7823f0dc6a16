// Work that is done once in a while by one process for all: every process has the loop, and the one that holds the lease works.
import type { Sql } from '../db/client.ts';
import { type Chore, isDue, keepLease, type Lease, markDone } from '../db/statements/leases.ts';
import type { Turn } from '../retention/turn.ts';
import { createLeaseHolder } from './lease.ts';
import { createLoop, type Loop } from './loop.ts';

export interface ChoreOptions {
  sql: Sql;
  chore: Chore;
  /** From the end of one round to the beginning of the next, whoever does it. */
  everyMs: number;
  /** One round. What it did stays when it is broken off, and the next round does the rest. */
  run(turn: Turn): Promise<void>;
  onError(error: unknown): void;
}

/** Between two looks whether it is due; after an error too. */
const LOOK_MS = 60_000;
/** Much longer than a step, and what is due can wait for it. */
const LEASE_MS = 120_000;
/** So often the lease is looked at, which cannot be over sooner than four times as long after the last look. */
const HOLD_AGAIN_MS = LEASE_MS / 4;

/** Another process does it now, or this one is stopping. */
class NotOurs extends Error {}

/** Told to stop, it breaks a round off before the next step. */
export function createChore({ sql, chore, everyMs, run, onError }: ChoreOptions): Loop {
  const leases = createLeaseHolder(sql, chore, LEASE_MS);
  let stopping = false;

  const due = async () => (await isDue(sql, chore, everyMs))[0]?.due ?? false;

  function turnOf(lease: Lease, askedAt: number): Turn {
    let lookedAt = askedAt;
    return {
      async goOn() {
        if (stopping) throw new NotOurs();
        const now = performance.now();
        if (now - lookedAt < HOLD_AGAIN_MS) return;
        lookedAt = now;
        if ((await leases.hold())?.fence !== lease.fence) throw new NotOurs();
      },
      async goOnWithin(sql) {
        if ((await keepLease(sql, chore, lease)).length === 0) throw new NotOurs();
      },
    };
  }

  async function round(): Promise<void> {
    if (!(await due())) return;
    const askedAt = performance.now();
    const lease = await leases.hold();
    if (lease === null) return;
    try {
      // While it was taken, another may have done it and given it up.
      if (!(await due())) return;
      await run(turnOf(lease, askedAt));
      await markDone(sql, chore, lease);
    } catch (error) {
      if (!(error instanceof NotOurs)) throw error;
    } finally {
      // Whoever failed may lack what another has.
      await leases.giveUp();
    }
  }

  const loop = createLoop({
    intervalMs: LOOK_MS,
    onError,
    async run() {
      await round();
      return false;
    },
  });
  return {
    ...loop,
    start() {
      stopping = false;
      loop.start();
    },
    async stop() {
      stopping = true;
      await loop.stop();
    },
  };
}
