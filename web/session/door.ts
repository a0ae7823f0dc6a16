// Requests to /api/auth: signing up, in and out, sessions, organisations. Its routes are better-auth's and in no OpenAPI
// document, so what they answer is written down here, as far as pages read it.
import { queryOptions } from '@tanstack/react-query';
import { ApiProblem, unreachable } from '../api/problem.ts';

export interface Ways {
  /** False: there are API keys only. */
  sessions: boolean;
  /** At an identity provider. */
  oidc: boolean;
  /** `setup`: the first account takes the link that the log of the API shows. */
  sign_up: 'open' | 'invited' | 'setup';
  is_new: boolean;
}

export interface Account {
  user: { id: string; name: string; email: string };
  session: { id: string };
}

export interface Organisation {
  id: string;
  name: string;
  slug: string;
}

export interface InvitationTo {
  tenant: { id: string; name: string };
  email: string;
  roles: string[];
  has_account: boolean;
}

export interface SessionOfMine {
  id: string;
  token: string;
  createdAt: string;
  updatedAt: string;
  ipAddress: string | null;
  userAgent: string | null;
}

/** What proves that one may come in: the token of an invitation, or that of the log. */
export type Proof = { 'X-Pawl-Invitation': string } | { 'X-Pawl-Setup': string } | Record<string, never>;

/** @param body posted; absent: asked by GET. @throws ApiProblem */
async function ask<T>(
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const response = await fetch(`/api/auth/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      'X-Pawl-Request': '1',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((error) => {
    throw unreachable(error);
  });
  const told = await response.json().catch(() => null);
  if (!response.ok) throw new ApiProblem(told ?? {}, response.status);
  return told as T;
}

export const waysQuery = queryOptions({ queryKey: ['ways'], queryFn: () => ask<Ways>('ways'), staleTime: 0 });

/** What came back from the identity provider instead of somebody; read before the router tidies the address. */
export const refusedAtProvider = new URLSearchParams(globalThis.location?.search ?? '').get('error');

/** Null for nobody. */
export const askForAccount = () => ask<Account | null>('get-session');

export const accountQuery = queryOptions({ queryKey: ['account'], queryFn: askForAccount });

export const organisationsQuery = queryOptions({
  queryKey: ['organisations'],
  queryFn: () => ask<Organisation[]>('organization/list'),
});

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: () => ask<SessionOfMine[]>('list-sessions'),
});

export const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: ['invitation', token],
    queryFn: () => ask<InvitationTo>('invitation', undefined, { 'X-Pawl-Invitation': token }),
    retry: false,
  });

export const signIn = (given: { email: string; password: string }): Promise<unknown> =>
  ask('sign-in/email', given);

export const signUp = (
  given: { name: string; email: string; password: string },
  proof: Proof,
): Promise<unknown> => ask('sign-up/email', given, proof);

/** Goes to the identity provider, which sends the browser back to `path`: without a fragment, which it does not keep. */
export async function signInAtProvider(path: string): Promise<void> {
  const back = { callbackURL: path, errorCallbackURL: '/' };
  const { url } = await ask<{ url: string }>('sign-in/social', { provider: 'oidc', ...back });
  window.location.assign(url);
}

export const endSession = (): Promise<void> => ask('sign-out', {});

export const createOrganisation = (
  given: { name: string; slug: string },
  proof: Proof,
): Promise<Organisation> => ask('organization/create', given, proof);

export const acceptInvitation = (token: string): Promise<unknown> =>
  ask('organization/accept-invitation', { invitationId: token });

/** So that another tab, and the next time, begin there too. */
export const makeActive = (organizationId: string): Promise<unknown> =>
  ask('organization/set-active', { organizationId });

export const revokeSession = (token: string): Promise<unknown> => ask('revoke-session', { token });
export const revokeOtherSessions = (): Promise<unknown> => ask('revoke-other-sessions', {});

export const changePassword = (given: { currentPassword: string; newPassword: string }): Promise<unknown> =>
  ask('change-password', { ...given, revokeOtherSessions: true });
