// The HTTP API: which routes there are, and what every request goes through before and after them.
import type { IncomingMessage } from 'node:http';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { answering } from '../db/caller.ts';
import { PawlError } from '../engine/errors.ts';
import { identifiesSender } from './auth/identify.ts';
import { clientAddress, senderOf } from './client-address.ts';
import type { ApiDeps, AppEnv } from './deps.ts';
import { observesRequest } from './observe.ts';
import { answerProblem } from './problems.ts';
import { readsBody } from './request-body.ts';
import { actionsRoutes } from './routes/actions.ts';
import { apiKeysRoutes } from './routes/api-keys.ts';
import { auditRoutes } from './routes/audit.ts';
import { auditChainRoutes } from './routes/audit-chain.ts';
import { connectionLimitsRoutes } from './routes/connection-limits.ts';
import { connectionTestsRoutes } from './routes/connection-tests.ts';
import { connectionsRoutes } from './routes/connections.ts';
import { deliveriesRoutes } from './routes/deliveries.ts';
import { endpointHealthRoutes } from './routes/endpoint-health.ts';
import { endpointsRoutes } from './routes/endpoints.ts';
import { gapFillersRoutes } from './routes/gap-fillers.ts';
import { groupMembersRoutes } from './routes/group-members.ts';
import { groupsRoutes } from './routes/groups.ts';
import { inboundEventsRoutes } from './routes/inbound-events.ts';
import { invitationsRoutes } from './routes/invitations.ts';
import { jobsRoutes } from './routes/jobs.ts';
import { addJwksRoute } from './routes/jwks.ts';
import { meRoutes } from './routes/me.ts';
import { membersRoutes } from './routes/members.ts';
import { meteringRoutes } from './routes/metering.ts';
import { meteringDownloadRoutes } from './routes/metering-download.ts';
import { meteringExportsRoutes } from './routes/metering-exports.ts';
import { migrationRoutes } from './routes/migrations.ts';
import { providersRoutes } from './routes/providers.ts';
import { quotasRoutes } from './routes/quotas.ts';
import { roleAssignmentsRoutes } from './routes/role-assignments.ts';
import { rolesRoutes } from './routes/roles.ts';
import { scopesRoutes } from './routes/scopes.ts';
import { addServiceRoutes } from './routes/service.ts';
import { addSignInRoutes } from './routes/sign-in.ts';
import { signingKeysRoutes } from './routes/signing-keys.ts';
import { sourceKindsRoutes } from './routes/source-kinds.ts';
import { sourcesRoutes } from './routes/sources.ts';
import { subscriptionsRoutes } from './routes/subscriptions.ts';
import { suppliesRoutes } from './routes/supplies.ts';
import { tenantRoutes } from './routes/tenant.ts';
import { triggersRoutes } from './routes/triggers.ts';
import { addWebApplication } from './routes/web-application.ts';
import { addWebhookRoutes } from './routes/webhooks.ts';
import { whatIfRoutes } from './routes/what-if.ts';
import { workflowsRoutes } from './routes/workflows.ts';
import { createRouter } from './routing.ts';

export function createApi(deps: ApiDeps): OpenAPIHono<AppEnv> {
  const app = createRouter();
  app.onError((error, c) => answerProblem(error, c, deps));
  app.notFound((c) => {
    const nowhere = new PawlError(
      'NotFound',
      'route_not_found',
      `There is no ${c.req.method} ${c.req.path}.`,
    );
    return answerProblem(nowhere, c, deps);
  });

  app.use(observesRequest(deps), setsSecurityHeaders(deps));
  app.use('/api/*', countsSender(deps));
  app.use('/api/auth/*', readsBody(deps.maxBodyBytes));
  addSignInRoutes(app, deps);
  app.use('/api/v1/*', identifiesSender(deps), readsBody(deps.maxBodyBytes));

  const resources = [
    workflowsRoutes(deps),
    jobsRoutes(deps),
    migrationRoutes(deps),
    whatIfRoutes(deps),
    actionsRoutes(deps),
    connectionsRoutes(deps),
    connectionTestsRoutes(deps),
    connectionLimitsRoutes(deps),
    providersRoutes(),
    scopesRoutes(deps),
    suppliesRoutes(deps),
    endpointsRoutes(deps),
    endpointHealthRoutes(deps),
    signingKeysRoutes(deps),
    subscriptionsRoutes(deps),
    deliveriesRoutes(deps),
    sourcesRoutes(deps),
    gapFillersRoutes(deps),
    sourceKindsRoutes(),
    inboundEventsRoutes(deps),
    triggersRoutes(deps),
    meteringRoutes(deps),
    meteringDownloadRoutes(deps),
    meteringExportsRoutes(deps),
    quotasRoutes(deps),
    auditRoutes(deps),
    auditChainRoutes(deps),
    apiKeysRoutes(deps),
    roleAssignmentsRoutes(deps),
    groupsRoutes(deps),
    groupMembersRoutes(deps),
    membersRoutes(deps),
    invitationsRoutes(deps),
    meRoutes(),
    rolesRoutes(),
    tenantRoutes(deps),
  ];
  for (const routes of resources) app.route('/api/v1', routes as OpenAPIHono<AppEnv>);
  addWebhookRoutes(app, deps);
  addJwksRoute(app, deps);
  addServiceRoutes(app, deps);
  if (deps.web) addWebApplication(app, deps.web);
  return app;
}

function countsSender({ limits, proxies }: ApiDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    // Requests that a test hands over directly have no socket.
    const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage };
    const remote = incoming?.socket.remoteAddress ?? null;
    const address = clientAddress(remote, c.req.header('x-forwarded-for'), proxies);
    c.set('address', address);
    await limits?.request('address', address === null ? 'unknown' : senderOf(address));
    // What is only read writes no entry that would have to say it.
    if (address === null || c.req.method === 'GET') return next();
    await answering({ address }, next);
  };
}

/** A page that needs more (the reference) overrides the policy with one that names exactly what it needs. */
function setsSecurityHeaders({ publicUrl }: ApiDeps): MiddlewareHandler<AppEnv> {
  const isHttps = publicUrl?.startsWith('https:') === true;
  return (c, next) => {
    c.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('X-Frame-Options', 'DENY');
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Cross-Origin-Resource-Policy', 'same-origin');
    c.header('Cache-Control', 'no-store');
    const secure = isHttps || c.req.header('x-forwarded-proto') === 'https' || c.req.url.startsWith('https:');
    if (secure) c.header('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
    return next();
  };
}
