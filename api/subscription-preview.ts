// What a subscription would say, before it is made: of a job there is, as it is now, with no secret read.
import type { z } from '@hono/zod-openapi';
import type { ReservedSql } from '../db/client.ts';
import { findConnection } from '../db/statements/connections.ts';
import { findLatestTransition } from '../db/statements/deliveries.ts';
import { findEndpoint } from '../db/statements/endpoints.ts';
import { loadWorkflowScopes } from '../db/statements/notification-rules.ts';
import { listSupplies } from '../db/statements/supplies.ts';
import type { Tenant } from '../db/tenants.ts';
import type { JobEvent } from '../engine/decision.ts';
import type { JsonObject } from '../engine/json.ts';
import { eventView } from '../engine/scope.ts';
import { type SimulatedAction, simulateAction } from '../engine/simulate.ts';
import { scopeNow } from '../jobs/notices.ts';
import { compileMessage } from '../subscriptions/message.ts';
import { covers, type ScopeTree } from '../subscriptions/scope-tree.ts';
import type { Principal } from './auth/principal.ts';
import type { ApiDeps } from './deps.ts';
import { existingJob } from './existing-job.ts';
import { existingScope, scopeTree } from './existing-scope.ts';
import { requireSubscriptionWrite } from './existing-subscription.ts';
import { presentEndpointRequest, presentRequest } from './resources/simulations.ts';
import {
  presentReach,
  type subscriptionPreviewRequestSchema,
  type subscriptionPreviewSchema,
  type Target,
} from './resources/subscriptions.ts';
import { notFound } from './routing.ts';
import { checkedMessage, type Message } from './subscription-message.ts';
import { newestJob, SAMPLE_FAILURE } from './subscription-test.ts';

type Asked = z.infer<typeof subscriptionPreviewRequestSchema>;
type Preview = z.infer<typeof subscriptionPreviewSchema>;

/** @throws PawlError `scope_not_found`, `endpoint_not_found`, `job_not_found`, InvalidInput `subscription_invalid` */
export async function previewSubscription(
  deps: ApiDeps,
  tenant: Tenant,
  principal: Principal,
  asked: Asked,
): Promise<Preview> {
  const { scope_id: scopeId, trigger, filter, action, endpoint } = asked;
  const found = await deps.db.forTenants([tenant.id], async (sql) => {
    if (scopeId !== null) await existingScope(sql, tenant, scopeId);
    const message = await checkedMessage(sql, tenant, { kind: trigger.kind, filter, action, endpoint });
    requireSubscriptionWrite(principal, message);
    const tree = await scopeTree(sql, tenant);
    const workflows = await loadWorkflowScopes(sql, tenant.shard, { tenantId: tenant.id });
    const scopeOf = new Map(workflows.map(({ id, scopeId }) => [id, scopeId]));
    return { message, tree, scopeOf, ...(await targetOf(sql, tenant, scopeId, message)) };
  });
  const { message, tree, scopeOf, target } = found;
  const isCovered = (workflowId: string) => covers(tree, scopeId, scopeOf.get(workflowId) ?? null);
  const jobId = asked.job_id ?? (await newestJob(deps, tenant, ({ workflowId }) => isCovered(workflowId)));
  const { job, scope } = await scopeOfJob(deps, tenant, jobId, trigger.kind);
  const compiled = compileMessage(message.action);
  const simulated = simulateAction(compiled, scope);
  return {
    job,
    filter: simulated.when,
    filter_message: simulated.whenMessage,
    ...found.present(simulated, compiled.idempotent),
    reach: presentReach(tree as ScopeTree, target),
  };
}

/** What the message goes to, as far as it may be shown. */
async function targetOf(
  sql: ReservedSql,
  { id: tenantId, shard }: Tenant,
  scopeId: string | null,
  { connectionId, endpointId }: Message,
) {
  if (connectionId === null) {
    const [row] = await findEndpoint(sql, shard, { tenantId, id: endpointId as string });
    if (!row) throw notFound('endpoint');
    const target: Target = {
      scopeId,
      connectionId,
      targetEnabled: row.enabled,
      suppliedToAll: false,
      suppliedTo: [],
    };
    return { target, present: (simulated: SimulatedAction) => presentEndpointRequest(simulated, row) };
  }
  const [row] = await findConnection(sql, shard, { tenantId, id: connectionId });
  if (!row) throw notFound('connection');
  const of = {
    tenantId,
    connectionId,
    scopeId: null,
    onConnections: null,
    before: null,
    limit: SUPPLIES_MAX,
  };
  const supplies = await listSupplies(sql, shard, of);
  const target: Target = {
    scopeId,
    connectionId,
    targetEnabled: row.enabled,
    suppliedToAll: row.suppliedToAll,
    suppliedTo: supplies.map((supply) => supply.scopeId),
  };
  return {
    target,
    present: (simulated: SimulatedAction, idempotent: boolean | null) =>
      presentRequest(simulated, row, idempotent),
  };
}

/** More than anybody looks at in one connection. */
const SUPPLIES_MAX = 10_000;

const EXAMPLE_ID = '00000000-0000-7000-8000-000000000000';

async function scopeOfJob(
  { db, jobs, clock }: ApiDeps,
  tenant: Tenant,
  jobId: string | null,
  kind: string,
): Promise<{ job: Preview['job']; scope: JsonObject }> {
  if (jobId === null) return { job: null, scope: exampleScope(tenant, kind, clock.now()) };
  const job = await existingJob({ jobs }, tenant, jobId);
  const version = await jobs.versions.get(tenant, job.workflowVersionId);
  const [last] = await db.forTenants([tenant.id], (sql) =>
    findLatestTransition(sql, tenant.shard, { tenantId: tenant.id, jobId }),
  );
  const happened = (last?.event ?? { type: 'test', payload: {} }) as JobEvent;
  const event = kind === 'action_failed' ? SAMPLE_FAILURE : happened;
  const scope = scopeNow({ tenant, version, job, transition: last, event });
  return { job: { id: job.id, key: job.key }, scope };
}

/** Where there is no job to tell of. What only a workflow can say (its context) is not in it. */
function exampleScope({ id, name }: Tenant, kind: string, now: Date): JsonObject {
  const at = now.toISOString();
  const event = kind === 'action_failed' ? SAMPLE_FAILURE : { type: 'EVENT', payload: {} };
  return {
    job: {
      id: EXAMPLE_ID,
      current_state: 'state',
      revision: 1,
      parent_id: null,
      key: 'example',
      created_at: at,
      status: kind === 'job_done' ? 'DONE' : 'ACTIVE',
    },
    context: {},
    event: eventView(event),
    transition: { id: EXAMPLE_ID, from: 'before', to: 'state', seq: 1, at },
    tenant: { id, name },
    workflow: { id: EXAMPLE_ID, name: 'example', version: 1 },
  };
}
