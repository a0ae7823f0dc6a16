// What a worker's metrics say of the whole installation, remembered for a few seconds: however many look, the database is
// asked once.
import type { Database } from '../db/client.ts';
import { storedWork, storedWorkOnServers } from '../db/statements/stored-work.ts';
import type { StoredWork } from '../telemetry/metrics.ts';

/** Shorter than the interval at which anybody scrapes. */
const REMEMBERED_FOR_MS = 5_000;

export function createStoredWork(
  db: Database,
  of: { shards: readonly number[]; leaseMs: number },
): () => Promise<StoredWork> {
  let last: { at: number; answer: Promise<StoredWork> } | null = null;
  return () => {
    const now = performance.now();
    if (last !== null && now - last.at < REMEMBERED_FOR_MS) return last.answer;
    const asked = { at: now, answer: read(db, of) };
    last = asked;
    // A failure is not remembered: the database may be back at the next look.
    asked.answer.catch(() => {
      if (last === asked) last = null;
    });
    return asked.answer;
  };
}

async function read(db: Database, of: { shards: readonly number[]; leaseMs: number }): Promise<StoredWork> {
  const [row] = (await db.isDistributed())
    ? await storedWorkOnServers(db.sql, of)
    : await storedWork(db.sql, of);
  if (!row) throw new Error('the database did not say how much there is to do');
  const { due, scheduled, parked, claimed, oldestDueS } = row;
  return {
    queue: { due, scheduled, parked, claimed, oldestDueS },
    timers: { due: row.timersDue, scheduled: row.timersScheduled, oldestDueS: row.oldestTimerS },
    inbound: { waiting: row.inbound, oldestS: row.oldestInboundS },
    workers: { living: row.living, lastSignS: row.lastSignS },
    postgres:
      row.xminAge === null ? null : { xminAge: row.xminAge, oldestTransactionS: row.oldestTransactionS ?? 0 },
  };
}
