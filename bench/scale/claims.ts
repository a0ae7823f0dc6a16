// The worker's own claim, timed and counted in blocks; what it takes is given back between two claims.
import type { Sql } from 'postgres';
import { v7 } from 'uuid';
import { connect } from '../../db/client.ts';
import { claim } from '../../db/statements/claim.ts';
import { handBack, registerWorker, removeWorker } from '../../db/statements/workers.ts';
import { median, nowMs } from '../measure.ts';
import type { SeededTenant } from '../seed.ts';
import type { Workbench } from '../workbench.ts';

export interface ClaimCost {
  ms: number;
  /** Of tables and indexes, for one claim. */
  blocks: number;
}

const CLAIM_SIZE = 64;

/** On each tenant's shard in turn. Nobody else may be at work on this database. */
export async function claimCost(
  { database }: Workbench,
  tenants: readonly SeededTenant[],
  claims: number,
): Promise<ClaimCost> {
  const options = { url: database.url, poolMax: 1, applicationName: 'pawl bench claims' };
  const db = connect({ ...options, role: 'pawl_worker' });
  try {
    const workerId = v7();
    await registerWorker(db.sql, { id: workerId, name: 'bench', version: 'bench', shards: [] });
    const took: number[] = [];
    const blocks: number[] = [];
    for (let i = 0; i < claims; i++) {
      const { shard } = (tenants[i % tenants.length] as SeededTenant).tenant;
      const most = { limit: CLAIM_SIZE, laneMax: CLAIM_SIZE, tenantMax: CLAIM_SIZE };
      await db.sql`select pg_stat_force_next_flush()`;
      const before = await blocksTouched(database.sql);
      const startedAt = nowMs();
      const rows = await claim(db, [{ workerId, shard, ...most, lanes: [], tenants: [] }]);
      took.push(nowMs() - startedAt);
      await db.sql`select pg_stat_force_next_flush()`;
      blocks.push((await blocksTouched(database.sql)) - before);
      await handBack(db.sql, shard, workerId, { rows, delayMs: 0 });
    }
    await removeWorker(db.sql, workerId);
    return { ms: median(took), blocks: median(blocks) };
  } finally {
    await db.close();
  }
}

async function blocksTouched(sql: Sql): Promise<number> {
  const [row] = await sql<{ blocks: number }[]>`
    select sum(coalesce(heap_blks_read, 0) + coalesce(heap_blks_hit, 0) + coalesce(idx_blks_read, 0)
      + coalesce(idx_blks_hit, 0))::float8 as blocks
    from pg_statio_user_tables`;
  return row?.blocks ?? Number.NaN;
}
