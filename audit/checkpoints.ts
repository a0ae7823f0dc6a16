// Signs the heads of the chains that grew, and writes them to the anchor.
import type { Database } from '../db/client.ts';
import { type HeadRow, headsToCheckpoint, insertCheckpoint } from '../db/statements/checkpoints.ts';
import { listTenantsAfter } from '../db/statements/tenants.ts';
import type { Anchor } from './anchor.ts';
import type { Signer } from './checkpoint.ts';

export interface CheckpointOptions {
  /** As role `pawl_sealer`. */
  db: Database;
  signer: Signer;
  anchor: Anchor;
  /** Between two checkpoints of a tenant, at least. */
  minutes: number;
}

const TENANTS_AT_ONCE = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * Anchored before it is shown: what the table has is kept elsewhere already. Two processes that do it at once write the
 * same twice. One that cannot be written does not hold up the others. @returns how many were written
 * @throws the first error, when all were tried
 */
export async function writeCheckpoints({ db, signer, anchor, minutes }: CheckpointOptions): Promise<number> {
  async function keep(shard: number, { tenantId, seq, entries, hash: head, now }: HeadRow): Promise<void> {
    const checkpoint = signer.sign({ tenantId, seals: BigInt(seq), entries: BigInt(entries), head }, now);
    await anchor.write(checkpoint);
    const { at, publicKey, signature } = checkpoint;
    const row = { tenantId, seq, entries, head, at, publicKey, signature, anchor: anchor.name };
    await insertCheckpoint(db.sql, shard, row);
  }

  let written = 0;
  const errors: unknown[] = [];
  for (let after = BEFORE_ALL; ; ) {
    const tenants = await listTenantsAfter(db.sql, { after, limit: TENANTS_AT_ONCE });
    for (const [shard, those] of Map.groupBy(tenants, (tenant) => tenant.shard)) {
      const tenantIds = those.map(({ id }) => id);
      for (const head of await headsToCheckpoint(db.sql, shard, { minutes, tenantIds })) {
        await keep(shard, head).then(
          () => written++,
          (error) => errors.push(error),
        );
      }
    }
    if (tenants.length < TENANTS_AT_ONCE) break;
    after = tenants.at(-1)?.id ?? BEFORE_ALL;
  }
  if (errors.length > 0) throw errors[0];
  return written;
}
