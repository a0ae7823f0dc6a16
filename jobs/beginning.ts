// A job begins, in a unit of work: in the initial state of what is published, with all that entering it sets off.
// Pure: ids and the time are passed in.
import type { Ids } from '../db/new-id.ts';
import type { Taken } from '../engine/decision.ts';
import type { JsonObject } from '../engine/json.ts';
import { initialDecision } from '../engine/transition.ts';
import { applyTransition, type Cause, type CommittedTransition } from './apply-transition.ts';
import type { Version } from './versions.ts';
import type { UnitFailure, WorkInProgress } from './work-in-progress.ts';
import { jobFacts, type WorkingJob, workOnNew } from './working-job.ts';

export interface NewJob {
  version: Version;
  input: JsonObject;
  /** Free in the database and in the unit. */
  key: string | null;
  parentJobId: string | null;
}

export interface Begun {
  kind: 'begun';
  job: WorkingJob;
  transition: CommittedTransition;
  /** What it sends and starts is still to be followed. */
  decision: Taken;
}

/** Adds the job to the unit; a failure leaves the unit as it was. */
export function beginJob(
  work: WorkInProgress,
  { version, input, key, parentJobId }: NewJob,
  by: Pick<Cause, 'actor' | 'address' | 'inboundEventId'>,
  ids: Ids,
): Begun | UnitFailure {
  const { at, traceparent } = work;
  const job = workOnNew(work, version, { id: ids.next(), key, parentJobId });
  const decision = initialDecision(version.compiled, { input, job: jobFacts(job), facts: {} });
  if (decision.kind === 'failed') return decision;
  if (decision.kind === 'refused') {
    return { kind: 'failed', code: 'job_not_startable', message: decision.message };
  }
  work.jobs.set(job.id, job);
  const event = { type: 'xstate.init', payload: input };
  const cause = { ...by, event, internal: true, facts: {}, at, traceparent };
  return { kind: 'begun', job, transition: applyTransition(job, decision, cause, ids), decision };
}
