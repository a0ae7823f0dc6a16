// Tenants that are gone together with their logs: the anchor still knows them, and nothing of the database does.
import type { Anchor } from './anchor.ts';
import type { Finding } from './chain.ts';
import { type Checkpoint, isSigned, sinceAcknowledged } from './checkpoint.ts';

export interface LostTenant {
  tenantId: string;
  /** The last that is known of its log. */
  last: Checkpoint;
  finding: Finding;
}

/**
 * But for those whose loss was acknowledged.
 * @param known ids of all tenants that there are
 */
export async function lostTenants(
  anchor: Anchor,
  known: ReadonlySet<string>,
  trustedKeys: readonly string[],
): Promise<LostTenant[]> {
  const lost: LostTenant[] = [];
  for (const tenantId of await anchor.tenants()) {
    if (known.has(tenantId)) continue;
    const standing = sinceAcknowledged(await anchor.read(tenantId), trustedKeys);
    const last = standing.findLast((one) => isSigned(one, trustedKeys));
    // Without a seal: what acknowledges that it is gone.
    if (!last || last.seals === 0n) continue;
    const message = `There is no such tenant, and on ${last.at} its log had ${last.entries} entries under ${last.seals} seals (${anchor.name}).`;
    lost.push({ tenantId, last, finding: { kind: 'cut', nth: 1n, entry: null, message } });
  }
  return lost;
}
