// A job that runs is moved to another version of its workflow: one commit, guarded by its revision, with an entry in the
// log from which the move can be replayed.
import { currentCaller } from '../db/caller.ts';
import { listTimers, type PendingTimer } from '../db/statements/job-lists.ts';
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { Tenant } from '../db/tenants.ts';
import { PawlError, type Problem } from '../engine/errors.ts';
import { type Migrated, migrate, type StateMap } from '../engine/migrate.ts';
import { rowOf } from './job-row.ts';
import { untilWon } from './one-job-change.ts';
import type { JobParts } from './parts.ts';
import type { Version } from './versions.ts';
import { type WorkingJob, workOn } from './working-job.ts';

export interface MigrateRequest {
  jobId: string;
  /** Of the same workflow as the job's. */
  versionId: string;
  stateMap: StateMap;
  actor: string;
  /** Only says whether it could be. */
  dryRun: boolean;
}

/** @throws PawlError `job_not_found`, `job_not_active`, `job_not_migratable` with a problem for each thing in the way */
export type MigrateJob = (tenant: Tenant, request: MigrateRequest) => Promise<JobRow>;

export function createMigration(parts: JobParts): MigrateJob {
  const { db, versions, notificationRules, clock, ids, existing, commit } = parts;

  async function attempt(tenant: Tenant, request: MigrateRequest): Promise<JobRow | null> {
    const row = await existing(tenant, request.jobId);
    if (row.status !== 'ACTIVE') {
      throw new PawlError('Conflict', 'job_not_active', `The job is ${row.status}: it stays as it ended.`);
    }
    if (row.workflowVersionId === request.versionId) return row;
    const [from, to] = await Promise.all([
      versions.get(tenant, row.workflowVersionId),
      versions.get(tenant, request.versionId),
    ]);
    const { snapshot } = row;
    const migration = migrate(from.compiled, to.compiled, { snapshot, stateMap: request.stateMap });
    if (!migration.ok) throw notMigratable(to, migration.problems);
    const rules = await notificationRules.of(tenant);
    const at = clock.now().toISOString();
    const job = workOn({ tenant, rules, at }, row, to);
    apply(job, migration.migrated, { from, request });
    moveTimers(job, migration.migrated, await timersOf(tenant, row.id));
    if (request.dryRun) return rowOf(job);
    const moved = await commit({ tenant, rules, at, jobs: new Map([[job.id, job]]) });
    return moved ? rowOf(job) : null;
  }

  const timersOf = (tenant: Tenant, jobId: string) =>
    db.once<PendingTimer[]>([tenant.id], (sql) =>
      listTimers(sql, tenant.shard, { tenantId: tenant.id, jobId }),
    );

  function apply(
    job: WorkingJob,
    { snapshot, currentState }: Migrated,
    { from, request: { actor, stateMap } }: { from: Version; request: MigrateRequest },
  ): void {
    const { change, version: to } = job;
    const was = job.currentState;
    job.revision = change.revision = job.revision + 1;
    job.snapshot = change.snapshot = snapshot;
    job.currentState = change.currentState = currentState;
    change.movedToVersion = to.id;
    change.log.push({
      id: ids.next(),
      kind: 'migrated',
      seq: job.revision,
      actor,
      data: {
        ...currentCaller(),
        from: was,
        to: currentState,
        from_version: from.version,
        version: to.version,
        from_version_id: from.id,
        workflow_version_id: to.id,
        state_map: { ...stateMap },
      },
    });
  }

  /** A timer that goes on under another id is set again for what is left of it. */
  function moveTimers(job: WorkingJob, { timers }: Migrated, pending: readonly PendingTimer[]): void {
    const { change } = job;
    const set = (sendId: string, delayMs: number) => {
      const event = { type: sendId, payload: {} };
      change.timersSet.push({ id: ids.next(), sendId, entry: job.revision, event, delayMs });
    };
    const renamed = timers.kept.filter(({ id, as }) => id !== as);
    change.timersCancelled = [...timers.cancelled, ...renamed.map(({ id }) => id)];
    for (const { id, as } of renamed) {
      const timer = pending.find(({ sendId }) => sendId === id);
      if (timer) set(as, Math.max(0, timer.dueAt.getTime() - new Date(change.at).getTime()));
    }
    for (const { id, delayMs } of timers.set) set(id, delayMs);
  }

  return untilWon(parts, attempt);
}

function notMigratable(to: Version, problems: readonly Problem[]): PawlError {
  const message = `The job cannot go on in version ${to.version} as it stands.`;
  const placed = problems.map((problem) => ({ ...problem, pointer: `/state_map${problem.pointer}` }));
  return new PawlError('Conflict', 'job_not_migratable', message, { problems: placed });
}
