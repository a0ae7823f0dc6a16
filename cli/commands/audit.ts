// `pawl audit`: proves that the log is what was written, or names the first entry that is not.
import { createFileAnchor } from '../../audit/anchor.ts';
import type { Finding, Verified } from '../../audit/chain.ts';
import { type Checkpoint, keyIdOf } from '../../audit/checkpoint.ts';
import { lostTenants } from '../../audit/lost-tenants.ts';
import { daysAgo } from '../../audit/verifications.ts';
import { verifyShard } from '../../audit/verify.ts';
import { configFromEnvironment } from '../../config/environment.ts';
import { allTenants, findTenant } from '../../db/operator.ts';
import type { Tenant } from '../../db/tenants.ts';
import { openAuditKeys } from '../../processes/audit.ts';
import { acknowledgeGaps } from '../audit/acknowledge.ts';
import { type Command, readArgs, subcommandOf, timeOption } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  help: `
Usage: pawl audit verify [--tenant <id or slug>] [--from <time>] [--checkpoints <directory>]
                         [--kept-since <time>]
       pawl audit acknowledge (--tenant <id or slug> | --all) --by <who> --reason <why> [--yes]
       pawl audit keys

verify  Reads the log and its seals, compares them with each other and with the signed checkpoints, and prints a line for
        each tenant. If a log is not what was sealed, it names the first entry that is wrong, and the exit status is 1.
        --from         only what was sealed since, such as 2026-01-31
        --checkpoints  a directory that checkpoints were copied to, instead of AUDIT_ANCHOR
        --kept-since   nothing since then may be gone; default: EVENT_LOG_RETENTION_DAYS ago
acknowledge
        For after a restore: shows which entries the checkpoints know and the logs do not have. With --yes it signs who
        answers for that, and why. From then on verify accepts the gap, and shows it each time. It needs AUDIT_SIGNING_KEY
        and write access to AUDIT_ANCHOR.
        --all          every tenant with a gap, and tenants that are gone together with their logs
keys    The public key that signs checkpoints, and those that are trusted beside it (AUDIT_TRUSTED_KEYS).`,
  async run(args) {
    const { name, rest } = subcommandOf(args, ['verify', 'acknowledge', 'keys']);
    return { verify, acknowledge: acknowledgeGaps, keys }[name](rest);
  },
};

async function verify(args: string[]): Promise<number> {
  const { values } = readArgs(args, {
    tenant: { type: 'string' },
    from: { type: 'string' },
    checkpoints: { type: 'string' },
    'kept-since': { type: 'string' },
  });
  const from = values.from === undefined ? null : timeOption(values.from, 'from');
  return asOperator(async (db, config) => {
    const given = values['kept-since'];
    const keptSince =
      given === undefined ? daysAgo(config.retention.eventLogDays) : timeOption(given, 'kept-since');
    const keys = await openAuditKeys(config);
    try {
      const anchor = values.checkpoints === undefined ? keys.anchor : createFileAnchor(values.checkpoints);
      if (!anchor)
        console.error(
          'There are no checkpoints to compare with, so it stays unseen if the end of a log was cut off (AUDIT_SIGNING_KEY, AUDIT_ANCHOR).',
        );
      const wanted = values.tenant === undefined ? null : await findTenant(db, values.tenant);
      const tenants = wanted ? [wanted] : await allTenants(db);
      let [whole, restored] = [true, false];
      for (const [shard, own] of Map.groupBy(tenants, (tenant) => tenant.shard)) {
        const verified = await verifyShard({
          db,
          shard,
          tenantId: wanted?.id ?? null,
          from,
          tenantIds: own.map(({ id }) => id),
          checkpointsOf: async (tenantId) => (await anchor?.read(tenantId)) ?? [],
          trustedKeys: keys.trustedKeys,
          keptSince,
        });
        for (const one of verified) {
          console.log(lineOf(one, tenants));
          for (const checkpoint of one.acknowledged) console.log(acknowledgedLine(checkpoint));
          if (one.finding) whole = false;
          if (one.finding?.kind === 'cut' || one.finding?.kind === 'rewritten') restored = true;
        }
      }
      if (anchor && !wanted) {
        const known = new Set(tenants.map(({ id }) => id));
        for (const { tenantId, finding } of await lostTenants(anchor, known, keys.trustedKeys)) {
          console.log(findingLine(tenantId, finding));
          [whole, restored] = [false, true];
        }
      }
      if (restored) console.error('If a backup was restored, see `pawl audit acknowledge --help`.');
      return whole ? 0 : 1;
    } finally {
      await keys.close();
    }
  });
}

function lineOf(
  { tenantId, entries, dropped, seals, checkpoints, finding }: Verified,
  tenants: Tenant[],
): string {
  const slug = tenants.find(({ id }) => id === tenantId)?.slug ?? tenantId;
  if (finding) return findingLine(slug, finding);
  const gone = dropped > 0n ? ` (${dropped} of them dropped by retention)` : '';
  return `${slug.padEnd(20)}  whole  ${entries} entries${gone} under ${seals} seals, ${checkpoints} checkpoints agree`;
}

/** Below the line of its tenant. */
const acknowledgedLine = ({ at, acknowledges: gap }: Checkpoint): string =>
  `${' '.repeat(20)}  acknowledged by ${gap?.by} on ${at}: ${gap?.reason} (entries ${gap?.firstEntry} to ${gap?.lastEntry}, until ${gap?.until})`;

const findingLine = (slug: string, { kind, nth, message }: Finding): string =>
  `${slug.padEnd(20)}  ${kind.toUpperCase()}  entry ${nth}: ${message}`;

async function keys(args: string[]): Promise<number> {
  readArgs(args, {});
  const { trustedKeys, close } = await openAuditKeys(configFromEnvironment());
  for (const key of trustedKeys) console.log(`${keyIdOf(key)}  ${key}`);
  if (trustedKeys.length === 0) console.error('AUDIT_SIGNING_KEY is not set.');
  await close();
  return trustedKeys.length === 0 ? 1 : 0;
}
