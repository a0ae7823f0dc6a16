// Takes away the months of action runs and the weeks of inbound events that are past their time, whole: archived first if there is
// an archive. One in which something must stay is kept until it may go; the rest of it is forgotten row by row.
import type { Database } from '../db/client.ts';
import {
  dropIdPartition,
  type IdSpan,
  isQueued,
  listOldIdPartitions,
  type PartitionedById,
} from '../db/statements/old-partitions.ts';
import { listTenants } from '../db/statements/tenants.ts';
import type { Tenant } from '../db/tenants.ts';
import type { Archive } from './archive.ts';
import type { Turn } from './turn.ts';

/** What there is to know of a table whose partitions are dropped. */
export interface AgingTable {
  name: PartitionedById;
  /** Whether a tenant has something in the span that must stay. */
  holdsWanted(options: ForgetOptions, tenant: Tenant, span: IdSpan): Promise<boolean>;
  /** Writes a tenant's rows of the span down. */
  archive(options: ForgetOptions & { archive: Archive }, tenant: Tenant, span: IdSpan): Promise<void>;
}

export interface ForgetOptions {
  /** As role `pawl_worker`. */
  db: Database;
  archive: Archive | null;
  /** What ended since then stays. */
  before: Date;
  turn: Turn;
}

export interface Dropped {
  /** Names of those that are gone. */
  dropped: string[];
  /** The first of those that may go and are in use at this moment; they are left for the next time. */
  waiting: IdSpan | null;
}

/** One that holds something that must stay is neither. */
export async function dropOldIdPartitions(
  options: ForgetOptions,
  table: AgingTable,
  keepDays: number,
): Promise<Dropped> {
  const { db, archive, turn } = options;
  const dropped: string[] = [];
  let waiting: IdSpan | null = null;
  const old = await listOldIdPartitions(db.sql, table.name, keepDays);
  for (const { name, ...span } of old) {
    if (await isWanted(options, table, span)) continue;
    if (archive) {
      for (const tenant of await listTenants(db.sql)) {
        await turn.goOn();
        await table.archive({ ...options, archive }, tenant, span);
      }
      // Writing takes its time.
      if (await isWanted(options, table, span)) continue;
    }
    await turn.goOn();
    if (await drop(options, { table: table.name, name, keepDays, span })) dropped.push(name);
    else waiting ??= span;
  }
  return { dropped, waiting };
}

async function isWanted(options: ForgetOptions, table: AgingTable, span: IdSpan): Promise<boolean> {
  const tenants = await listTenants(options.db.sql);
  for (const tenant of tenants) {
    await options.turn.goOn();
    if (await table.holdsWanted(options, tenant, span)) return true;
  }
  // The rows of a tenant that was moved meanwhile may have been looked for where they were no more.
  const shards = new Map(tenants.map(({ id, shard }) => [id, shard]));
  const now = await listTenants(options.db.sql);
  return now.some(({ id, shard }) => shards.has(id) && shards.get(id) !== shard);
}

class StillQueued extends Error {}

/** Postgres cancelled the statement, as it took too long while others waited. */
const TOOK_TOO_LONG = '57014';

/**
 * A job that is over stays so, and so does an event; but a person may have sent an action once more since it was looked at.
 * That shows in the queue, which nobody can add to while the partition is being dropped.
 */
async function drop(
  { db, turn }: ForgetOptions,
  { span, ...partition }: { table: PartitionedById; name: string; keepDays: number; span: IdSpan },
): Promise<boolean> {
  const distributed = await db.isDistributed();
  try {
    return await db.forTenants([], async (sql) => {
      await sql`set local statement_timeout = '1s'`;
      await turn.goOnWithin(sql);
      const [done] = await dropIdPartition(sql, partition);
      if (!done?.dropped) return false;
      const [waiting] = await isQueued(sql, partition.table, { ...span, distributed });
      if (waiting?.queued) throw new StillQueued();
      return true;
    });
  } catch (error) {
    if (error instanceof StillQueued || (error as { code?: string }).code === TOOK_TOO_LONG) return false;
    throw error;
  }
}
