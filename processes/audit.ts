// What keeps the audit provable, beside a worker: seals the log, writes checkpoints, verifies now and then, and takes away
// the months that are past their time.
import { join } from 'node:path';
import { type Anchor, createFileAnchor } from '../audit/anchor.ts';
import { createSigner, type Signer } from '../audit/checkpoint.ts';
import { writeCheckpoints } from '../audit/checkpoints.ts';
import { createS3Anchor } from '../audit/s3-anchor.ts';
import { sealLog } from '../audit/seal-log.ts';
import { verifyNextShard } from '../audit/verifications.ts';
import type { Config } from '../config/config.ts';
import { connect } from '../db/client.ts';
import { createSender } from '../egress/sender.ts';
import { type Archive, createArchive } from '../retention/archive.ts';
import { dropOldPartitions } from '../retention/drop-partitions.ts';
import type { AuditTask, Metrics } from '../telemetry/metrics.ts';
import { readOrCreateDevKey } from '../vault/dev-key.ts';
import { createChore } from '../worker/chores.ts';
import { createLoop, type Loop } from '../worker/loop.ts';
import { closeAll } from './close-all.ts';
import { operatorsPolicy } from './operators-policy.ts';
import type { ProcessOptions } from './process-options.ts';
import { USER_AGENT } from './version.ts';

/** Sealing, and what is done now and then, do not wait for each other. */
export const AUDIT_POOL_MAX = 2;
const LOOK_FOR_CHECKPOINTS_MS = 60_000;
const LOOK_FOR_VERIFICATIONS_MS = 5_000;
const LOOK_FOR_OLD_PARTITIONS_MS = 3_600_000;

export interface AuditKeys {
  signer: Signer | null;
  /** Null: checkpoints are kept nowhere. */
  anchor: Anchor | null;
  trustedKeys: readonly string[];
  close(): Promise<void>;
}

/** The key and the anchor of the configuration; without DATABASE_URL those of development, in `config.directory`. */
export async function openAuditKeys({ audit, development, directory }: Config): Promise<AuditKeys> {
  const seed =
    audit.signingKey ??
    (development ? (await readOrCreateDevKey(join(directory, 'audit-key'))).hex : undefined);
  const signer = seed === undefined ? null : createSigner(seed);
  const trustedKeys = [...(signer ? [signer.publicKey] : []), ...audit.trustedKeys];
  const { anchor, anchorEndpoint: endpoint } = audit;
  if (anchor?.kind === 's3') {
    const sender = createSender({ policy: operatorsPolicy(endpoint), userAgent: USER_AGENT });
    const { bucket, prefix } = anchor;
    const s3 = { bucket, prefix, send: sender.send, ...(endpoint === undefined ? {} : { endpoint }) };
    return { signer, anchor: await createS3Anchor(s3), trustedKeys, close: sender.close };
  }
  const path = anchor?.path ?? (development ? join(directory, 'checkpoints') : undefined);
  const files = path === undefined ? null : createFileAnchor(path);
  return { signer, anchor: files, trustedKeys, close: async () => {} };
}

export const archiveOf = ({ retention: { archiveDirectory } }: Config): Archive | null =>
  archiveDirectory === undefined ? null : createArchive(archiveDirectory);

/** Any number of processes may do it: for each shard and each tenant the database says whose turn it is. */
export async function startAudit({
  config,
  databaseUrl,
  log,
  metrics,
}: ProcessOptions & { metrics: Pick<Metrics, 'auditFailed' | 'auditFound'> | undefined }): Promise<{
  stop(): Promise<void>;
}> {
  const failed = (task: AuditTask, message: string) => (err: unknown) => {
    metrics?.auditFailed(task);
    log.error({ err }, message);
  };

  const db = connect({
    url: databaseUrl,
    role: 'pawl_sealer',
    poolMax: AUDIT_POOL_MAX,
    applicationName: 'pawl audit',
  });
  const opened: (() => unknown)[] = [() => db.close()];
  try {
    const keys = await openAuditKeys(config);
    opened.push(keys.close);
    const { sealIntervalMs, checkpointMinutes, verifyHours } = config.audit;
    const { signer, anchor, trustedKeys } = keys;
    if (!signer || !anchor)
      log.warn(
        'no checkpoints of the log are kept: whoever can write to the database can cut it off unseen (AUDIT_SIGNING_KEY, AUDIT_ANCHOR)',
      );
    let stopping = false;
    const loops: Loop[] = [
      createLoop({
        intervalMs: sealIntervalMs,
        onError: failed('seal', 'the log could not be sealed'),
        async run() {
          await sealLog(db, () => !stopping);
          return false;
        },
      }),
    ];
    if (signer && anchor) {
      const minutes = checkpointMinutes;
      loops.push(
        createLoop({
          intervalMs: LOOK_FOR_CHECKPOINTS_MS,
          onError: failed('checkpoint', 'checkpoints of the log could not be written'),
          async run() {
            await writeCheckpoints({ db, signer, anchor, minutes });
            return false;
          },
        }),
      );
    }
    if (verifyHours > 0) {
      loops.push(
        createLoop({
          intervalMs: LOOK_FOR_VERIFICATIONS_MS,
          onError: failed('verify', 'the log could not be verified'),
          run: () =>
            verifyNextShard({
              db,
              anchor,
              trustedKeys,
              hours: verifyHours,
              keepDays: config.retention.eventLogDays,
              onFinding(tenantId, { kind, entry, message }) {
                metrics?.auditFound();
                log.fatal({ tenant_id: tenantId, kind, entry }, message);
              },
            }),
        }),
      );
    }
    loops.push(
      createChore({
        sql: db.sql,
        chore: 'log_retention',
        everyMs: LOOK_FOR_OLD_PARTITIONS_MS,
        onError: failed('retention', 'old partitions of the log could not be dropped'),
        async run(turn) {
          const keepDays = config.retention.eventLogDays;
          const dropped = await dropOldPartitions({ db, keepDays, archive: archiveOf(config), turn });
          if (dropped.length > 0) log.info({ dropped }, 'months of the log were dropped, as the policy says');
        },
      }),
    );
    for (const loop of loops) loop.start();
    opened.push(async () => {
      stopping = true;
      await Promise.all(loops.map((loop) => loop.stop()));
    });
    return { stop: () => closeAll(opened, log) };
  } catch (error) {
    await closeAll(opened, log);
    throw error;
  }
}
