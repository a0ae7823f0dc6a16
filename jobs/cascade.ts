// A unit of work: the transition asked for, and all that it sends to other jobs and starts, decided to the end
// before anything is written. SEND_EVENT and START_JOB happen in the same commit, or nothing does.
import type { Ids } from '../db/new-id.ts';
import type { Tenant } from '../db/tenants.ts';
import type { Facts, JobEvent, SentEvent, StartedJob, Taken } from '../engine/decision.ts';
import { isPawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import { UUID } from '../engine/uuid.ts';
import { applyTransition } from './apply-transition.ts';
import { beginJob } from './beginning.ts';
import type { JobLoader } from './loader.ts';
import type { Version, Versions } from './versions.ts';
import { endsIn, liveIn, type UnitFailure, type WorkInProgress } from './work-in-progress.ts';
import { decideOn, type WorkingJob, workOn } from './working-job.ts';

export interface Cascade {
  /** Decides what `taken` of `job` sent and started, and what that sends and starts in turn. @returns null when all is decided */
  follow(work: WorkInProgress, job: WorkingJob, taken: Taken): Promise<UnitFailure | null>;
  /** As the unit has decided it so far, else as committed now; null: there is no such job. Not in the unit by this alone. */
  jobIn(work: WorkInProgress, jobId: string): Promise<WorkingJob | null>;
  /** The job that holds the key after what the unit has decided so far; null: the key is free. */
  holderIn(work: WorkInProgress, workflowId: string, key: string): Promise<string | null>;
}

export interface CascadeOptions {
  loader: JobLoader;
  versions: Versions;
  ids: Ids;
  /** What the guards that may be asked about this event name; empty for most. */
  factsFor(job: WorkingJob, eventType: string): Promise<Facts>;
  /** As committed now; null: the key is free. */
  holderOfKey(tenant: Tenant, workflowId: string, key: string): Promise<string | null>;
}

/** Stops jobs that send to each other without end; fanning out on purpose takes tens. */
const STEPS_MAX = 64;

type Step = { from: WorkingJob } & ({ sent: SentEvent } | { start: StartedJob });

export function createCascade(options: CascadeOptions): Cascade {
  const { loader, versions, ids, factsFor, holderOfKey } = options;

  async function follow(work: WorkInProgress, job: WorkingJob, taken: Taken): Promise<UnitFailure | null> {
    const steps = stepsOf(job, taken);
    for (let taking = 0; taking < steps.length; taking++) {
      if (taking === STEPS_MAX) {
        const message = `One event led to more than ${STEPS_MAX} events sent and jobs started. Nothing was changed.`;
        return { kind: 'failed', code: 'cascade_limit', message };
      }
      const step = steps[taking] as Step;
      const next =
        'sent' in step ? await send(work, step.from, step.sent) : await start(work, step.from, step.start);
      if (next.failure) return next.failure;
      steps.push(...next.steps);
    }
    return null;
  }

  async function send(work: WorkInProgress, from: WorkingJob, { jobId, event }: SentEvent): Promise<Next> {
    const to = await jobIn(work, jobId);
    if (!to) return undelivered(from, jobId, event, 'job_not_found', 'There is no such job.');
    const facts = await factsFor(to, event.type);
    const decision = decideOn(to, event, facts);
    if (decision.kind !== 'taken') return undelivered(from, jobId, event, decision.code, decision.message);
    const { at, traceparent } = work;
    const cause = { event, actor: `job:${from.id}`, internal: false, facts, at, traceparent };
    work.jobs.set(to.id, to);
    applyTransition(to, decision, cause, ids);
    return { failure: null, steps: stepsOf(to, decision) };
  }

  /** An event that cannot be taken does not stop its sender: the sender's log says so. */
  function undelivered(
    from: WorkingJob,
    jobId: string,
    event: JobEvent,
    code: string,
    message: string,
  ): Next {
    note(from, 'event_not_delivered', {
      job_id: jobId,
      event: event as unknown as JsonObject,
      code,
      message,
    });
    return { failure: null, steps: [] };
  }

  async function start(work: WorkInProgress, from: WorkingJob, wanted: StartedJob): Promise<Next> {
    const { workflow, key, input } = wanted;
    let version: Version;
    try {
      version = await versions.published(work.tenant, workflow);
    } catch (error) {
      if (!isPawlError(error)) throw error;
      return { failure: { kind: 'failed', code: 'job_not_startable', message: error.message }, steps: [] };
    }
    const holder = key === null ? null : await holderIn(work, version.workflowId, key);
    if (holder !== null) {
      note(from, 'job_not_started', { workflow, key, code: 'job_key_taken', job_id: holder });
      return { failure: null, steps: [] };
    }
    const begun = beginJob(
      work,
      { version, input, key, parentJobId: from.id },
      { actor: `job:${from.id}` },
      ids,
    );
    if (begun.kind === 'failed') return { failure: begun, steps: [] };
    return { failure: null, steps: stepsOf(begun.job, begun.decision) };
  }

  async function holderIn(work: WorkInProgress, workflowId: string, key: string): Promise<string | null> {
    const here = liveIn(work, key, workflowId);
    if (here) return here.id;
    const stored = await holderOfKey(work.tenant, workflowId, key);
    return stored !== null && endsIn(work, stored) ? null : stored;
  }

  async function jobIn(work: WorkInProgress, jobId: string): Promise<WorkingJob | null> {
    const moved = work.jobs.get(jobId);
    if (moved) return moved;
    const row = UUID.test(jobId) ? await loader.fresh(work.tenant, jobId) : null;
    return row && workOn(work, row, await versions.get(work.tenant, row.workflowVersionId));
  }

  function note(job: WorkingJob, kind: string, data: JsonObject): void {
    job.change.log.push({ id: ids.next(), kind, seq: null, actor: `job:${job.id}`, data });
  }

  return { follow, jobIn, holderIn };
}

type Next = { failure: UnitFailure | null; steps: Step[] };

function stepsOf(from: WorkingJob, { sent, started }: Taken): Step[] {
  return [
    ...sent.map((one): Step => ({ from, sent: one })),
    ...started.map((one): Step => ({ from, start: one })),
  ];
}
