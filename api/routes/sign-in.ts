// /api/auth: signing up, in and out, sessions, organisations. better-auth answers; this stands before it.
import type { OpenAPIHono } from '@hono/zod-openapi';
import { type ErrorKind, PawlError } from '../../engine/errors.ts';
import { requireOwnOrigin } from '../auth/own-origin.ts';
import { ADDRESS_HEADER, INVITATION_HEADER, SIGN_IN_PATHS } from '../auth/sign-in.ts';
import { senderOf } from '../client-address.ts';
import type { ApiDeps, AppEnv } from '../deps.ts';
import { notFound } from '../routing.ts';

const PREFIX = '/api/auth';
/** Where passwords can be tried. */
const TAKES_A_PASSWORD = new Set(['/sign-in/email', '/sign-up/email', '/change-password']);
const STATUS_KINDS: Readonly<Record<number, ErrorKind>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  413: 'TooLarge',
  429: 'TooMany',
};

export function addSignInRoutes(app: OpenAPIHono<AppEnv>, deps: ApiDeps): void {
  const { signIn, limits, publicUrl } = deps;

  // What the sign-in page is made of. Nothing here tells who has an account.
  app.get(`${PREFIX}/ways`, async (c) => {
    if (signIn === null) return c.json({ sessions: false, oidc: false, sign_up: 'invited', is_new: false });
    const { oidc, signUp, isNew } = await signIn.ways();
    return c.json({ sessions: true, oidc, sign_up: signUp, is_new: isNew });
  });
  if (signIn === null) return;

  // For whoever holds the token, which is as much as accepting takes.
  app.get(`${PREFIX}/invitation`, async (c) => {
    const invitation = await signIn.invitation(c.req.header(INVITATION_HEADER) ?? '');
    if (!invitation) throw notFound('invitation');
    const { tenantId, tenantName, email, roles, expiresAt, hasAccount } = invitation;
    return c.json({
      tenant: { id: tenantId, name: tenantName },
      email,
      roles: roles === '' ? [] : roles.split(','),
      expires_at: expiresAt.toISOString(),
      has_account: hasAccount,
    });
  });

  const paths = [...SIGN_IN_PATHS].map((path) => PREFIX + path);
  app.on(['GET', 'POST'], paths, async (c) => {
    const path = c.req.path.slice(PREFIX.length);
    requireOwnOrigin(c.req.raw, publicUrl ?? new URL(c.req.url).origin);
    const address = c.get('address');
    const body = await c.req.text();
    const email = body !== '' && TAKES_A_PASSWORD.has(path) ? emailOf(await c.req.json()) : null;
    if (TAKES_A_PASSWORD.has(path)) {
      const sender = address === null ? 'unknown' : senderOf(address);
      const cookies = c.req.header('cookie') ?? null;
      const device = email === null ? null : signIn.device.deviceOf(cookies, email);
      await limits?.signIn(sender, email === null ? null : { email, device });
    }
    const response = await signIn.handle(forwarded(c.req.raw, body, address));
    for (const cookie of response.headers.getSetCookie()) c.header('Set-Cookie', cookie, { append: true });
    if (response.status >= 400) throw await refusalOf(response);
    // Whoever has a session from it has proven to be that account.
    if (email !== null && signIn.makesSession(response.headers))
      c.header('Set-Cookie', signIn.device.setCookie(email), { append: true });
    for (const name of ['content-type', 'location']) {
      const value = response.headers.get(name);
      if (value !== null) c.header(name, value);
    }
    return c.body(await response.text(), response.status as 200);
  });
}

/** Null where the session says whose the password is. */
function emailOf(body: unknown): string | null {
  const email = (body as { email?: unknown } | null)?.email;
  return typeof email === 'string' ? email : null;
}

/** The request with its body, which has been read, and with the address we know instead of any that it claims. */
function forwarded({ url, method, headers }: Request, body: string, address: string | null): Request {
  const sent = new Headers(headers);
  sent.delete('content-length');
  sent.delete(ADDRESS_HEADER);
  if (address !== null) sent.set(ADDRESS_HEADER, address);
  const reading = method === 'GET' || method === 'HEAD';
  return new Request(url, { method, headers: sent, ...(!reading && body !== '' && { body }) });
}

async function refusalOf(response: Response): Promise<Error> {
  const told = (await response.json().catch(() => ({}))) as { code?: unknown; message?: unknown };
  const reason = typeof told.code === 'string' ? told.code : `HTTP_${response.status}`;
  if (response.status >= 500) return new Error(`better-auth answered ${response.status} ${reason}`);
  const sentence = typeof told.message === 'string' ? told.message : 'The request was refused.';
  const kind = STATUS_KINDS[response.status] ?? 'InvalidInput';
  return new PawlError(kind, 'sign_in_refused', sentence, { details: { reason } });
}
