// What the isolation test needs to know of the routes: things of a tenant to ask for, and bodies that would be accepted.
// Whoever adds a route with a new kind of id or a body adds it here; the test says what is missing.
import { v7 } from 'uuid';
import { expect } from 'vitest';
import type { JsonObject } from '../engine/json.ts';
import type { TestTenant } from './api.testkit.ts';
import { join } from './browser.testkit.ts';

/** One of everything, by id. */
export interface Things {
  tenant: string;
  connection: string;
  connectionTest: string;
  apiKey: string;
  group: string;
  groupMember: string;
  invitation: string;
  member: string;
  roleAssignment: string;
  workflow: string;
  workflowName: string;
  workflowVersion: string;
  job: string;
  actionRun: string;
  source: string;
  /** One whose gaps are filled. */
  filledSource: string;
  inboundEvent: string;
  trigger: string;
  scope: string;
  supply: string;
  endpoint: string;
  subscription: string;
  delivery: string;
  meteringExport: string;
}

/** Makes one of everything through the API itself. `name` must be unknown to the other tenant. */
export async function makeThings(
  { tenant, call, deliver, visitor }: TestTenant,
  name: string,
): Promise<Things> {
  async function post(path: string, body: JsonObject = {}) {
    const answer = await call('POST', path, { body });
    expect(answer.status, `POST ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  }
  const connection = await post('/tenant/connections', {
    provider: 'generic_rest',
    connection_name: name,
    credentials: { base_url: 'http://127.0.0.1:9', auth_header: 'Bearer x' },
    supplied_to_all: true,
  });
  const scope = await post('/scopes', { kind: 'stack', name });
  const meteringExport = await post('/metering/exports', exportTo(connection.id, name));
  await call('PUT', '/metering/quotas/WebhookIngress/month', { body: { warn_at: 1_000 } });
  const supply = await post('/supplies', { connection_id: connection.id, scope_id: scope.id });
  const endpoint = await post('/endpoints', { url: 'http://127.0.0.1:9/told', signed_by: 'both' });
  const subscription = await post('/subscriptions', subscriptionThrough(connection.id, name));
  const connectionTest = await post(`/tenant/connections/${connection.id}/test`);
  const apiKey = await post('/api-keys', { name, roles: ['Reader'] });
  const group = await post('/groups', { name });
  const groupMember = await post(`/groups/${group.id}/members`, { member_type: 'user', member_id: name });
  const email = `${name.replaceAll(' ', '-')}@example.com`;
  const invitation = await post('/invitations', { email });
  const joining = `joined-${email}`;
  const { token } = await post('/invitations', { email: joining });
  const member = await join(visitor(), joining, token);
  const roleAssignment = await post('/role-assignments', {
    principal_type: 'user',
    principal_id: name,
    role: 'Reader',
  });
  const workflow = await post('/workflows', { name, definition: definitionWith(connection.id) });
  const version = await call('GET', `/workflows/${workflow.id}/versions/1`);
  await post(`/workflows/${workflow.id}/publish`, { version: 1 });
  const started = await post('/jobs', { workflow: workflow.id, key: name });
  const told = await call('GET', `/deliveries?job=${started.job.id}`);
  const sent = await post(`/jobs/${started.job.id}/events`, { type: 'GO' });
  const source = await post('/sources', { kind: 'generic', name });
  const filled = await post('/sources', { kind: 'github', name: `${name} of GitHub` });
  const github = await post('/tenant/connections', {
    provider: 'github',
    connection_name: `${name} of GitHub`,
    credentials: { token: 'github_pat_of_nobody' },
  });
  await call('PUT', `/sources/${filled.id}/gap-filler`, { body: { connection_id: github.id } });
  const trigger = await post('/triggers', triggerOf(source.id, workflow.id));
  await deliver(source, { of: name });
  const received = await call('GET', `/inbound-events?source=${source.id}`);
  return {
    tenant: tenant.id,
    connection: connection.id,
    connectionTest: connectionTest.id,
    apiKey: apiKey.id,
    group: group.id,
    groupMember: groupMember.id,
    invitation: invitation.id,
    member,
    roleAssignment: roleAssignment.id,
    workflow: workflow.id,
    workflowName: name,
    workflowVersion: version.body.id,
    job: started.job.id,
    actionRun: sent.action_runs[0].id,
    scope: scope.id,
    supply: supply.id,
    endpoint: endpoint.id,
    subscription: subscription.id,
    delivery: told.body.items[0].id,
    source: source.id,
    filledSource: filled.id,
    inboundEvent: received.body.items[0].id,
    trigger: trigger.id,
    meteringExport: meteringExport.id,
  };
}

const exportTo = (connection: string, name: string): JsonObject => ({
  name,
  destination: { type: 'http', connection_id: connection },
});

const triggerOf = (source: string, workflow: string): JsonObject => ({
  source_id: source,
  name: 'starts',
  event_types: ['*'],
  action: { type: 'start_job', workflow },
});

const subscriptionThrough = (connection: string, name: string): JsonObject => ({
  name,
  trigger: { kind: 'job_started' },
  action: { action_type: 'WEBHOOK', params: { connection_id: connection, path: '/x' } },
});

const subscriptionTo = (endpoint: JsonObject, name: string): JsonObject => ({
  name,
  trigger: { kind: 'job_started' },
  endpoint,
});

export const definitionWith = (connectionId: string): JsonObject => ({
  id: 'calls',
  initial: 'waiting',
  states: {
    waiting: {
      on: {
        GO: {
          target: 'called',
          actions: [
            { action_type: 'WEBHOOK', name: 'call', params: { connection_id: connectionId, path: '/x' } },
          ],
        },
      },
    },
    called: { on: { END: 'over' } },
    over: { type: 'final' },
  },
});

/** What stands in each path parameter; the first path that fits decides. */
const PATH_PARAMETERS: readonly [path: RegExp, parameter: string, thing: (things: Things) => string][] = [
  [/^\/api\/tenants\//, 'tenant_id', ({ tenant }) => tenant],
  [/^\/api\/v1\/tenant\/connections\//, 'id', ({ connection }) => connection],
  [/^\/api\/v1\/tenant\/connections\//, 'test_id', ({ connectionTest }) => connectionTest],
  [/^\/api\/v1\/providers\//, 'provider', () => 'generic_rest'],
  [/^\/api\/v1\/api-keys\//, 'id', ({ apiKey }) => apiKey],
  [/^\/api\/v1\/groups\//, 'id', ({ group }) => group],
  [/^\/api\/v1\/groups\//, 'member_id', ({ groupMember }) => groupMember],
  [/^\/api\/v1\/invitations\//, 'id', ({ invitation }) => invitation],
  [/^\/api\/v1\/members\//, 'id', ({ member }) => member],
  [/^\/api\/v1\/role-assignments\//, 'id', ({ roleAssignment }) => roleAssignment],
  [/^\/api\/v1\/workflows\//, 'workflow', ({ workflow }) => workflow],
  [/^\/api\/v1\/workflows\//, 'version', () => '1'],
  [/^\/api\/v1\/jobs\//, 'id', ({ job }) => job],
  [/^\/api\/v1\/actions\//, 'id', ({ actionRun }) => actionRun],
  [/^\/api\/v1\/sources\/.*\/gap-filler/, 'id', ({ filledSource }) => filledSource],
  [/^\/api\/v1\/sources\//, 'id', ({ source }) => source],
  [/^\/api\/v1\/inbound-events\//, 'id', ({ inboundEvent }) => inboundEvent],
  [/^\/api\/v1\/triggers\//, 'id', ({ trigger }) => trigger],
  [/^\/api\/v1\/scopes\//, 'id', ({ scope }) => scope],
  [/^\/api\/v1\/supplies\//, 'id', ({ supply }) => supply],
  [/^\/api\/v1\/endpoints\//, 'id', ({ endpoint }) => endpoint],
  [/^\/api\/v1\/subscriptions\//, 'id', ({ subscription }) => subscription],
  [/^\/api\/v1\/deliveries\//, 'id', ({ delivery }) => delivery],
  [/^\/api\/v1\/metering\/exports\//, 'id', ({ meteringExport }) => meteringExport],
  [/^\/api\/v1\/metering\/quotas\//, 'kind', () => 'WebhookIngress'],
  [/^\/api\/v1\/metering\/quotas\//, 'period', () => 'month'],
];

/** The path with the ids of `things` in it. */
export function fillPath(path: string, things: Things): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, parameter) => {
    const known = PATH_PARAMETERS.find(([at, name]) => at.test(path) && name === parameter);
    if (!known) throw new Error(`${path}: say in foreign-ids.testkit.ts what {${parameter}} stands for`);
    return known[2](things);
  });
}

/** Routes whose path names nothing of a tenant: they answer everybody alike. */
export const OF_NOBODY: readonly RegExp[] = [/^\/api\/v1\/providers\//, /^\/api\/v1\/metering\/quotas\//];

/** Ids that never were. */
export function strangers(): Partial<Things> {
  return {
    tenant: v7(),
    connection: v7(),
    connectionTest: v7(),
    apiKey: v7(),
    group: v7(),
    groupMember: v7(),
    invitation: v7(),
    member: v7(),
    roleAssignment: v7(),
    workflow: v7(),
    job: v7(),
    actionRun: v7(),
    source: v7(),
    filledSource: v7(),
    inboundEvent: v7(),
    trigger: v7(),
    scope: v7(),
    supply: v7(),
    endpoint: v7(),
    subscription: v7(),
    delivery: v7(),
    meteringExport: v7(),
  };
}

/** A body that the owner of the ids in the path could send. Routes that take none, or an optional one, need no entry. */
export const BODIES: Readonly<Record<string, JsonObject>> = {
  'PATCH /api/v1/tenant': { name: 'Renamed' },
  'PATCH /api/v1/tenant/connections/{id}': { enabled: false },
  'POST /api/v1/tenant/connections/{id}/rotate': { credentials: { base_url: 'http://127.0.0.1:9' } },
  'PATCH /api/v1/groups/{id}': { name: 'taken over' },
  'POST /api/v1/groups/{id}/members': { member_type: 'user', member_id: 'eve' },
  'PATCH /api/v1/workflows/{workflow}': { description: 'taken over' },
  'POST /api/v1/workflows/{workflow}/versions': { definition: { id: 'x', initial: 's', states: { s: {} } } },
  'PATCH /api/v1/workflows/{workflow}/versions/{version}': { layout: {} },
  'POST /api/v1/workflows/{workflow}/publish': { version: 1 },
  'POST /api/v1/workflows/{workflow}/simulate': { event: { type: 'GO' }, state: 'waiting' },
  'POST /api/v1/workflows/{workflow}/migrate': { from_version: 1, version: 1, dry_run: true },
  'POST /api/v1/jobs/{id}/events': { type: 'END' },
  'POST /api/v1/jobs/{id}/migrate': { version: 1 },
  'POST /api/v1/jobs/{id}/what-if': { version: 1 },
  'PATCH /api/v1/sources/{id}': { is_active: false },
  'PUT /api/v1/sources/{id}/gap-filler': { connection_id: v7() },
  'PATCH /api/v1/triggers/{id}': { enabled: false },
  'POST /api/v1/triggers/{id}/test': { type: 'x' },
  'PATCH /api/v1/scopes/{id}': { name: 'taken over' },
  'PATCH /api/v1/endpoints/{id}': { enabled: false },
  'PATCH /api/v1/subscriptions/{id}': { enabled: false },
  'PATCH /api/v1/metering/exports/{id}': { enabled: false },
  'PUT /api/v1/metering/quotas/{kind}/{period}': { warn_at: 5 },
};

/** Requests without an id in the path that name somebody else's things in the body, and what they are to be answered. */
export const FOREIGN_BODIES: readonly {
  route: string;
  body(foreign: Things): JsonObject;
  status: number;
  code: string;
}[] = [
  {
    route: 'POST /api/v1/jobs',
    body: ({ workflow }) => ({ workflow }),
    status: 404,
    code: 'workflow_not_found',
  },
  {
    route: 'POST /api/v1/jobs',
    body: ({ workflowName }) => ({ workflow: workflowName }),
    status: 404,
    code: 'workflow_not_found',
  },
  {
    route: 'POST /api/v1/role-assignments',
    body: ({ connection }) => ({
      principal_type: 'user',
      principal_id: 'eve',
      role: 'Owner',
      connection_id: connection,
    }),
    status: 404,
    code: 'connection_not_found',
  },
  {
    route: 'POST /api/v1/role-assignments',
    body: ({ apiKey }) => ({ principal_type: 'service', principal_id: apiKey, role: 'Owner' }),
    status: 404,
    code: 'api_key_not_found',
  },
  {
    route: 'POST /api/v1/workflows',
    body: ({ connection }) => ({ name: 'thief', definition: definitionWith(connection) }),
    status: 422,
    code: 'definition_invalid',
  },
  {
    route: 'POST /api/v1/workflows/simulate',
    body: ({ workflow }) => ({ workflow, state: 'waiting', event: { type: 'GO' } }),
    status: 404,
    code: 'workflow_not_found',
  },
  {
    route: 'POST /api/v1/triggers',
    body: ({ source, workflow }) => triggerOf(source, workflow),
    status: 404,
    code: 'source_not_found',
  },
  {
    route: 'POST /api/v1/triggers/test',
    body: ({ source }) => ({
      source_id: source,
      event_types: ['*'],
      action: { type: 'send_event', key: "'k'", event_type: 'GO' },
      type: 'x',
    }),
    status: 404,
    code: 'source_not_found',
  },
  {
    route: 'POST /api/v1/workflows',
    body: ({ scope }) => ({ name: 'thief', scope_id: scope }),
    status: 404,
    code: 'scope_not_found',
  },
  {
    route: 'POST /api/v1/scopes',
    body: ({ scope }) => ({ kind: 'namespace', name: 'thief', parent_id: scope }),
    status: 404,
    code: 'scope_not_found',
  },
  {
    route: 'POST /api/v1/supplies',
    body: ({ connection, scope }) => ({ connection_id: connection, scope_id: scope }),
    status: 404,
    code: 'connection_not_found',
  },
  {
    route: 'POST /api/v1/metering/exports',
    body: ({ connection }) => exportTo(connection, 'thief'),
    status: 404,
    code: 'connection_not_found',
  },
  {
    route: 'POST /api/v1/subscriptions',
    body: ({ endpoint }) => subscriptionTo({ endpoint_id: endpoint }, 'thief'),
    status: 404,
    code: 'endpoint_not_found',
  },
  {
    route: 'POST /api/v1/subscriptions',
    body: ({ scope, endpoint }) => ({
      ...subscriptionTo({ endpoint_id: endpoint }, 'thief of a scope'),
      scope_id: scope,
    }),
    status: 404,
    code: 'scope_not_found',
  },
  {
    route: 'POST /api/v1/subscriptions/preview',
    body: ({ scope, endpoint }) => ({
      scope_id: scope,
      trigger: { kind: 'job_started' },
      endpoint: { endpoint_id: endpoint },
    }),
    status: 404,
    code: 'scope_not_found',
  },
  {
    route: 'POST /api/v1/subscriptions/preview',
    body: ({ endpoint }) => ({ trigger: { kind: 'job_started' }, endpoint: { endpoint_id: endpoint } }),
    status: 404,
    code: 'endpoint_not_found',
  },
  {
    route: 'POST /api/v1/subscriptions',
    body: ({ connection }) => subscriptionThrough(connection, 'thief of a connection'),
    status: 422,
    code: 'subscription_invalid',
  },
];

/** Routes that change something and name nothing that exists already but the organisation. */
export const NAMES_NOTHING: readonly string[] = [
  'PATCH /api/v1/tenant',
  'POST /api/v1/tenant/connections',
  'POST /api/v1/api-keys',
  'POST /api/v1/groups',
  'POST /api/v1/invitations',
  'POST /api/v1/workflows/validate',
  'POST /api/v1/sources',
  'POST /api/v1/endpoints',
  'POST /api/v1/tenant/signing-keys/rotate',
  'DELETE /api/v1/tenant/signing-keys/previous',
  'POST /api/v1/deliveries/replay',
  'POST /api/v1/audit/verifications',
];

/** Queries that ask lists for somebody else's things. */
export const FOREIGN_QUERIES: readonly ((foreign: Things) => string)[] = [
  ({ job }) => `/api/v1/audit?subject_id=${job}`,
  ({ connection }) => `/api/v1/audit?subject_id=${connection}`,
  ({ connection }) => `/api/v1/role-assignments?connection_id=${connection}`,
  ({ workflow }) => `/api/v1/jobs?workflow=${workflow}`,
  ({ job }) => `/api/v1/actions?job=${job}`,
  ({ connection }) => `/api/v1/actions?connection=${connection}`,
  ({ workflow }) => `/api/v1/actions?workflow=${workflow}`,
  ({ source }) => `/api/v1/inbound-events?source=${source}`,
  ({ source }) => `/api/v1/triggers?source=${source}`,
  ({ connection }) => `/api/v1/supplies?connection=${connection}`,
  ({ connection }) => `/api/v1/subscriptions?connection=${connection}`,
  ({ job }) => `/api/v1/deliveries?job=${job}`,
  ({ subscription }) => `/api/v1/deliveries?subscription=${subscription}`,
];
