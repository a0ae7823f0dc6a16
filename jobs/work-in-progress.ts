// A unit of work while it is being decided: the jobs that it moves and starts, and who holds which key meanwhile. Pure.
import type { Failed } from '../engine/decision.ts';
import type { Circumstances, WorkingJob } from './working-job.ts';

export interface WorkInProgress extends Circumstances {
  jobs: Map<string, WorkingJob>;
  /** Of the span it belongs to, where traces are made. */
  traceparent?: string | undefined;
}

export type UnitFailure =
  | Failed
  | { kind: 'failed'; code: 'cascade_limit' | 'job_not_startable'; message: string; pointer?: string };

/** The live job of the unit that holds the key; of any workflow when that is null. */
export function liveIn({ jobs }: WorkInProgress, key: string, workflowId: string | null): WorkingJob | null {
  const holds = (job: WorkingJob) =>
    job.key === key &&
    job.status === 'ACTIVE' &&
    (workflowId === null || job.version.workflowId === workflowId);
  return [...jobs.values()].find(holds) ?? null;
}

/** Whether this unit ends the job, so that its key is free. */
export function endsIn({ jobs }: WorkInProgress, jobId: string): boolean {
  const job = jobs.get(jobId);
  return job !== undefined && job.status !== 'ACTIVE';
}
