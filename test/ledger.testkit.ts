// Rows of the ledger without sends, and the moment from which everything that was written is there for whoever reads by
// transactions.
import type { Sql } from 'postgres';
import { v7 } from 'uuid';
import type { Tenant } from '../db/tenants.ts';
import { until } from '../worker/worker.testkit.ts';

/**
 * Resolves when no transaction runs that began before now. One in another database of the server counts as well: until it
 * ends, what the tests wrote is not sealed, settled, or exported.
 */
export async function everybodyHasEnded(sql: Sql): Promise<void> {
  const [now] = await sql`select pg_current_xact_id()::text as id`;
  await until('every transaction has ended that ran', async () => {
    const [row] = await sql`select pg_snapshot_xmin(pg_current_snapshot()) > ${now?.id}::text::xid8 as ended`;
    return row?.ended;
  });
}

/** As a worker would have recorded them. */
export async function recordUsage(sql: Sql, { id, shard }: Tenant, count: number): Promise<void> {
  await sql`
    insert into utility_ledger (shard, tenant_id, attempt_id, kind, quantity, outcome, provider, request_bytes,
      response_bytes)
    select ${shard}, ${id}, i::uuid, 'WebhookEgress', 1, 'succeeded', 'generic_rest', 1, 2
    from unnest(${Array.from({ length: count }, () => v7())}::text[]) as i`;
  await everybodyHasEnded(sql);
}
