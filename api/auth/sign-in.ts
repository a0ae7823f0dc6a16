// Signing in with a session: better-auth with the few of its routes that are wanted, and nothing that sends by itself.
import { createAuthMiddleware, getSessionFromCtx, isAPIError } from 'better-auth/api';
import { betterAuth } from 'better-auth/minimal';
import type { BetterAuthPlugin } from 'better-auth/types';
import type { Logger } from 'pino';
import type { Database } from '../../db/client.ts';
import type { Ids } from '../../db/new-id.ts';
import type { SignInStore } from '../../db/sign-in-store.ts';
import type { OpenInvitation } from '../../db/statements/users.ts';
import type { Tenant, Tenants } from '../../db/tenants.ts';
import { PawlError } from '../../engine/errors.ts';
import { UUID } from '../../engine/uuid.ts';
import { createOrganisation } from './create-organisation.ts';
import { createDeviceCookie, type DeviceCookie } from './device-cookie.ts';
import { organisations } from './organisations.ts';
import { refuseSignIn } from './refuse-sign-in.ts';
import { isSetupToken, SETUP_HEADER, setupTokenOf } from './setup-token.ts';
import { createSignInAudit, type RecordSignIn } from './sign-in-audit.ts';

export interface SignIn {
  /** Answers a request to one of `SIGN_IN_PATHS`. */
  handle(request: Request): Promise<Response>;
  /** Whether a request carries a session's cookie, valid or not. */
  hasCookie(headers: Headers): boolean;
  /** Null when there is no such session (any more). */
  sessionOf(headers: Headers): Promise<Session | null>;
  /** The tenants a user is a member of. */
  tenantsOf(userId: string): Promise<Tenant[]>;
  /** What a page has to know before anybody has signed in. */
  ways(): Promise<SignInWays>;
  /** @returns null for a token that is worth nothing (any more) */
  invitation(token: string): Promise<OpenInvitation | null>;
  /** Whether an answer brings a new session. */
  makesSession(headers: Headers): boolean;
  device: DeviceCookie;
  /** What proves to be whoever runs Pawl; null where it takes no proof, or no more. */
  setupToken(): Promise<string | null>;
}

export interface SignInWays {
  /** At an identity provider. */
  oidc: boolean;
  /** `setup`: nobody is a member of anything yet, and the first account takes the token that the log shows. */
  signUp: 'open' | 'invited' | 'setup';
  /** Nobody is a member of anything yet. */
  isNew: boolean;
}

export interface Session {
  user: { id: string; name: string; email: string };
  /** The tenant that was made, joined or chosen last. */
  activeTenantId: string | null;
  /** For the answer: a session that is used lives longer. */
  setCookies: string[];
}

export interface SignInOptions {
  db: Database;
  store: SignInStore;
  tenants: Tenants;
  ids: Ids;
  log: Logger;
  secret: string;
  /** The origin that people open; undefined: the host that a request names. */
  publicUrl?: string | undefined;
  /** Whether cookies are for https alone. */
  secureCookies: boolean;
  signUp: 'open' | 'invited';
  /** A way to sign in at an identity provider: see oidc.ts. */
  oidc?: BetterAuthPlugin | undefined;
  onRolesChanged(tenantId: string): Promise<void>;
}

/**
 * The routes of better-auth that there are, below /api/auth; it has more, with each version other ones. What they leave out,
 * /api/v1 does: inviting, members, roles.
 */
export const SIGN_IN_PATHS: ReadonlySet<string> = new Set([
  '/sign-up/email',
  '/sign-in/email',
  '/sign-in/social',
  '/callback/oidc',
  '/sign-out',
  '/get-session',
  '/list-sessions',
  '/revoke-session',
  '/revoke-other-sessions',
  '/change-password',
  '/organization/create',
  '/organization/list',
  '/organization/set-active',
  '/organization/accept-invitation',
  '/organization/reject-invitation',
]);

