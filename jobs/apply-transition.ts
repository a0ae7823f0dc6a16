// One decided transition becomes part of a job's change: its entry in the log, timers, queued actions, and who is told of it.
// Pure: ids and the time are passed in.
import type { Ids } from '../db/new-id.ts';
import type { Facts, JobEvent, Taken } from '../engine/decision.ts';
import type { JsonObject } from '../engine/json.ts';
import { eventView, projectScope } from '../engine/scope.ts';
import { type Change, fires, type Trigger } from '../subscriptions/trigger.ts';
import { deliveriesOf } from './notices.ts';
import { jobFacts, setStatus, type WorkingJob } from './working-job.ts';

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
