// Who is told that an action failed for good. Known only when its outcome is recorded, so these deliveries are made by
// the statement that records it.
import type { Database } from '../db/client.ts';
import type { Ids } from '../db/new-id.ts';
import type { NewDelivery } from '../db/statements/deliver.ts';
import type { RunRow } from '../db/statements/load-runs.ts';
import { findTransition, type TransitionRow } from '../db/statements/worker-deliveries.ts';
import type { Tenant } from '../db/tenants.ts';
import type { JsonObject } from '../engine/json.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { deliveriesOf, scopeNow } from '../jobs/notices.ts';
import type { Version } from '../jobs/versions.ts';
import type { Trigger } from '../subscriptions/trigger.ts';

export interface Failure {
  tenant: Tenant;
  version: Version;
  run: RunRow;
  /** Entry of the log that says so: the attempt, or that there was none. */
  entryId: string;
  attempts: number;
  code: string;
  message: string;
}

export interface FailureNoticesOptions {
  db: Database;
  jobs: Pick<Jobs, 'loader' | 'notificationRules'>;
  ids: Ids;
}

/** Asks the database whether what is remembered of the rules still holds: failures are rare, and none may be missed. */
export function createFailureNotices({ db, jobs, ids }: FailureNoticesOptions) {
  return async (failure: Failure): Promise<NewDelivery[]> => {
    const { tenant, version, run } = failure;
    const rules = await jobs.notificationRules.atLeast(tenant, null);
    const fires = (trigger: Trigger) =>
      trigger.kind === 'action_failed' && (trigger.action === undefined || trigger.action === run.name);
    if (!rules.isTold(version.workflowId, fires)) return [];
    const scope = await scopeOf(failure);
    const { workflowId } = version;
    const occurrence = {
      tenantId: tenant.id,
      jobId: run.jobId,
      version: { id: version.id, workflowId },
      id: failure.entryId,
      fires,
      scope: () => scope,
      traceparent: typeof run.scope.traceparent === 'string' ? run.scope.traceparent : undefined,
    };
    return deliveriesOf(rules, occurrence, ids);
  };

  /** As templates of the action's own list, but that job and context are as they are now. */
  async function scopeOf({ tenant, version, run, attempts, code, message }: Failure): Promise<JsonObject> {
    const of = { tenantId: tenant.id, jobId: run.jobId, id: run.transitionId };
    const [job, [transition]] = await Promise.all([
      jobs.loader.fresh(tenant, run.jobId),
      db.once<TransitionRow[]>([tenant.id], (sql) => findTransition(sql, tenant.shard, of)),
    ]);
    const payload: JsonObject = {
      action_run_id: run.id,
      name: run.name,
      action_type: run.actionType,
      connection_id: run.connectionId,
      attempts,
      code,
      message,
    };
    return scopeNow({ tenant, version, job, transition, event: { type: 'action_failed', payload } });
  }
}