/** Says where a request came from; whatever a client sends under this name is replaced. */
export const ADDRESS_HEADER = 'x-pawl-client-address';
/** The token of an invitation, where an account takes one. */
export const INVITATION_HEADER = 'x-pawl-invitation';

const ORGANISATIONS_OF_A_USER_MAX = 100;

const SESSION_LIFETIME_S = 7 * 24 * 3600;
/** A session in use is made longer this often, not at each request. */
const SESSION_REFRESH_S = 24 * 3600;
// NIST SP 800-63B asks for at least 8, and 15 where the password is all there is; the longest is a bound on hashing.
const PASSWORD_CHARS_MIN = 12;
const PASSWORD_CHARS_MAX = 256;

export function createSignIn(options: SignInOptions): SignIn {
  const { store, publicUrl, secureCookies, log, oidc } = options;
  const record = createSignInAudit(options);
  const cookiePrefix = secureCookies ? '__Host-pawl' : 'pawl';
  const auth = betterAuth({
    appName: 'Pawl',
    basePath: '/api/auth',
    ...(publicUrl !== undefined && { baseURL: publicUrl }),
    secret: options.secret,
    database: store.adapter,
    telemetry: { enabled: false },
    // Ours counts by address and by account, before a password is looked at.
    rateLimit: { enabled: false },
    // Below that it tells of every password that was mistyped.
    logger: {
      level: 'error',
      log: (level, message, error) => log[level]({ part: 'better-auth', err: error }, message),
    },
    onAPIError: {
      // A refusal becomes an answer. What nobody foresaw is for whoever answers for the rest of the API.
      onError(error) {
        if (!isAPIError(error)) throw (error as Error).cause ?? error;
      },
    },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: PASSWORD_CHARS_MIN,
      maxPasswordLength: PASSWORD_CHARS_MAX,
    },
    session: { expiresIn: SESSION_LIFETIME_S, updateAge: SESSION_REFRESH_S },
    account: { encryptOAuthTokens: true },
    advanced: {
      // The library's own prefix would be `__Secure-`, which allows a domain and a path; `__Host-` allows neither.
      useSecureCookies: false,
      cookiePrefix,
      defaultCookieAttributes: { secure: secureCookies, httpOnly: true, sameSite: 'lax', path: '/' },
      // Otherwise it would not look where it sends a browser to while tests run.
      disableOriginCheck: false,
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
      // A tenant has no logo and an invitation more than the library knows: it would call that a mistake.
      database: { generateId: () => options.ids.next(), validateSchema: false },
    },
    plugins: [organisations(options), ...(oidc ? [oidc] : [])],
    hooks: {
      before: beforeEach(options),
      after: afterEach(store, record),
    },
    databaseHooks: {
      session: {
        create: {
          after: async ({ userId, ipAddress, userAgent }) =>
            record('session.created', userId, ipAddress ?? null, { user_agent: userAgent ?? null }),
        },
        delete: {
          after: async ({ userId }, context) => record('session.ended', userId, addressOf(context?.headers)),
        },
      },
    },
  });

  return {
    handle: auth.handler,
    makesSession: (headers) =>
      headers
        .getSetCookie()
        .some((cookie) => new RegExp(`^${cookiePrefix}\\.session_token=[^;]`).test(cookie)),
    device: createDeviceCookie({ secret: options.secret, secure: secureCookies }),
    hasCookie: (headers) => (headers.get('cookie') ?? '').includes(`${cookiePrefix}.session_token=`),
    async sessionOf(headers) {
      const asked = auth.api.getSession({ headers, returnHeaders: true });
      const found = await asked.catch((cause) => {
        // It ended while it was looked at.
        if (isAPIError(cause) && cause.statusCode === 401) return null;
        // All that looking at it takes is the database.
        const sentence = 'Sessions cannot be looked up at the moment. Try again.';
        throw new PawlError('Unavailable', 'database_unavailable', sentence, { cause });
      });
      if (!found?.response) return null;
      const { user, session } = found.response;
      const active: unknown = (session as Record<string, unknown>).activeOrganizationId;
      return {
        user: { id: user.id, name: user.name, email: user.email },
        activeTenantId: typeof active === 'string' ? active : null,
        setCookies: found.headers.getSetCookie(),
      };
    },
    tenantsOf: store.tenantsOf,
    async ways() {
      const isNew = await store.isNew();
      const signUp = options.signUp === 'invited' && isNew ? 'setup' : options.signUp;
      return { oidc: oidc !== undefined, signUp, isNew };
    },
    invitation: async (token) => (UUID.test(token) ? store.openInvitation(token) : null),
    async setupToken() {
      return options.signUp === 'invited' && (await store.isNew()) ? setupTokenOf(options.secret) : null;
    },
  };
}

