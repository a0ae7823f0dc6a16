// Stores what arrives, many requests to a commit.
import type { Batch } from '../../db/batch.ts';
import type { Database } from '../../db/client.ts';
import { onShards } from '../../db/on-shards.ts';
import { createShardBatch } from '../../db/shard-batch.ts';
import { type Arrival, storeArrivals } from '../../db/statements/store-inbound.ts';
import type { Tenant } from '../../db/tenants.ts';

export interface Arrivals {
  /** Resolves when they are committed. @returns whether any of them is new and to be processed */
  store(tenant: Tenant, arrivals: readonly Arrival[]): Promise<boolean>;
}

interface Item {
  tenant: Tenant;
  arrivals: readonly Arrival[];
}

/** Requests in one statement; their bodies may be large. */
const BATCH_MAX = 64;

export function createArrivals({ db, concurrency }: { db: Database; concurrency: number }): Arrivals {
  const batch: Batch<Item, boolean> = createShardBatch(db, {
    maxItems: BATCH_MAX,
    concurrency,
    shardOf: ({ tenant }) => tenant.shard,
    run: storeAll,
  });

  // Running again after an error is harmless: whatever was written is found by its id.
  async function storeAll(items: readonly Item[]): Promise<boolean[]> {
    const all = items.flatMap(({ tenant: { shard }, arrivals }) =>
      arrivals.map((arrival) => ({ ...arrival, shard })),
    );
    const rows = await onShards(db, all, (sql, shard, of) => storeArrivals(sql, shard, inOneOrder(of)));
    const stored = new Set(rows.map(({ id }) => id));
    return items.map(({ arrivals }) =>
      arrivals.some(({ id, status }) => status === 'RECEIVED' && stored.has(id)),
    );
  }

  return { store: (tenant, arrivals) => batch.add({ tenant, arrivals }) };
}

/** Two statements that hold the same deliveries come to them in the same order, so neither waits for the other in vain. */
function inOneOrder(arrivals: readonly Arrival[]): Arrival[] {
  return arrivals
    .map((arrival) => ({ arrival, by: `${arrival.sourceId} ${arrival.deliveryId ?? ''}` }))
    .sort((left, right) => (left.by < right.by ? -1 : left.by > right.by ? 1 : 0))
    .map(({ arrival }) => arrival);
}
