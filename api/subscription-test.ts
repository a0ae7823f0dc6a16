// A test of a subscription: what it would say of a job as it is now, delivered like everything else.
import { appendLog } from '../db/statements/append-log.ts';
import { insertDelivery } from '../db/statements/deliver.ts';
import { findLatestTransition } from '../db/statements/deliveries.ts';
import { type JobListRow, listJobs } from '../db/statements/job-lists.ts';
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { SubscriptionRow } from '../db/statements/subscriptions.ts';
import type { Tenant } from '../db/tenants.ts';
import type { JobEvent } from '../engine/decision.ts';
import { PawlError } from '../engine/errors.ts';
import { projectScope } from '../engine/scope.ts';
import { scopeNow } from '../jobs/notices.ts';
import { compileMessage } from '../subscriptions/message.ts';
import type { Principal } from './auth/principal.ts';
import type { ApiDeps } from './deps.ts';
import { existingSubscription, requireSubscriptionWrite } from './existing-subscription.ts';
import { notFound } from './routing.ts';

/** As many of the newest jobs are looked at for one that the subscription would be told of. */
const JOBS_LOOKED_AT = 200;

/** What an `action_failed` message may read; told as what it is. */
export const SAMPLE_FAILURE: JobEvent = {
  type: 'action_failed',
  payload: {
    action_run_id: '00000000-0000-7000-8000-000000000000',
    name: 'test',
    action_type: 'WEBHOOK',
    connection_id: '00000000-0000-7000-8000-000000000000',
    attempts: 1,
    code: 'test',
    message: 'This is a test: no action failed.',
  },
};

/** @returns the id of the delivery. @throws PawlError `subscription_not_found`, `job_not_found`, `nothing_to_test_with` */
export async function sendTest(
  deps: ApiDeps,
  tenant: Tenant,
  principal: Principal,
  asked: { subscriptionId: string; jobId: string | null },
): Promise<string> {
  const { db, ids, jobs } = deps;
  const { id: tenantId, shard } = tenant;
  const subscription = await db.forTenants([tenantId], (sql) =>
    existingSubscription(sql, tenant, principal, asked.subscriptionId),
  );
  requireSubscriptionWrite(principal, subscription);
  const job = await jobToTellOf(deps, tenant, subscription, asked.jobId);
  const version = await jobs.versions.get(tenant, job.workflowVersionId);
  const action = compileMessage(subscription.action);
  const delivery = {
    tenantId,
    id: ids.next(),
    subscriptionId: subscription.id,
    occurrenceId: ids.next(),
    kind: 'test',
    jobId: job.id,
    workflowId: job.workflowId,
    workflowVersionId: job.workflowVersionId,
    connectionId: subscription.connectionId,
    endpointId: subscription.endpointId,
    messageId: subscription.messageId,
    actionType: action.actionType,
  };
  await db.forTenants([tenantId], async (sql) => {
    const [last] = await findLatestTransition(sql, shard, { tenantId, jobId: job.id });
    const happened = (last?.event ?? { type: 'test', payload: {} }) as JobEvent;
    const event = subscription.trigger.kind === 'action_failed' ? SAMPLE_FAILURE : happened;
    const scope = scopeNow({ tenant, version, job, transition: last, event });
    await insertDelivery(sql, shard, { ...delivery, scope: projectScope(action.variables, scope) });
    await appendLog(sql, shard, {
      tenantId,
      subjectId: subscription.id,
      id: delivery.occurrenceId,
      kind: 'subscription.tested',
      actor: principal.actor,
      data: { delivery_id: delivery.id, job_id: job.id },
    });
  });
  return delivery.id;
}

/** @returns the newest of the latest jobs that is wanted */
export async function newestJob(
  { db }: Pick<ApiDeps, 'db'>,
  tenant: Tenant,
  isWanted: (job: JobListRow) => boolean,
): Promise<string | null> {
  const of = {
    tenantId: tenant.id,
    workflowId: null,
    parentJobId: null,
    status: null,
    state: null,
    key: null,
    createdAfter: null,
    createdBefore: null,
    before: null,
    limit: JOBS_LOOKED_AT,
    look: JOBS_LOOKED_AT,
  };
  const newest = await db.once<JobListRow[]>([tenant.id], (sql) => listJobs(sql, tenant.shard, of));
  return newest.find(isWanted)?.id ?? null;
}

async function jobToTellOf(
  deps: ApiDeps,
  tenant: Tenant,
  { id, connectionId }: SubscriptionRow,
  wanted: string | null,
): Promise<JobRow> {
  const { jobs } = deps;
  const jobId = wanted ?? (await newestTold());
  const job = jobId === null ? null : await jobs.loader.fresh(tenant, jobId);
  if (job) return job;
  if (wanted !== null) throw notFound('job');
  throw new PawlError(
    'Conflict',
    'nothing_to_test_with',
    'None of the newest jobs stands where the subscription looks. Start one, or name one as job_id.',
  );

  async function newestTold(): Promise<string | null> {
    const rules = await jobs.notificationRules.atLeast(tenant, null);
    return newestJob(
      deps,
      tenant,
      ({ workflowId }) => rules.standing(id, { workflowId, connectionId }) === 'notify',
    );
  }
}
