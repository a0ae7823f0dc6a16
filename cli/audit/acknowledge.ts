// `pawl audit acknowledge`: shows what a restore took from the log, and signs that somebody answers for it.
import {
  type AcknowledgeOptions,
  acknowledge,
  findGap,
  findLost,
  type Gap,
} from '../../audit/acknowledge.ts';
import { daysAgo } from '../../audit/verifications.ts';
import type { Config } from '../../config/config.ts';
import type { Database } from '../../db/client.ts';
import { allTenants, noSuchTenant } from '../../db/operator.ts';
import { PawlError } from '../../engine/errors.ts';
import { openAuditKeys } from '../../processes/audit.ts';
import { readArgs, required, UsageError } from '../command.ts';
import { asOperator } from '../operator.ts';

export async function acknowledgeGaps(args: string[]): Promise<number> {
  const { values } = readArgs(args, {
    tenant: { type: 'string' },
    all: { type: 'boolean', default: false },
    by: { type: 'string' },
    reason: { type: 'string' },
    yes: { type: 'boolean', default: false },
  });
  if (values.all === (values.tenant !== undefined)) throw new UsageError('Say either --tenant or --all.');
  const by = required(values.by, 'by');
  const reason = required(values.reason, 'reason');
  if (by.trim() === '' || reason.trim() === '') throw new UsageError('--by and --reason must not be empty.');
  return withAnchor(async (options) => {
    const gaps = await gapsOf(options, values.tenant);
    for (const gap of gaps) console.log(lineOf(gap));
    if (gaps.length === 0) {
      console.log('Every log has what its checkpoints say: there is nothing to acknowledge.');
      return 0;
    }
    if (!values.yes) {
      console.error(
        'Nothing was written yet. If a restore did this, and nothing else, run it again with --yes.',
      );
      return 1;
    }
    for (const gap of gaps) await acknowledge(options, gap, { by, reason });
    console.log(`Acknowledged by ${by}. \`pawl audit verify\` goes on from here.`);
    return 0;
  });
}

/** @param wanted id or slug of one tenant; default: of all */
async function gapsOf(options: AcknowledgeOptions, wanted: string | undefined): Promise<Gap[]> {
  const isWanted = (...names: string[]) => wanted === undefined || names.includes(wanted);
  const tenants = await allTenants(options.db);
  const there = tenants.filter(({ id, slug }) => isWanted(id, slug));
  const lost = await findLost(options, new Set(tenants.map(({ id }) => id)));
  const gone = lost.filter(({ head }) => isWanted(head.tenantId));
  if (wanted !== undefined && there.length + gone.length === 0) throw noSuchTenant(wanted);
  const gaps: Gap[] = [];
  for (const tenant of there) {
    const gap = await findGap(options, tenant);
    if (gap !== null) gaps.push(gap);
  }
  return [...gaps, ...gone];
}

function withAnchor(run: (options: AcknowledgeOptions) => Promise<number>): Promise<number> {
  return asOperator(async (db: Database, config: Config) => {
    const { signer, anchor, trustedKeys, close } = await openAuditKeys(config);
    try {
      if (signer === null || anchor === null) throw notAnchored();
      const keptSince = daysAgo(config.retention.eventLogDays);
      return await run({ db, signer, anchor, trustedKeys, keptSince });
    } finally {
      await close();
    }
  });
}

const lineOf = ({ tenant, head, firstEntry, lastEntry, until }: Gap): string =>
  tenant === null
    ? `${head.tenantId}  the tenant is gone; at ${until} its log had ${lastEntry} entries`
    : `${tenant.slug.padEnd(20)}  entries ${firstEntry} to ${lastEntry}, as they were at ${until}, are not in the log any more; it has ${head.entries} entries now`;

const notAnchored = (): PawlError =>
  new PawlError(
    'Unavailable',
    'audit_not_anchored',
    'No checkpoints are kept here, so there is nothing to acknowledge: AUDIT_SIGNING_KEY and AUDIT_ANCHOR are not both set.',
  );
