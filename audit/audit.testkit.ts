// Sealing as tests want it: what was written is sealed, whatever else the server is doing.
import type { Database } from '../db/client.ts';
import { until } from '../worker/worker.testkit.ts';
import { sealLog } from './seal-log.ts';

/**
 * Seals until nothing waits: transactions of other databases of the server hold sealing up while they write.
 * @returns how many entries were sealed
 */
export async function sealEverything(db: Database): Promise<number> {
  let sealed = 0;
  await until('everything is sealed', async () => {
    sealed += await sealLog(db);
    const [row] = await db.sql`
      select count(*)::integer as waiting from event_log e join event_log_sealers s on s.shard = e.shard
      where e.position > s.sealed_to`;
    return row?.waiting === 0;
  });
  return sealed;
}
