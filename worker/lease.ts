// A lease on work that one process does for all of them.
import type { Sql } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import { giveUpLease, type Lease, type Leased, takeLease } from '../db/statements/leases.ts';

export interface LeaseHolder {
  /** Takes it, or renews what is left of it. @returns null while somebody else has it */
  hold(): Promise<Lease | null>;
  giveUp(): Promise<void>;
}

/** @param leaseMs how long the work rests when its holder dies */
export function createLeaseHolder(sql: Sql, of: Leased, leaseMs: number): LeaseHolder {
  const holder = newId();
  let held: Lease | null = null;
  return {
    async hold() {
      const [taken] = await takeLease(sql, of, holder, leaseMs);
      held = taken ? { holder, fence: taken.fence } : null;
      return held;
    },
    async giveUp() {
      if (held) await giveUpLease(sql, of, held);
      held = null;
    },
  };
}
