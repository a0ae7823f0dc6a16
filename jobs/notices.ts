// Who is told of what happened to a job, as deliveries to be committed with it. Pure: ids are passed in.
import type { Ids } from '../db/new-id.ts';
import type { NewDelivery } from '../db/statements/deliver.ts';
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { TransitionRow } from '../db/statements/worker-deliveries.ts';
import type { Tenant } from '../db/tenants.ts';
import type { JobEvent } from '../engine/decision.ts';
import { isJsonObject, type JsonObject } from '../engine/json.ts';
import { eventView } from '../engine/scope.ts';
import type { Rules } from '../subscriptions/rules.ts';
import type { Trigger } from '../subscriptions/trigger.ts';
import type { Version } from './versions.ts';

export interface JobOccurrence {
  tenantId: string;
  jobId: string;
  version: Pick<Version, 'id' | 'workflowId'>;
  /** Id of its entry in the log. */
  id: string;
  fires(trigger: Trigger): boolean;
  /** What filters and messages may read; domain.md says what there is. */
  scope(): JsonObject;
  /** Of the span it happens in, where traces are made. */
  traceparent?: string | undefined;
}

export function deliveriesOf(rules: Rules, occurrence: JobOccurrence, ids: Ids): NewDelivery[] {
  const { tenantId, jobId, version, fires, scope, traceparent } = occurrence;
  const { workflowId } = version;
  return rules.notices({ workflowId, fires, scope }).map(({ subscription, actionType, scope }) => ({
    tenantId,
    id: ids.next(),
    subscriptionId: subscription.id,
    occurrenceId: occurrence.id,
    kind: subscription.trigger.kind,
    jobId,
    workflowId,
    workflowVersionId: version.id,
    connectionId: subscription.connectionId,
    endpointId: subscription.endpointId,
    messageId: subscription.messageId,
    actionType,
    scope: traceparent === undefined ? scope : { ...scope, traceparent },
  }));
}

/** What messages may read of a job as it is now, where no transition is just happening. */
export function scopeNow({
  tenant,
  version,
  job,
  transition,
  event,
}: {
  tenant: Tenant;
  version: Version;
  job: JobRow | null;
  transition: TransitionRow | undefined;
  event: JobEvent;
}): JsonObject {
  const { context } = isJsonObject(job?.snapshot) ? job.snapshot : {};
  return {
    job: job && {
      id: job.id,
      current_state: job.currentState,
      revision: job.revision,
      parent_id: job.parentJobId,
      key: job.key,
      created_at: job.createdAt.toISOString(),
      status: job.status,
    },
    context: context ?? {},
    event: eventView(event),
    transition: transition ? presentTransition(transition) : null,
    tenant: { id: tenant.id, name: tenant.name },
    workflow: { id: version.workflowId, name: version.workflowName, version: version.version },
  };
}

const presentTransition = ({ id, from, to, seq, at }: TransitionRow): JsonObject => ({
  id,
  from,
  to,
  seq,
  at: at.toISOString(),
});
