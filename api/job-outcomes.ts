// What the engine decided, as an answer or as the error that says why not.
import type { Tenant } from '../db/tenants.ts';
import { PawlError } from '../engine/errors.ts';
import type { Outcome } from '../jobs/answer.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { nextEvents } from './resources/jobs.ts';

/**
 * The error for an outcome that committed nothing.
 * Refused: Conflict `no_transition`, `guard_refused` or `job_not_active` with `verdicts`, where the job stands and the
 * events it knows there; InvalidInput `reserved_event`. Failed: InvalidInput with the engine's code, and in `pointer` the
 * expression of the definition that failed.
 */
export async function refusal(
  jobs: Jobs,
  tenant: Tenant,
  outcome: Exclude<Outcome, { kind: 'committed' }>,
): Promise<PawlError> {
  if (outcome.kind === 'failed') {
    const { code, message, pointer } = outcome.failure;
    return new PawlError(
      'InvalidInput',
      code,
      message,
      pointer === undefined ? {} : { details: { pointer } },
    );
  }
  const { job, refused } = outcome;
  if (refused.code === 'reserved_event') return new PawlError('InvalidInput', refused.code, refused.message);
  const version = await jobs.versions.get(tenant, job.workflowVersionId);
  return new PawlError('Conflict', refused.code, refused.message, {
    details: {
      verdicts: refused.verdicts,
      job: { id: job.id, status: job.status, current_state: job.currentState, revision: job.revision },
      next_events: nextEvents(job, version),
    },
  });
}
