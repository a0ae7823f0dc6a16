// A job as it is while a unit of work is being decided: what was loaded, and the change that piles up on it.
// Pure: ids and the time are passed in.
import type { Ids } from '../db/new-id.ts';
import type { JobChange, JobStatus } from '../db/statements/job-change.ts';
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { Tenant } from '../db/tenants.ts';
import type { Decision, Facts, JobEvent, JobFacts, Taken } from '../engine/decision.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import { eventView, projectScope } from '../engine/scope.ts';
import { decide } from '../engine/transition.ts';
import type { Rules } from '../subscriptions/rules.ts';
import { type Change, fires, type Trigger } from '../subscriptions/trigger.ts';
import { deliveriesOf } from './notices.ts';
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

/** Why a transition happened: what the log keeps of it beside where it led. */
export interface Cause {
  event: JobEvent;
  actor: string;
  /** True for the engine's own events: timers and the outcomes an `invoke` waits for. */
  internal: boolean;
  /** What guards were told; empty for most. */
  facts: Facts;
  /** ISO, by the database's clock. */
  at: string;
  /** The inbound event that a trigger made this of. */
  inboundEventId?: string;
  /** Of the client whose request caused it. */
  address?: string | undefined;
  /** Of the span it happens in, where traces are made: kept with the actions, whose requests carry it on. */
  traceparent?: string | undefined;
}

export interface CommittedTransition {
  id: string;
  seq: number;
  from: string | null;
  to: string;
  at: string;
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

/** Adds one decided transition to the job's change. */
export function applyTransition(job: WorkingJob, taken: Taken, cause: Cause, ids: Ids): CommittedTransition {
  const { change } = job;
  const transition: CommittedTransition = {
    id: ids.next(),
    seq: job.revision + 1,
    from: taken.from,
    to: taken.currentState,
    at: cause.at,
  };
  job.revision = change.revision = transition.seq;
  setStatus(job, taken.status);
  job.currentState = change.currentState = taken.currentState;
  job.snapshot = change.snapshot = taken.snapshot;
  change.log.push({
    id: transition.id,
    kind: 'transition',
    seq: transition.seq,
    actor: cause.actor,
    data: transitionEntry(job, taken, cause, transition),
  });
  applyTimers(job, taken, cause, ids);
  queueActions(job, taken, transition, cause, ids);
  const { event, traceparent } = cause;
  tellSubscribers(job, transition, { event, context: taken.context, traceparent }, ids);
  return transition;
}

/** A job that ends gives up its key; one that also began here never held it. */
export function setStatus(job: WorkingJob, status: JobStatus): void {
  const { change, key, version } = job;
  job.status = change.status = status;
  if (status !== 'ACTIVE' && key !== null && change.started === null) {
    change.keyFreed = { workflowId: version.workflowId, key };
  }
}

/** What replaying the log needs to arrive at the job's row again. */
function transitionEntry(
  job: WorkingJob,
  taken: Taken,
  cause: Cause,
  { from, to }: CommittedTransition,
): JsonObject {
  const entry: JsonObject = {
    event: cause.event as unknown as JsonObject,
    from,
    to,
    status: taken.status,
    workflow_version_id: job.version.id,
  };
  if (cause.internal) entry.internal = true;
  if (cause.address !== undefined) entry.address = cause.address;
  if (cause.inboundEventId !== undefined) entry.inbound_event_id = cause.inboundEventId;
  if (Object.keys(cause.facts).length > 0) entry.facts = cause.facts as unknown as JsonObject;
  if (job.change.started && job.revision === 1) {
    entry.key = job.key;
    entry.parent_job_id = job.parentJobId;
  }
  return entry;
}

function applyTimers(job: WorkingJob, taken: Taken, { traceparent }: Cause, ids: Ids): void {
  const { change } = job;
  if (taken.status !== 'ACTIVE') {
    change.timersCancelled = 'all';
    change.timersSet = [];
    return;
  }
  const { cancelled, set } = taken.timers;
  if (cancelled.length > 0 && change.timersCancelled !== 'all') {
    // Timers that an earlier transition of this unit set are not in the database yet.
    change.timersSet = change.timersSet.filter(
      ({ sendId }) => sendId === null || !cancelled.includes(sendId),
    );
    change.timersCancelled = [...change.timersCancelled, ...cancelled];
  }
  for (const { id: sendId, delayMs, eventType } of set) {
    const event = { type: eventType, payload: {}, ...(traceparent !== undefined && { set_in: traceparent }) };
    change.timersSet.push({ id: ids.next(), sendId, entry: job.revision, event, delayMs });
  }
}

function queueActions(
  job: WorkingJob,
  taken: Taken,
  transition: CommittedTransition,
  { traceparent }: Cause,
  ids: Ids,
): void {
  const [first] = taken.queued;
  if (!first) return;
  const { change, version } = job;
  change.queued.push({
    transitionId: transition.id,
    workflowVersionId: version.id,
    connectionId: first.connectionId,
  });
  taken.queued.forEach((queued, ordinal) => {
    change.runs.push({
      id: ids.next(),
      transitionId: transition.id,
      ordinal,
      workflowVersionId: version.id,
      pointer: queued.pointer,
      actionType: queued.actionType,
      name: queued.name,
      connectionId: queued.connectionId,
      invokeId: queued.invokeId,
      scope: {
        ...projectScope(
          queued.variables,
          templateScope(job, transition, { event: queued.event, context: taken.context }),
        ),
        // Templates cannot reach it: they may name only what is under the names above.
        ...(traceparent !== undefined && { traceparent }),
      },
    });
  });
}

/** @param of what the transition was decided on; `cancelled`: the job ends where it stands, by no transition */
export function tellSubscribers(
  job: WorkingJob,
  transition: CommittedTransition,
  of: { event: JobEvent; context: JsonObject; cancelled?: boolean; traceparent?: string | undefined },
  ids: Ids,
): void {
  const { event, context, cancelled = false, traceparent } = of;
  const { rules, tenant, version, change } = job;
  const changed: Change = {
    from: transition.from,
    to: transition.to,
    event: cancelled ? null : event.type,
    isOver: job.status !== 'ACTIVE',
    milestones: version.milestones,
  };
  const occurrence = {
    tenantId: tenant.id,
    jobId: job.id,
    version,
    id: transition.id,
    fires: (trigger: Trigger) => fires(trigger, changed),
    scope: () => templateScope(job, transition, { event, context }),
    traceparent,
  };
  change.deliveries.push(...deliveriesOf(rules, occurrence, ids));
}

/** What templates may name, but for `actions`, which the worker looks up when it renders. See domain.md. */
function templateScope(
  job: WorkingJob,
  { id, from, to, seq, at }: CommittedTransition,
  { event, context }: { event: JobEvent; context: JsonObject },
): JsonObject {
  const { tenant, version } = job;
  return {
    job: { ...jobFacts(job), status: job.status },
    context,
    event: eventView(event),
    transition: { id, from, to, seq, at },
    tenant: { id: tenant.id, name: tenant.name },
    workflow: { id: version.workflowId, name: version.workflowName, version: version.version },
  };
}
