// After a restore the log lacks what checkpoints know of it. An operator says so once, by name and with the reason, in a
// signed checkpoint of its own, from which verifying goes on.
import type { Database } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import { appendLog } from '../db/statements/append-log.ts';
import { type HeadRow, headsOf } from '../db/statements/read-seals.ts';
import type { Tenant } from '../db/tenants.ts';
import { PawlError } from '../engine/errors.ts';
import type { Anchor } from './anchor.ts';
import type { Finding, Verified } from './chain.ts';
import {
  type Acknowledgement,
  type ChainHead,
  type Checkpoint,
  presentAcknowledgement,
  type Signer,
  sinceAcknowledged,
} from './checkpoint.ts';
import { lostTenants } from './lost-tenants.ts';
import { verifyShard } from './verify.ts';

export interface AcknowledgeOptions {
  /** As role `pawl_operator`. */
  db: Database;
  signer: Signer;
  anchor: Anchor;
  trustedKeys: readonly string[];
  /** As for verifying. */
  keptSince: Date;
}

export interface Gap extends Pick<Acknowledgement, 'firstEntry' | 'lastEntry' | 'until'> {
  /** Null: it is gone together with its log. */
  tenant: Tenant | null;
  /** Where its log goes on. */
  head: ChainHead;
}

/**
 * What checkpoints have of a tenant and its log does not; null: nothing.
 * @throws PawlError Conflict `log_altered` for what no restore does
 */
export async function findGap(options: AcknowledgeOptions, tenant: Tenant): Promise<Gap | null> {
  const { db, anchor, trustedKeys } = options;
  const checkpoints = await anchor.read(tenant.id);
  const { finding } = await verifyTenant(options, tenant, checkpoints);
  if (finding === null) return null;
  if (finding.kind !== 'cut' && finding.kind !== 'rewritten') throw altered(tenant, finding);
  const itself = await verifyTenant(options, tenant, []);
  if (itself.finding !== null) throw altered(tenant, itself.finding);

  const standing = sinceAcknowledged(checkpoints, trustedKeys);
  const seals = standing.map((one) => String(one.seals));
  const heads = await db.once<HeadRow[]>([tenant.id], (sql) =>
    headsOf(sql, tenant.shard, { tenantId: tenant.id, seals }),
  );
  const headAt = new Map(heads.map(({ seals, head }) => [BigInt(seals), head]));
  const agrees = (one: Checkpoint) => one.seals === 0n || headAt.get(one.seals) === one.head;
  const lost = standing.filter((one) => !agrees(one));
  const before = standing.filter((one) => agrees(one) && lost.every(({ seals }) => one.seals < seals));
  const largest = (counts: readonly bigint[]) => counts.reduce((a, b) => (a > b ? a : b), 0n);
  return {
    tenant,
    head: { tenantId: tenant.id, seals: itself.seals, entries: itself.entries, head: itself.head ?? '' },
    firstEntry: largest(before.map(({ entries }) => entries)) + 1n,
    lastEntry: largest(lost.map(({ entries }) => entries)),
    until: lost.map(({ at }) => at).reduce((a, b) => (a > b ? a : b)),
  };
}

/** Of tenants that are gone together with their logs: made after the backup. @param known ids of all that there are */
export async function findLost(
  { anchor, trustedKeys }: Pick<AcknowledgeOptions, 'anchor' | 'trustedKeys'>,
  known: ReadonlySet<string>,
): Promise<Gap[]> {
  return (await lostTenants(anchor, known, trustedKeys)).map(({ tenantId, last: { entries, at } }) => ({
    tenant: null,
    head: { tenantId, seals: 0n, entries: 0n, head: '' },
    firstEntry: 1n,
    lastEntry: entries,
    until: at,
  }));
}

/** Says it in the log of the tenant first, for its own people to see, and then where verifying reads it. */
export async function acknowledge(
  { db, signer, anchor }: AcknowledgeOptions,
  { tenant, head, firstEntry, lastEntry, until }: Gap,
  { by, reason }: Pick<Acknowledgement, 'by' | 'reason'>,
): Promise<void> {
  const acknowledgement = { firstEntry, lastEntry, until, by: oneLine(by), reason: oneLine(reason) };
  if (tenant !== null) {
    const entry = {
      tenantId: tenant.id,
      subjectId: tenant.id,
      id: newId(),
      kind: 'tenant.log_gap_acknowledged',
      actor: 'operator',
      data: presentAcknowledgement(acknowledgement),
    };
    await db.once([tenant.id], (sql) => appendLog(sql, tenant.shard, entry));
  }
  await anchor.write(signer.sign(head, new Date(), acknowledgement));
}

/** What is signed is written in lines. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

async function verifyTenant(
  { db, trustedKeys, keptSince }: AcknowledgeOptions,
  { id, shard }: Tenant,
  checkpoints: readonly Checkpoint[],
): Promise<Verified> {
  const of = { db, shard, tenantId: id, from: null, tenantIds: [id], trustedKeys, keptSince };
  const [verified] = await verifyShard({ ...of, checkpointsOf: async () => checkpoints });
  return verified as Verified;
}

const altered = ({ slug }: Tenant, { message }: Finding): PawlError =>
  new PawlError(
    'Conflict',
    'log_altered',
    `The log of ${slug} is not what was sealed, and no restore does that: ${message}`,
  );
