// Waits until nothing is under way any more.
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../db/client.ts';
import { countUnsettled } from '../../db/statements/demo-report.ts';
import type { Tenant } from '../../db/tenants.ts';
import { PawlError } from '../../engine/errors.ts';
import { REMINDER_MS } from './machine.ts';

const LOOK_MS = 50;
/** Ten times what it takes on a slow machine. */
const SETTLED_WITHIN_MS = 25_000;

/**
 * Resolves when every list is over or waits for a person, and no event is due to any job.
 * @throws PawlError Unavailable `demo_not_settled`
 */
export async function settled(db: Database, { id, shard }: Tenant): Promise<void> {
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  while (Date.now() < deadline) {
    const [row] = await db.once<{ unsettled: number }[]>([id], (sql) =>
      countUnsettled(sql, shard, id, REMINDER_MS),
    );
    if (row?.unsettled === 0) return;
    await pause(LOOK_MS);
  }
  throw new PawlError('Unavailable', 'demo_not_settled', 'Actions were still under way after a long time.');
}
