// Signing in at an identity provider by OpenID Connect: code flow with PKCE, state and nonce. better-auth leads through it;
// what has to be fetched on the way is fetched here, through the guarded sender. The library's own providers would fetch by
// themselves, so there is none of them.
import { createAuthorizationURL, type OAuthProvider } from 'better-auth/oauth2';
import type { BetterAuthPlugin } from 'better-auth/types';
import { type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Sender } from '../../egress/sender.ts';
import { createJwks, fetchesJson } from './jwks.ts';

/** `config.signIn.oidc` is one. */
export interface OidcOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What /api/auth/sign-in/social and /api/auth/callback call it. */
export const OIDC = 'oidc';

const SCOPES = ['openid', 'email', 'profile'];
const ID_TOKEN_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** Machines disagree on the time by this much without anybody being wrong. */
const CLOCK_TOLERANCE_S = 5;
const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 65_536;
/** A provider moves its endpoints seldom, and says so long before. */
const DISCOVERY_KEPT_MS = 3_600_000;

const discoverySchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
});

const tokenAnswerSchema = z.object({ access_token: z.string(), id_token: z.string() });

interface Provider {
  authorizationEndpoint: string;
  tokenEndpoint: string;
  findKey: JWTVerifyGetKey;
}

/** A plugin of better-auth with one provider, `oidc`. Nothing is fetched before somebody signs in. */
export function oidc(options: OidcOptions, sender: Sender): BetterAuthPlugin {
  const provider = createProvider(options, sender);
  return {
    id: 'pawl-oidc',
    init: ({ socialProviders }) => ({ context: { socialProviders: [...socialProviders, provider] } }),
  };
}

function createProvider(
  { issuer, clientId, clientSecret }: OidcOptions,
  sender: Sender,
): OAuthProvider<JWTPayload> {
  const discover = remembering(() => fetchProvider(issuer, sender));

  return {
    id: OIDC,
    name: 'OpenID Connect',
    issuer,
    requiresIdTokenNonce: true,
    accountSubject: ({ profile }) => profile.sub ?? '',

    async createAuthorizationURL({ state, codeVerifier, redirectURI, idTokenNonce, loginHint }) {
      const { authorizationEndpoint } = await discover();
      return createAuthorizationURL({
        id: OIDC,
        options: { clientId, clientSecret },
        authorizationEndpoint,
        redirectURI,
        state,
        codeVerifier,
        scopes: SCOPES,
        nonce: idTokenNonce,
        loginHint,
      });
    },

    async validateAuthorizationCode({ code, codeVerifier = '', redirectURI }) {
      const { tokenEndpoint } = await discover();
      const result = await sender.send(
        {
          method: 'POST',
          url: tokenEndpoint,
          headers: {
            accept: 'application/json',
            authorization: basic(clientId, clientSecret),
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: new URLSearchParams({
            grant_type: 'authorization_code',
            code,
            code_verifier: codeVerifier,
            redirect_uri: redirectURI,
          }).toString(),
        },
        { timeoutMs: TIMEOUT_MS, maxResponseBytes: ANSWER_BYTES_MAX },
      );
      if (result.phase !== 'answered' || result.status !== 200 || result.truncated) {
        const what = result.phase === 'answered' ? `status ${result.status}` : result.code;
        throw new Error(`the token endpoint of ${issuer} did not give a token: ${what}`);
      }
      const answer = tokenAnswerSchema.parse(JSON.parse(result.body.toString('utf8')));
      return { idToken: answer.id_token };
    },

    async getUserInfo({ idToken, expectedIdTokenNonce }) {
      if (idToken === undefined || expectedIdTokenNonce === undefined) return null;
      const { findKey } = await discover();
      const verified = await jwtVerify(idToken, findKey, {
        issuer,
        audience: clientId,
        algorithms: ID_TOKEN_ALGORITHMS,
        requiredClaims: ['sub', 'exp', 'iat', 'nonce'],
        clockTolerance: CLOCK_TOLERANCE_S,
      }).catch(() => null);
      if (verified === null) return null;
      const { payload } = verified;
      // OpenID Connect Core, 3.1.3.7: the nonce is that of this sign-in, and a token for several names us as the one it is for.
      if (payload.nonce !== expectedIdTokenNonce) return null;
      if (payload.azp !== undefined && payload.azp !== clientId) return null;
      const { email, name } = payload;
      if (typeof email !== 'string') return null;
      const user = {
        email: email.toLowerCase(),
        emailVerified: payload.email_verified === true,
        name: typeof name === 'string' ? name : email,
      };
      return { user, data: payload };
    },
  };
}

/** OpenID Connect Discovery, section 4. */
async function fetchProvider(issuer: string, sender: Sender): Promise<Provider> {
  const fetchJson = fetchesJson(sender);
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const found = discoverySchema.parse(await fetchJson(address));
  if (found.issuer !== issuer) throw new Error(`${address} is of another issuer: ${found.issuer}`);
  return {
    authorizationEndpoint: found.authorization_endpoint,
    tokenEndpoint: found.token_endpoint,
    findKey: createJwks(found.jwks_uri, fetchJson, () => performance.now()),
  };
}

/** RFC 6749, section 2.3.1: both are form-encoded before they are joined. */
function basic(clientId: string, clientSecret: string): string {
  const [id, secret] = [clientId, clientSecret].map((text) =>
    new URLSearchParams({ _: text }).toString().slice(2),
  );
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

/** One load for all who ask at once; a failed one is not kept. */
function remembering<T>(load: () => Promise<T>): () => Promise<T> {
  let known: { value: Promise<T>; at: number } | null = null;
  return () => {
    if (known !== null && performance.now() - known.at < DISCOVERY_KEPT_MS) return known.value;
    const value = load();
    const entry = { value, at: performance.now() };
    known = entry;
    value.catch(() => {
      if (known === entry) known = null;
    });
    return value;
  };
}
