// Stores what arrives, many requests to a commit.
import type { Batch } from '../../db/batch.ts';
import type { Database } from '../../db/client.ts';
import type { Ids } from '../../db/new-id.ts';
import { onShards } from '../../db/on-shards.ts';
import { createShardBatch } from '../../db/shard-batch.ts';
import { type Arrival, storeArrivals, storeRedeliveries } from '../../db/statements/store-inbound.ts';
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

export interface ArrivalsOptions {
  db: Database;
  ids: Ids;
  concurrency: number;
}

export function createArrivals({ db, ids, concurrency }: ArrivalsOptions): Arrivals {
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
    const again = eachDeliveryOnce(all.filter(({ id, status }) => status === 'RECEIVED' && !stored.has(id)));
    if (again.length > 0) for (const { id } of await storeAgain(again)) stored.add(id);
    return items.map(({ arrivals }) =>
      arrivals.some(({ id, status }) => status === 'RECEIVED' && stored.has(id)),
    );
  }

  const storeAgain = (known: readonly (Arrival & { shard: number })[]) =>
    onShards(
      db,
      known.map((arrival) => ({ ...arrival, logId: ids.next() })),
      (sql, shard, of) => storeRedeliveries(sql, shard, inOneOrder(of)),
    );

  return { store: (tenant, arrivals) => batch.add({ tenant, arrivals }) };
}

/** Two statements that hold the same deliveries come to them in the same order, so neither waits for the other in vain. */
function inOneOrder<A extends Arrival>(arrivals: readonly A[]): A[] {
  return arrivals
    .map((arrival) => ({ arrival, by: deliveryOf(arrival) }))
    .sort((left, right) => (left.by < right.by ? -1 : left.by > right.by ? 1 : 0))
    .map(({ arrival }) => arrival);
}

const eachDeliveryOnce = <A extends Arrival>(arrivals: readonly A[]): A[] => [
  ...new Map(arrivals.map((arrival) => [deliveryOf(arrival), arrival])).values(),
];

const deliveryOf = ({ sourceId, deliveryId }: Arrival): string => `${sourceId} ${deliveryId ?? ''}`;
