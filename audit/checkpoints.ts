// Signs the heads of the chains that grew, and writes them to the anchor.
import type { Database } from '../db/client.ts';
import { headsToCheckpoint, insertCheckpoint } from '../db/statements/checkpoints.ts';
import type { Anchor } from './anchor.ts';
import type { Signer } from './checkpoint.ts';

export interface CheckpointOptions {
  /** As role `pawl_sealer`. */
  db: Database;
  signer: Signer;
  anchor: Anchor;
  /** Between two checkpoints of a tenant, at least. */
  minutes: number;
  now(): Date;
}

const TENANTS_AT_ONCE = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * Anchored before it is shown: what the table has is kept elsewhere already. Two processes that do it at once write the
 * same twice. @returns how many were written
 */
export async function writeCheckpoints({
  db,
  signer,
  anchor,
  minutes,
  now,
}: CheckpointOptions): Promise<number> {
  let written = 0;
  for (let after = BEFORE_ALL; ; ) {
    const tenants = await headsToCheckpoint(db.sql, { minutes, after, limit: TENANTS_AT_ONCE });
    for (const { tenantId, head } of tenants) {
      if (!head) continue;
      const { shard, seq, entries, hash } = head;
      const of = { tenantId, seals: BigInt(seq), entries: BigInt(entries), head: hash };
      const checkpoint = signer.sign(of, now());
      await anchor.write(checkpoint);
      const { at, publicKey, signature } = checkpoint;
      const row = { tenantId, seq, entries, head: hash, at, publicKey, signature, anchor: anchor.name };
      await insertCheckpoint(db.sql, shard, row);
      written++;
    }
    if (tenants.length < TENANTS_AT_ONCE) return written;
    after = tenants.at(-1)?.tenantId ?? BEFORE_ALL;
  }
}
