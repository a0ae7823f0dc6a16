// Who sends a request under /api/v1, and for which tenant: by an API key or a token, else by the cookie of a session.
import type { Context, MiddlewareHandler } from 'hono';
import type { Tenant } from '../../db/tenants.ts';
import { PawlError } from '../../engine/errors.ts';
import { UUID } from '../../engine/uuid.ts';
import type { ApiDeps, AppEnv } from '../deps.ts';
import { requireOwnOrigin } from './own-origin.ts';
import type { Principal } from './principal.ts';

/** Which tenant a session works for; keys and tokens belong to one and need not say. */
const TENANT_HEADER = 'x-pawl-tenant';

export function identifiesSender(deps: ApiDeps): MiddlewareHandler<AppEnv> {
  const { authenticate, tenants, signIn, limits } = deps;
  return async (c, next) => {
    const authorization = c.req.header('authorization');
    const bySession = authorization === undefined && signIn?.hasCookie(c.req.raw.headers) === true;
    const { principal, tenant } = bySession
      ? await whoseSession(c, deps)
      : await ofTenant(await authenticate(authorization));
    await limits?.request('account', `${tenant.id}:${principal.actor}`);
    await limits?.request('tenant', tenant.id);
    c.set('principal', principal);
    c.set('tenant', tenant);
    await next();
  };

  async function ofTenant(principal: Principal): Promise<{ principal: Principal; tenant: Tenant }> {
    const tenant = await tenants.get(principal.tenantId);
    if (tenant) return { principal, tenant };
    throw new PawlError('Unauthorized', 'invalid_credentials', 'These credentials are not valid.');
  }
}

async function whoseSession(
  c: Context<AppEnv>,
  { signIn, tenants, authenticateMember, publicUrl }: ApiDeps,
): Promise<{ principal: Principal; tenant: Tenant }> {
  requireOwnOrigin(c.req.raw, publicUrl ?? new URL(c.req.url).origin);
  const session = await signIn?.sessionOf(c.req.raw.headers);
  if (!session) {
    throw new PawlError('Unauthorized', 'session_ended', 'The session has ended. Sign in again.');
  }
  for (const cookie of session.setCookies) c.header('Set-Cookie', cookie, { append: true });
  const { user, activeTenantId } = session;
  const asked = c.req.header(TENANT_HEADER)?.toLowerCase();
  if (asked !== undefined) {
    const tenant = UUID.test(asked) ? await tenants.get(asked) : null;
    const principal = tenant && (await authenticateMember(tenant, user));
    // A tenant one is not a member of is one that is not there.
    if (!principal) throw new PawlError('NotFound', 'tenant_not_found', 'There is no such tenant.');
    return { principal, tenant };
  }
  const [only, ...others] = activeTenantId === null ? ((await signIn?.tenantsOf(user.id)) ?? []) : [];
  const tenant = activeTenantId === null ? only : await tenants.get(activeTenantId);
  const principal = tenant && others.length === 0 ? await authenticateMember(tenant, user) : null;
  if (!tenant || !principal) {
    throw new PawlError(
      'Forbidden',
      'tenant_not_chosen',
      'Say which organisation you mean: `X-Pawl-Tenant: <id>`. /api/auth/organization/list names yours.',
    );
  }
  return { principal, tenant };
}
