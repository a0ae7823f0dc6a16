// What must hold of a tenant after any fault: checked by the demo, by fault tests and by whoever wonders after an
// incident. An empty answer means that everything holds.
import type { Database } from '../db/client.ts';
import {
  attemptsNotMetered,
  type Broken,
  deliveriesWithoutRun,
  keysOfNobody,
  listsWithoutWork,
  orphanLeases,
  runsNobodyWillTake,
  runsOutOfOrder,
} from '../db/statements/invariants.ts';
import type { Tenant } from '../db/tenants.ts';
import { type Arrival, compareWithReceiver } from './receiver-log.ts';
import { replayJobs } from './replay.ts';
import type { Violation } from './violation.ts';

export interface InvariantCheck {
  /** As role `pawl_operator`. */
  db: Database;
  tenants: readonly Tenant[];
  /**
   * Everything that the tenants' receivers got, in the order they got it. Without it, what the wire says is not checked.
   */
  arrivals?: readonly Arrival[];
}

const STORED = [
  ['runs_terminal_or_scheduled', runsNobodyWillTake],
  ['runs_terminal_or_scheduled', listsWithoutWork],
  ['lists_in_order', runsOutOfOrder],
  ['ledger_is_attempts', attemptsNotMetered],
  ['no_orphan_lease', orphanLeases],
  ['keys_held', keysOfNobody],
  ['deliveries_have_runs', deliveriesWithoutRun],
] as const;

/** Best called when nothing is under way; what is under way is allowed for, but may change between two looks. */
export async function checkInvariants({ db, tenants, arrivals }: InvariantCheck): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const tenant of tenants) {
    for (const [invariant, query] of STORED) {
      const broken = await db.once<Broken[]>([tenant.id], (sql) => query(sql, tenant.shard, tenant.id));
      violations.push(...broken.map(({ id, what }) => ({ invariant, id, what })));
    }
    violations.push(...(await replayJobs(db, tenant)));
  }
  if (arrivals) violations.push(...(await compareWithReceiver(db, tenants, arrivals)));
  return violations;
}
