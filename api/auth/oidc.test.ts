// Signing in at an identity provider, over real sockets, through the guarded sender.
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createSender, type Sender } from '../../egress/sender.ts';
import { setupApi, type TestApi } from '../api.testkit.ts';
import { type Browser, signUp } from '../browser.testkit.ts';
import { oidc } from './oidc.ts';

const CLIENT_ID = 'pawl';
const CLIENT_SECRET = 'a secret: with/odd characters';

let api: TestApi;
let provider: Server;
let issuer: string;
let sender: Sender;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;

/** What the provider is to say next of who signed in, and what it was asked. */
let claims: JWTPayload;
let signingKeys: typeof keys;
let challenge: string;
let tokenRequests: { authorization: string | undefined; form: URLSearchParams }[];

beforeAll(async () => {
  keys = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256' };
  provider = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = await answerOf(
      request.url ?? '',
      request.headers.authorization,
      Buffer.concat(chunks),
      jwk,
    );
    response.writeHead(answer === null ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const policy = { allowHttp: true, allowedPorts: 'any', allowedCidrs: ['127.0.0.0/8'] } as const;
  sender = createSender({ policy, userAgent: 'test' });
  api = await setupApi({
    signIn: {
      oidc: oidc({ issuer, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }, sender),
      signUp: 'invited',
    },
  });
});
afterAll(async () => {
  await api.stop();
  await sender.close();
  provider.close();
});

beforeEach(() => {
  signingKeys = keys;
  tokenRequests = [];
  claims = { sub: randomUUID(), email: `${randomUUID()}@example.com`, email_verified: true, name: 'Ada' };
});

async function answerOf(path: string, authorization: string | undefined, body: Buffer, jwk: object) {
  if (path === '/.well-known/openid-configuration') {
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
    };
  }
  if (path === '/keys') return { keys: [jwk] };
  if (path !== '/token') return null;
  const form = new URLSearchParams(body.toString());
  tokenRequests.push({ authorization, form });
  const verifier = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url');
  if (verifier !== challenge) return null;
  const idToken = new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setIssuer(String(claims.iss ?? issuer))
    .setAudience(String(claims.aud ?? CLIENT_ID))
    .setIssuedAt()
    .setExpirationTime(claims.exp ?? '5m');
  return { access_token: 'x', token_type: 'Bearer', id_token: await idToken.sign(signingKeys.privateKey) };
}

/** Goes to the provider and comes back. @returns where the browser is sent in the end */
async function signInWithProvider(browser: Browser, nonce?: string): Promise<string> {
  const begun = await browser.call('POST', '/api/auth/sign-in/social', {
    body: { provider: 'oidc', callbackURL: '/welcome', errorCallbackURL: '/refused' },
  });
  expect(begun.status).toBe(200);
  const url = new URL(begun.body.url);
  expect(`${url.origin}${url.pathname}`).toBe(`${issuer}/authorize`);
  expect(url.searchParams.get('client_id')).toBe(CLIENT_ID);
  expect(url.searchParams.get('scope')?.split(' ')).toContain('openid');
  challenge = url.searchParams.get('code_challenge') ?? '';
  claims.nonce = nonce ?? url.searchParams.get('nonce') ?? '';
  const state = encodeURIComponent(url.searchParams.get('state') ?? '');
  const back = await browser.call('GET', `/api/auth/callback/oidc?code=the-code&state=${state}`);
  expect(back.status).toBe(302);
  return back.headers.get('location') ?? '';
}

const userOf = async (browser: Browser) => (await browser.call('GET', '/api/auth/get-session')).body?.user;

test('whom the provider knows has an account, and accepts an invitation with it', async () => {
  const browser = api.visitor();
  expect(await signInWithProvider(browser)).toMatch(/\/welcome$/);
  expect(await userOf(browser)).toMatchObject({ email: claims.email, name: 'Ada', emailVerified: true });
  const [{ authorization, form } = { authorization: '', form: new URLSearchParams() }] = tokenRequests;
  expect(form.get('code')).toBe('the-code');
  expect(form.get('redirect_uri')).toMatch(/\/api\/auth\/callback\/oidc$/);
  const [id, secret] = Buffer.from(authorization?.slice(6) ?? '', 'base64')
    .toString()
    .split(':');
  expect([id, new URLSearchParams(`s=${secret}`).get('s')]).toEqual([CLIENT_ID, CLIENT_SECRET]);
  const { body } = await api.a.call('POST', '/invitations', {
    body: { email: String(claims.email), roles: ['Reader'] },
  });
  await browser.call('POST', '/api/auth/organization/accept-invitation', {
    body: { invitationId: body.token },
  });
  expect((await browser.call('GET', '/me')).body.roles).toEqual(['Reader']);
  // The same person, another time.
  const again = api.visitor();
  await signInWithProvider(again);
  expect((await userOf(again)).id).toBe((await userOf(browser)).id);
});

interface Spoilt {
  signedBy?: typeof keys;
  claims?: Record<string, unknown>;
}

test.each([
  ['signed by somebody else', async () => ({ signedBy: await generateKeyPair('ES256') })],
  ['of another issuer', () => ({ claims: { iss: 'https://evil.example' } })],
  ['for somebody else', () => ({ claims: { aud: 'another client' } })],
  ['that has expired', () => ({ claims: { exp: 1 } })],
  ['passed on by another client', () => ({ claims: { azp: 'another client' } })],
  ['without an address', () => ({ claims: { email: undefined } })],
])('a token %s signs nobody in', async (_, spoilt: () => Spoilt | Promise<Spoilt>) => {
  const { signedBy, claims: others } = await spoilt();
  if (signedBy) signingKeys = signedBy;
  Object.assign(claims, others);
  const browser = api.visitor();
  expect(await signInWithProvider(browser)).toMatch(/\/refused\?error=/);
  expect(await userOf(browser)).toBeUndefined();
});

test('a token of another sign-in, and an answer nobody asked for, sign nobody in', async () => {
  const browser = api.visitor();
  expect(await signInWithProvider(browser, 'another nonce')).toMatch(/\/refused\?error=/);
  expect(await userOf(browser)).toBeUndefined();
  const uninvited = await api.visitor().call('GET', '/api/auth/callback/oidc?code=x&state=y');
  expect(uninvited.headers.get('location')).toMatch(/error=/);
});

test('an address that somebody here has by a password is not taken over', async () => {
  const email = String(claims.email);
  const { body } = await api.a.call('POST', '/invitations', { body: { email } });
  await signUp(api.visitor(), email, body.token);
  const browser = api.visitor();
  expect(await signInWithProvider(browser)).toMatch(/\/refused\?error=/);
  expect(await userOf(browser)).toBeUndefined();
});

test('a token that a browser brings by itself is not taken', async () => {
  const idToken = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(keys.privateKey);
  const { status } = await api.visitor().call('POST', '/api/auth/sign-in/social', {
    body: { provider: 'oidc', idToken: { token: idToken } },
  });
  expect(status).toBeGreaterThanOrEqual(400);
});

test('afterwards the browser goes to our own pages only', async () => {
  const { status } = await api.visitor().call('POST', '/api/auth/sign-in/social', {
    body: { provider: 'oidc', callbackURL: 'https://evil.example/' },
  });
  expect(status).toBe(403);
});
