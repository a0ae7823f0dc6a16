// Verifies one shard after the other, now and then, and writes down what came of it.
import type { Database } from '../db/client.ts';
import {
  claimShardToVerify,
  shardsToVerify,
  storeVerifications,
  verifyAgainIn,
} from '../db/statements/checkpoints.ts';
import { movedFromOrTo } from '../db/statements/tenant-moves.ts';
import { listTenants, listTenantsOf } from '../db/statements/tenants.ts';
import type { Anchor } from './anchor.ts';
import type { Finding, Verified } from './chain.ts';
import { lostTenants } from './lost-tenants.ts';
import { verifyShard } from './verify.ts';

export interface VerificationOptions {
  /** As role `pawl_sealer`. */
  db: Database;
  /** Null: there are no checkpoints, and what they would show stays unseen. */
  anchor: Anchor | null;
  trustedKeys: readonly string[];
  /** Days that the policy keeps the log. */
  keepDays: number;
  /** Between two verifications of a shard. */
  hours: number;
  onFinding(tenantId: string, finding: Finding): void;
}

/** @returns whether there was a shard to verify */
export async function verifyNextShard(options: VerificationOptions): Promise<boolean> {
  const { db, anchor, trustedKeys, keepDays, hours, onFinding } = options;
  const shard = await claimShard(db);
  if (shard === null) return false;
  // Who came from another shard was sealed there together with others, and is verified alone; who moves, afterwards.
  const moved = new Set((await movedFromOrTo(db.sql, shard)).map(({ tenantId }) => tenantId));
  const tenantIds = (await listTenantsOf(db.sql, shard)).map(({ id }) => id);
  const checkpointsOf = async (tenantId: string) => (await anchor?.read(tenantId)) ?? [];
  const common = { db, shard, from: null, checkpointsOf, trustedKeys, keptSince: daysAgo(keepDays) };
  const staying = tenantIds.filter((id) => !moved.has(id));
  const all = await verifyShard({ ...common, tenantId: null, tenantIds: staying, without: [...moved] });
  for (const id of tenantIds.filter((one) => moved.has(one)))
    all.push(...(await verifyShard({ ...common, tenantId: id, tenantIds: [id] })));
  // Whose move began meanwhile was seen in two places, or in none.
  const underWay = new Set<string>();
  for (const { tenantId, underWay: moves } of await movedFromOrTo(db.sql, shard))
    if (moves || !moved.has(tenantId)) underWay.add(tenantId);
  const verified = all.filter(({ tenantId }) => !underWay.has(tenantId));
  for (const { tenantId, finding } of verified) if (finding) onFinding(tenantId, finding);
  await storeVerifications(db.sql, shard, verified.map(toRow));
  await verifyAgainIn(db.sql, shard, hours);
  // Of no shard: once in a round.
  if (anchor !== null && shard === 0) await findLostTenants(options, anchor);
  return true;
}

async function findLostTenants(
  { db, trustedKeys, onFinding }: VerificationOptions,
  anchor: Anchor,
): Promise<void> {
  const known = new Set((await listTenants(db.sql)).map(({ id }) => id));
  for (const { tenantId, finding } of await lostTenants(anchor, known, trustedKeys))
    onFinding(tenantId, finding);
}

async function claimShard(db: Database): Promise<number | null> {
  for (const { shard } of await shardsToVerify(db.sql)) {
    const [claimed] = await claimShardToVerify(db.sql, shard);
    if (claimed) return shard;
  }
  return null;
}

const DAY_MS = 86_400_000;

export const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);

/** As it is stored, and goes over the wire. */
export function presentFinding({ kind, nth, message, entry }: Finding) {
  const of = entry && { id: entry.id, subject_id: entry.subjectId, at: entry.at, kind: entry.kind };
  return { kind, nth: Number(nth), message, entry: of };
}

const toRow = ({ tenantId, entries, finding }: Verified) => ({
  tenantId,
  ok: finding === null,
  entries: String(entries),
  problem: finding && presentFinding(finding),
});
