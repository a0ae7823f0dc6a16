// The engine meets the database: starting a job, sending it an event, firing its timers, cancelling it. Each is decided
// in memory and committed in one statement guarded by the job's revision; who loses the race decides again.
import type { Database } from '../db/client.ts';
import type { Clock } from '../db/clock.ts';
import type { Ids } from '../db/new-id.ts';
import { appendLog } from '../db/statements/append-log.ts';
import { findKeyHolder } from '../db/statements/job-keys.ts';
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { DueTimer } from '../db/statements/timers.ts';
import type { Tenant, Tenants } from '../db/tenants.ts';
import { tableThatHasItAlready } from '../db/violated-constraint.ts';
import type { Facts, JobEvent, Refused } from '../engine/decision.ts';
import { PawlError } from '../engine/errors.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import type { Tracing } from '../telemetry/span.ts';
import { type CancelJob, createCancellation } from './cancellation.ts';
import { createCascade } from './cascade.ts';
import { type CommitMeters, createCommitter } from './committer.ts';
import { createFiring } from './firing.ts';
import { rowOf } from './job-row.ts';
import { createJobLoader, type JobLoader } from './loader.ts';
import { createMigration, type MigrateJob } from './migration.ts';
import { createNotificationRules, type NotificationRules } from './notification-rules.ts';
import type { JobParts } from './parts.ts';
import { createQuotas } from './quotas.ts';
import { createReactions, type Reactions } from './reactions.ts';
import { createSending, type SendEvent } from './sending.ts';
import { createStarting, type StartJob } from './starting.ts';
import { createTurns } from './turns.ts';
import { createVersions, type Versions } from './versions.ts';
import type { UnitFailure, WorkInProgress } from './work-in-progress.ts';
import type { WorkingJob } from './working-job.ts';

export interface Jobs {
  readonly start: StartJob;
  readonly send: SendEvent;
  /** Ends a job where it stands. Actions of transitions already committed still go out. @throws as `send`, and `job_not_active` */
  readonly cancel: CancelJob;
  /** Has a job go on in another version of its workflow, where it stands or where the map says. Sets nothing off. */
  readonly migrate: MigrateJob;
  /** Sends a due event, or removes it when the job has moved past it. */
  fire(timer: DueTimer): Promise<void>;
  /** Does what triggers want of jobs, together with the status of the inbound event that set them off. */
  readonly reactions: Reactions;
  readonly loader: JobLoader;
  readonly versions: Versions;
  readonly notificationRules: NotificationRules;
}

export interface JobsOptions {
  db: Database;
  tenants: Tenants;
  clock: Clock;
  ids: Ids;
  /** After each commit that queued actions. */
  onQueued(shards: ReadonlySet<number>): void;
  /** After each commit, for whoever watches the job. */
  onMoved(job: { tenantId: string; jobId: string }): void;
  /** Commits in flight at once; each takes a connection. */
  concurrency: number;
  meters?: CommitMeters | undefined;
  /** Absent: no traces. */
  tracing?: Tracing | undefined;
}

const RACES_MAX = 20;
/** Of an idempotency key or of a job's key: another was first. */
const TAKEN_MEANWHILE = new Set<string | undefined>(['idempotency_keys', 'job_keys']);

export function createJobs(options: JobsOptions): Jobs {
  const { db, tenants, clock, ids, onQueued, onMoved, concurrency, meters, tracing } = options;
  const loader = createJobLoader(db, concurrency);
  const versions = createVersions(db);
  const notificationRules = createNotificationRules(db);
  const quotas = createQuotas(db);
  const committer = createCommitter({ db, onQueued, concurrency, meters });
  const inTurn = createTurns();
  const cascade = createCascade({ loader, versions, ids, factsFor, holderOfKey });
  const parts: JobParts = {
    db,
    tenants,
    loader,
    versions,
    notificationRules,
    cascade,
    clock,
    ids,
    inTurn,
    racesMax: RACES_MAX,
    existing,
    factsFor,
    holderOfKey,
    noteFailure,
    commit,
    contended,
    tracing,
  };

  async function holderOfKey(tenant: Tenant, workflowId: string, key: string): Promise<string | null> {
    const of = { tenantId: tenant.id, workflowId, key };
    const [row] = await db.once<{ jobId: string }[]>([tenant.id], (sql) =>
      findKeyHolder(sql, tenant.shard, of),
    );
    return row?.jobId ?? null;
  }

  async function existing(tenant: Tenant, jobId: string): Promise<JobRow> {
    const row = await loader.fresh(tenant, jobId);
    if (!row) throw new PawlError('NotFound', 'job_not_found', 'There is no such job.');
    return row;
  }

  async function factsFor(job: WorkingJob, eventType: string): Promise<Facts> {
    const stateValue = (job.snapshot as JsonObject).value ?? null;
    const wanted = job.version.compiled.factsFor(stateValue, eventType);
    return wanted.length === 0 ? {} : loader.facts(job.tenant, job.id, wanted);
  }

  async function noteFailure(
    job: WorkingJob,
    event: JobEvent,
    actor: string,
    failure: UnitFailure | Refused,
  ): Promise<void> {
    const data: JsonObject = { event, code: failure.code, message: failure.message };
    if (failure.kind === 'refused') data.verdicts = failure.verdicts as unknown as Json;
    else if (failure.pointer !== undefined) data.pointer = failure.pointer;
    const entry = {
      tenantId: job.tenant.id,
      subjectId: job.id,
      id: ids.next(),
      kind: failure.kind === 'refused' ? 'event_refused' : 'event_failed',
      actor,
      data,
    };
    await db.once([job.tenant.id], (sql) => appendLog(sql, job.tenant.shard, entry));
  }

  async function commit({ tenant, jobs }: WorkInProgress): Promise<boolean> {
    const changed = [...jobs.values()];
    if (changed.some(({ change }) => change.queued.length > 0)) await quotas.requireRoom(tenant);
    let moved = false;
    try {
      moved = await committer.commit({ tenant, changes: changed.map((job) => job.change) });
    } catch (error) {
      // Another request with the same Idempotency-Key, or another job with the same key, was first: begin again and find it.
      if (!TAKEN_MEANWHILE.has(tableThatHasItAlready(error))) throw error;
    } finally {
      if (!moved) {
        for (const job of changed) loader.forget(tenant, job.id);
        notificationRules.doubt(tenant.id);
      }
    }
    for (const job of moved ? changed : []) {
      loader.remember(rowOf(job));
      onMoved({ tenantId: tenant.id, jobId: job.id });
    }
    return moved;
  }

  return {
    start: createStarting(parts),
    send: createSending(parts),
    cancel: createCancellation(parts),
    migrate: createMigration(parts),
    fire: createFiring(parts),
    reactions: createReactions(parts),
    loader,
    versions,
    notificationRules,
  };
}

function contended(): PawlError {
  return new PawlError(
    'Conflict',
    'job_contended',
    'Too many others were moving this job at once. Try again.',
  );
}
