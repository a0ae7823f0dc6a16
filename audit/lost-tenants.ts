// Tenants that are gone together with their logs: the anchor still knows them, and nothing of the database does.
import type { Anchor } from './anchor.ts';
import type { Finding } from './chain.ts';
import { isSigned } from './checkpoint.ts';

export interface LostTenant {
  tenantId: string;
  finding: Finding;
}

/** @param known ids of all tenants that there are */
export async function lostTenants(
  anchor: Anchor,
  known: ReadonlySet<string>,
  trustedKeys: readonly string[],
): Promise<LostTenant[]> {
  const lost: LostTenant[] = [];
  for (const tenantId of await anchor.tenants()) {
    if (known.has(tenantId)) continue;
    const signed = (await anchor.read(tenantId)).filter((one) => isSigned(one, trustedKeys));
    const last = signed.at(-1);
    if (!last) continue;
    const message = `There is no such tenant, and on ${last.at} its log had ${last.entries} entries under ${last.seals} seals (${anchor.name}).`;
    lost.push({ tenantId, finding: { kind: 'cut', nth: 1n, entry: null, message } });
  }
  return lost;
}
