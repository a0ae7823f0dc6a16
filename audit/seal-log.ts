// Seals whatever of the log has settled. Any number of processes may do it at once: a shard is sealed by one at a time.
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../db/client.ts';
import { oldestTransaction } from '../db/statements/oldest-transaction.ts';
import { lockShard, positionNow, sealShard, shardsToSeal } from '../db/statements/seals.ts';
import { PawlError } from '../engine/errors.ts';

/** Entries sealed in one transaction: a few milliseconds, as whoever shares the processor with it waits for so long. */
export const ENTRIES_AT_ONCE = 500;

/**
 * Rests between two transactions for as long as the first took: nobody waits for seals.
 * @param db as role `pawl_sealer`
 * @param isWanted asked before each transaction
 * @returns how many entries were sealed
 * @throws PawlError Corrupt `log_position_behind`
 */
export async function sealLog(db: Database, isWanted: () => boolean = () => true): Promise<number> {
  let entries = 0;
  const known = await oldestTransaction(db);
  for (const { shard } of await db.everyShard<{ shard: number }[]>((sql) => shardsToSeal(sql, known))) {
    if (!isWanted()) break;
    let began = performance.now();
    for await (const sealed of sealing(db, shard, known)) {
      entries += sealed;
      await pause(performance.now() - began);
      if (!isWanted()) break;
      began = performance.now();
    }
  }
  return entries;
}

/** Seals a shard to its end, a stretch a transaction. Yields how many entries that was; 0 too while another sealer has it. */
export async function* sealing(db: Database, shard: number, known: string | null): AsyncGenerator<number> {
  for (let sealed = ENTRIES_AT_ONCE; sealed >= ENTRIES_AT_ONCE; ) {
    sealed = await sealOnce(db, shard, known);
    yield sealed;
  }
}

/** It may be more than asked for, as what one transaction wrote is never parted. */
async function sealOnce(db: Database, shard: number, known: string | null): Promise<number> {
  const calls = await db.serverCalls();
  return db.forTenants([], async (sql) => {
    const [[lock], [now]] = await Promise.all([lockShard(sql, shard), positionNow(sql)]);
    // Another sealer has it.
    if (!lock) return 0;
    // This server counts fewer transactions than what is sealed (see pawl_adopt_server). What another sealer has sealed
    // since `known` was asked for is ahead of that only.
    if (now && BigInt(lock.sealedTo) >= BigInt(now.position)) {
      const message =
        'The log was sealed on a server that counted more transactions. Run `pawl migrate` once.';
      throw new PawlError('Corrupt', 'log_position_behind', message);
    }
    const stretch = { sealedTo: lock.sealedTo, limit: ENTRIES_AT_ONCE, known };
    const [sealed] = await calls.onShard(shard, (tag) => sealShard(tag, shard, stretch))(sql);
    return sealed?.entries ?? 0;
  });
}
