// Signing in, as the API process wires it: its store, its secret, its identity provider.
import { join } from 'node:path';
import { oidc } from '../api/auth/oidc.ts';
import { createSignIn, type SignIn, type SignInOptions } from '../api/auth/sign-in.ts';
import type { Config } from '../config/config.ts';
import { openSignInStore } from '../db/sign-in-store.ts';
import { createSender } from '../egress/sender.ts';
import { readOrCreateDevKey } from '../vault/dev-key.ts';
import { USER_AGENT } from './version.ts';

/** People sign in seldom; each session asks once a request. */
export const SIGN_IN_POOL_MAX = 5;

type Given = Pick<SignInOptions, 'db' | 'tenants' | 'ids' | 'log' | 'onRolesChanged'>;

/** Null: nobody signs in here. */
export async function openSignIn(
  config: Config,
  databaseUrl: string,
  given: Given,
): Promise<{ signIn: SignIn | null; stop(): Promise<unknown> }> {
  const { signIn: asked, http, development, database, egress } = config;
  if (!asked) return { signIn: null, stop: async () => {} };
  const secret = asked.secret ?? (await readOrCreateDevKey(join(config.directory, 'auth-secret'))).hex;
  const store = openSignInStore({ url: databaseUrl, poolMax: Math.min(SIGN_IN_POOL_MAX, database.poolMax) });
  const sender = asked.oidc && createSender({ policy: egress, userAgent: USER_AGENT });
  const signIn = createSignIn({
    ...given,
    store,
    secret,
    publicUrl: http.publicUrl,
    secureCookies: http.publicUrl?.startsWith('https:') ?? !development,
    signUp: asked.signUp,
    oidc: asked.oidc && sender && oidc(asked.oidc, sender),
  });
  return { signIn, stop: () => Promise.all([store.close(), sender?.close()]) };
}