/** In lower case; empty where it is no text, which is nobody's. */
const emailOf = (body: { email?: unknown } | undefined): string =>
  typeof body?.email === 'string' ? body.email.toLowerCase() : '';

const addressOf = (headers: Headers | undefined): string | null => headers?.get(ADDRESS_HEADER) ?? null;

/** Refuses what the library would take: ids that are none, which the database does not compare, and strangers. */
function beforeEach(options: SignInOptions) {
  const { store } = options;
  /** Whoever holds the token of the log, until somebody is a member of something. */
  const setsUp = async (headers: Headers | undefined) =>
    isSetupToken(headers?.get(SETUP_HEADER) ?? null, options.secret) && (await store.isNew());

  return createAuthMiddleware(async (context) => {
    const { path, body, headers } = context;
    for (const field of ['invitationId', 'organizationId']) {
      const id: unknown = body?.[field];
      if (typeof id === 'string' && !UUID.test(id)) {
        throw refuseSignIn('INVALID_ID', `The ${field} is not one that was given out.`);
      }
    }
    const isOpen = options.signUp === 'open';
    if (path === '/sign-up/email' && !isOpen && !(await setsUp(headers))) {
      const token = headers?.get(INVITATION_HEADER) ?? '';
      const invitation = UUID.test(token) ? await store.openInvitation(token) : null;
      if (invitation !== null && invitation.email === emailOf(body)) return;
      throw refuseSignIn('INVITATION_REQUIRED', 'An account here takes an invitation to it.', 'FORBIDDEN');
    }
    if (path !== '/organization/create') return;
    if (!isOpen && !(await setsUp(headers))) {
      const sentence = 'Organisations here are made by whoever runs Pawl.';
      throw refuseSignIn('OPERATOR_REQUIRED', sentence, 'FORBIDDEN');
    }
    const found = await getSessionFromCtx(context);
    if (!found) throw refuseSignIn('SESSION_ENDED', 'Sign in first.', 'UNAUTHORIZED');
    const { user, session } = found;
    if ((await store.tenantsOf(user.id)).length >= ORGANISATIONS_OF_A_USER_MAX) {
      throw refuseSignIn('TOO_MANY_ORGANISATIONS', 'You are in as many organisations as one may be.');
    }
    const tenant = await createOrganisation(options, user.id, body ?? {});
    await options.onRolesChanged(tenant.id);
    await context.context.internalAdapter.updateSession(session.token, { activeOrganizationId: tenant.id });
    // What is answered here, the library does not handle any more.
    return context.json({ id: tenant.id, name: tenant.name, slug: tenant.slug });
  });
}

function afterEach(store: SignInStore, record: RecordSignIn) {
  return createAuthMiddleware(async ({ path, body, headers, context }) => {
    const address = addressOf(headers);
    const refused = isAPIError(context.returned);
    if (path === '/sign-in/email' && refused) {
      // The answer waits for it, a few milliseconds that an address nobody has does not take: too few to be told apart from
      // hashing in as many tries as there are.
      const userId = await store.findUserId(emailOf(body));
      if (userId !== null) await record('session.refused', userId, address);
    }
    const userId = context.session?.user.id;
    if (path === '/change-password' && !refused && userId !== undefined) {
      await record('password.changed', userId, address);
    }
  });
}
