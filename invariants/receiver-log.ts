// Compares what receivers got with what is recorded of it.
import type { Database } from '../db/client.ts';
import { listRunStandings, type RunStanding } from '../db/statements/invariants.ts';
import type { Tenant } from '../db/tenants.ts';
import type { Violation } from './violation.ts';

/** One request as a receiver got it. */
export interface Arrival {
  /** Its Idempotency-Key: the id of the action run. */
  key: string;
}

export async function compareWithReceiver(
  db: Database,
  tenants: readonly Tenant[],
  arrivals: readonly Arrival[],
): Promise<Violation[]> {
  const runs: RunStanding[] = [];
  for (const { id, shard } of tenants) {
    const found = await db.once<RunStanding[]>([id], (sql) => listRunStandings(sql, shard, id));
    for (const run of found) runs.push(run);
  }
  return compare(runs, arrivals);
}

/** Pure. `arrivals` are in the order they came. */
export function compare(runs: readonly RunStanding[], arrivals: readonly Arrival[]): Violation[] {
  const violations: Violation[] = [];
  const known = new Map(runs.map((run) => [run.id, run]));
  const received = new Map<string, number>();
  /** By transition: the furthest place of its list that has arrived. */
  const furthest = new Map<string, number>();
  for (const { key } of arrivals) {
    const times = (received.get(key) ?? 0) + 1;
    received.set(key, times);
    const run = known.get(key);
    if (!run) {
      violations.push({
        invariant: 'one_effect_per_key',
        id: key,
        what: 'was received and belongs to no action run',
      });
      continue;
    }
    const reached = furthest.get(run.transitionId) ?? -1;
    // A repeat counts when it went out, and that was before what stands behind it, as the record shows: of an attempt whose
    // outcome was given up as UNKNOWN, the bytes may lie in a network that was cut, and arrive last.
    if (times === 1 && run.ordinal < reached) {
      const what = `number ${run.ordinal + 1} of its list was received after number ${reached + 1}`;
      violations.push({ invariant: 'lists_in_order', id: key, what });
    }
    furthest.set(run.transitionId, Math.max(reached, run.ordinal));
  }
  for (const { id, status, started } of runs) {
    const times = received.get(id) ?? 0;
    if (times > started) {
      const what = `was received ${times} times; ${started} attempts were started`;
      violations.push({ invariant: 'ledger_is_attempts', id, what });
    }
    if (status === 'SUCCEEDED' && times === 0) {
      violations.push({ invariant: 'one_effect_per_key', id, what: 'SUCCEEDED, and was never received' });
    }
  }
  return violations;
}
