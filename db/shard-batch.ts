// Group commit of what belongs to shards. On one Postgres, items of all shards share a run. On Citus each shard is on a server, and
// those of different shards never do: a run is one transaction on one server, and one that is away holds up no other that has a connection.
import { type Batch, type BatchOptions, createBatch } from './batch.ts';
import type { Database } from './client.ts';

export interface ShardBatchOptions<Item, Answer> extends BatchOptions<Item, Answer> {
  shardOf(item: Item): number;
}

/** @param options `maxItems` and `concurrency` are, on Citus, those of each shard */
export function createShardBatch<Item, Answer>(
  db: Pick<Database, 'isDistributed'>,
  options: ShardBatchOptions<Item, Answer>,
): Batch<Item, Answer> {
  const whole = createBatch(options);
  const ofShards = new Map<number, Batch<Item, Answer>>();
  let distributed: boolean | null = null;

  const batchOf = (item: Item): Batch<Item, Answer> => {
    if (!distributed) return whole;
    const shard = options.shardOf(item);
    const batch = ofShards.get(shard) ?? createBatch(options);
    ofShards.set(shard, batch);
    return batch;
  };

  return {
    add(item) {
      if (distributed !== null) return batchOf(item).add(item);
      return db.isDistributed().then((answer) => {
        distributed = answer;
        return batchOf(item).add(item);
      });
    },
    get size() {
      return [whole, ...ofShards.values()].reduce((sum, { size }) => sum + size, 0);
    },
  };
}
