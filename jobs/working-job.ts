// A job as it is while a unit of work is being decided: what was loaded, and the change that piles up on it.
// Pure: ids and the time are passed in.
import type { JobChange, JobStatus } from '../db/statements/job-change.ts';
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { Tenant } from '../db/tenants.ts';
import type { Decision, Facts, JobEvent, JobFacts } from '../engine/decision.ts';
import type { Json } from '../engine/json.ts';
import { decide } from '../engine/transition.ts';
import type { Rules } from '../subscriptions/rules.ts';
import type { Version } from './versions.ts';

/** What a unit of work is decided under: the same for every job of it. */
export interface Circumstances {
  tenant: Tenant;
  /** Who is told of what happens to its jobs. */
  rules: Rules;
  /** ISO, by the database's clock: one unit happens at one moment. */
  at: string;
}

export interface WorkingJob {
  tenant: Tenant;
  id: string;
  version: Version;
  rules: Rules;
  key: string | null;
  parentJobId: string | null;
  createdAt: string;
  status: JobStatus;
  currentState: string;
  snapshot: Json;
  revision: number;
  change: JobChange;
}

/** @param timerId the one that goes off, to be removed with the commit */
export function workOn(
  under: Circumstances,
  row: JobRow,
  version: Version,
  timerId: string | null = null,
): WorkingJob {
  return begin(under, {
    version,
    id: row.id,
    key: row.key,
    parentJobId: row.parentJobId,
    createdAt: row.createdAt.toISOString(),
    status: row.status,
    currentState: row.currentState,
    snapshot: row.snapshot,
    revision: row.revision,
    started: null,
    timerId,
  });
}

export function workOnNew(
  under: Circumstances,
  version: Version,
  { id, key, parentJobId }: Pick<WorkingJob, 'id' | 'key' | 'parentJobId'>,
): WorkingJob {
  const started = { workflowId: version.workflowId, workflowVersionId: version.id, key, parentJobId };
  return begin(under, {
    version,
    id,
    key,
    parentJobId,
    createdAt: under.at,
    status: 'ACTIVE',
    currentState: '',
    snapshot: null,
    revision: 0,
    started,
    timerId: null,
  });
}

type Beginning = Omit<WorkingJob, 'tenant' | 'rules' | 'change'> & Pick<JobChange, 'started' | 'timerId'>;

function begin({ tenant, rules, at }: Circumstances, { started, timerId, ...job }: Beginning): WorkingJob {
  const change: JobChange = {
    tenantId: tenant.id,
    jobId: job.id,
    started,
    fromRevision: job.revision,
    revision: job.revision,
    status: job.status,
    currentState: job.currentState,
    snapshot: job.snapshot,
    movedToVersion: null,
    at,
    timerId,
    log: [],
    runs: [],
    queued: [],
    rulesVersion: rules.version,
    deliveries: [],
    timersSet: [],
    timersCancelled: [],
    keyFreed: null,
    answer: null,
    inbound: null,
  };
  return { tenant, rules, ...job, change };
}

export function jobFacts(job: WorkingJob): JobFacts {
  return {
    id: job.id,
    current_state: job.currentState,
    revision: job.revision,
    parent_id: job.parentJobId,
    key: job.key,
    created_at: job.createdAt,
  };
}

/** What the event would do to the job. A cancelled job takes none, though its snapshot stands where it stood. */
export function decideOn(job: WorkingJob, event: JobEvent, facts: Facts, internal = false): Decision {
  if (job.status === 'ACTIVE') {
    return decide(job.version.compiled, {
      snapshot: job.snapshot,
      event,
      job: jobFacts(job),
      facts,
      internal,
    });
  }
  const message = `The job is ${job.status} and takes no more events.`;
  return { kind: 'refused', code: 'job_not_active', message, verdicts: [] };
}

/** A job that ends gives up its key; one that also began here never held it. */
export function setStatus(job: WorkingJob, status: JobStatus): void {
  const { change, key, version } = job;
  job.status = change.status = status;
  if (status !== 'ACTIVE' && key !== null && change.started === null) {
    change.keyFreed = { workflowId: version.workflowId, key };
  }
}
