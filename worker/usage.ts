// Keeps the rollups and the quotas up with the ledger. Every worker has this loop; the one that holds the lease works.
import type { Database, Row } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import { tenantsOf } from '../db/on-shards.ts';
import { oldestTransaction } from '../db/statements/oldest-transaction.ts';
import { type Measurement, measureQuotas, writeMeasurements } from '../db/statements/quotas.ts';
import { settleUsage } from '../db/statements/settle-usage.ts';
import { createLeaseHolder } from './lease.ts';
import { createLoop, type Loop } from './loop.ts';

export interface UsageOptions {
  db: Database;
  onError(error: unknown): void;
}

/** How far usage and quotas may lag behind; the API adds what is not settled itself. */
const INTERVAL_MS = 1_000;
/** Who died holding the lease costs this much. */
const LEASE_MS = 15_000;
/** Rows a window should have: a second's work. */
const ROWS_MANY = 50_000;
const SPAN_MIN = 1_000;
const SPAN_MAX = 1e12;

export function createUsage({ db, onError }: UsageOptions): Loop {
  const leases = createLeaseHolder(db.sql, 'metering', LEASE_MS);
  /** Transactions in a window: few hold rows on a server that others use too. */
  let span = 10_000;

  async function run(): Promise<boolean> {
    const lease = await leases.hold();
    if (lease === null) return false;
    const known = await oldestTransaction(db);
    const settled = await db.forTenants([], (sql) => settleUsage(sql, lease, { span, known }));
    if (settled === null) return false;
    if (settled.rows > ROWS_MANY) span = Math.max(SPAN_MIN, Math.round(span / 4));
    else if (settled.rows < ROWS_MANY / 8) span = Math.min(SPAN_MAX, span * 4);
    const quotas = await db.everyShard<(Row & Measurement)[]>((sql) => measureQuotas(sql, settled.at));
    for (const [shard, measured] of Map.groupBy(quotas, (quota) => quota.shard)) await write(shard, measured);
    return settled.left > 0;
  }

  const write = (shard: number, measured: readonly Measurement[]) =>
    db.once(tenantsOf(measured), (sql) =>
      writeMeasurements(
        sql,
        shard,
        measured.map((one) => ({ ...one, entryId: newId() })),
      ),
    );

  const loop = createLoop({ intervalMs: INTERVAL_MS, onError, run });
  return {
    ...loop,
    async stop() {
      await loop.stop();
      await leases.giveUp().catch(onError);
    },
  };
}
