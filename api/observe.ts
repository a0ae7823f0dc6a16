// What is noted of every request: its id, how long it took, its span, and a line in the log.
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { ApiDeps, AppEnv } from './deps.ts';

/** What a client may call its request; anything else gets an id of ours. */
const REQUEST_ID = /^[\w.-]{8,64}$/;

export function observesRequest(
  deps: Pick<ApiDeps, 'ids' | 'log' | 'meters' | 'tracing'>,
): MiddlewareHandler<AppEnv> {
  const { ids, log, meters, tracing } = deps;
  return async (c, next) => {
    const given = c.req.header('x-request-id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : ids.next();
    c.set('requestId', requestId);
    c.header('X-Request-Id', requestId);
    const logs = log.isLevelEnabled('debug');
    if (!logs && !meters && !tracing) return next();
    const { method } = c.req;
    const span = tracing?.begin(method, { kind: 'server', parent: c.req.header('traceparent') });
    if (span) c.set('span', span);
    const startedAt = performance.now();
    await next();
    const seconds = (performance.now() - startedAt) / 1_000;
    const route = routeOf(c);
    const { status } = c.res;
    meters?.answered({ method: METHODS.has(method) ? method : 'other', route, status, seconds });
    if (span) {
      span.rename(`${method} ${route}`);
      span.set({ 'http.route': route, 'http.response.status_code': status, ...attributesOf(c) });
      span.end(status >= 500 ? `status ${status}` : undefined);
    }
    if (logs) {
      const timed = { method, path: c.req.path, route, status, duration_ms: Math.round(seconds * 1_000) };
      log.debug({ ...aboutRequest(c), ...timed }, 'request');
    }
  };
}

/** Anybody may invent a method; a label may not have more values than we know of. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The pattern of the route that answered, such as `/api/v1/jobs/:id`; `none` where there was none. */
function routeOf(c: Context<AppEnv>): string {
  // Middleware is registered for all methods, a route for some; behind the routes there is only the web application.
  return matchedRoutes(c).find(({ method }) => method !== 'ALL')?.path ?? 'none';
}

const JOB_PATH = /^\/api\/v1\/jobs\/([\da-f]{8}-[\da-f-]{27})(?:\/|$)/i;

/** What every line of the log about a request says: which, whose, and about which job. */
export function aboutRequest(c: Context<AppEnv>): Record<string, string> {
  const about: Record<string, string> = { request_id: c.get('requestId') };
  const tenant = c.get('tenant') as AppEnv['Variables']['tenant'] | undefined;
  if (tenant) about.tenant_id = tenant.id;
  const jobId = JOB_PATH.exec(c.req.path)?.[1];
  if (jobId !== undefined) about.job_id = jobId.toLowerCase();
  return about;
}

function attributesOf(c: Context<AppEnv>): Record<string, string> {
  const about = Object.entries(aboutRequest(c));
  return Object.fromEntries(about.map(([name, value]) => [`pawl.${name}`, value]));
}
