// A job that runs is ended where it stands: one commit, guarded by its revision.
import { currentCaller } from '../db/caller.ts';
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { Tenant } from '../db/tenants.ts';
import { PawlError } from '../engine/errors.ts';
import { tellSubscribers } from './apply-transition.ts';
import { contextOf, rowOf } from './job-row.ts';
import { untilWon } from './one-job-change.ts';
import type { JobParts } from './parts.ts';
import { setStatus, workOn } from './working-job.ts';

export interface CancelRequest {
  jobId: string;
  actor: string;
  reason: string;
}

/** @throws PawlError `job_not_found`, `job_not_active`, `job_contended` */
export type CancelJob = (tenant: Tenant, request: CancelRequest) => Promise<JobRow>;

export function createCancellation(parts: JobParts): CancelJob {
  const { versions, notificationRules, clock, ids, existing, commit } = parts;

  async function attempt(tenant: Tenant, { jobId, actor, reason }: CancelRequest): Promise<JobRow | null> {
    const row = await existing(tenant, jobId);
    if (row.status !== 'ACTIVE') {
      throw new PawlError(
        'Conflict',
        'job_not_active',
        `The job is ${row.status} already: there is nothing to cancel.`,
      );
    }
    const version = await versions.get(tenant, row.workflowVersionId);
    const rules = await notificationRules.of(tenant);
    const at = clock.now().toISOString();
    const job = workOn({ tenant, rules, at }, row, version);
    const { change } = job;
    setStatus(job, 'CANCELLED');
    job.revision = change.revision = row.revision + 1;
    change.timersCancelled = 'all';
    const { currentState } = row;
    const end = { id: ids.next(), seq: job.revision, from: currentState, to: currentState, at };
    change.log.push({
      id: end.id,
      kind: 'cancelled',
      seq: job.revision,
      actor,
      data: { ...currentCaller(), reason, state: currentState },
    });
    const event = { type: 'cancelled', payload: { reason } };
    tellSubscribers(job, end, { event, context: contextOf(row), cancelled: true }, ids);
    const ended = await commit({ tenant, rules, at, jobs: new Map([[job.id, job]]) });
    return ended ? rowOf(job) : null;
  }

  return untilWon(parts, attempt);
}
