import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTokenVerifier, type JwtOptions } from './jwt.ts';

const TENANT = '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f';
const SECRET = 'a secret that is long enough for each of the HMAC algorithms: 64 bytes';
const NOW = new Date('2026-03-01T12:00:00Z');
const NOW_S = NOW.getTime() / 1000;

const options: JwtOptions = {
  issuer: 'https://id.example.com',
  audience: 'pawl',
  keys: { kind: 'secret', secret: SECRET },
  algorithms: ['HS256'],
  tenantClaim: 'tenant_id',
  rolesClaim: 'roles',
};
const clock = { now: () => NOW };
const noKeys = () => Promise.reject(new Error('not asked for'));
const verify = createTokenVerifier(options, { fetchJson: noKeys, clock });

/** `undefined` leaves one out. */
type Members = Record<string, unknown>;

const claims = {
  iss: options.issuer,
  aud: options.audience,
  sub: 'ada',
  exp: NOW_S + 60,
  tenant_id: TENANT,
  roles: ['Contributor'],
};

function sign(more: Members = {}, header: Members = {}, secret = SECRET): Promise<string> {
  const payload = Object.fromEntries(
    Object.entries({ ...claims, ...more }).filter(([, value]) => value !== undefined),
  );
  const head = Object.fromEntries(
    Object.entries({ alg: 'HS256', typ: 'JWT', ...header }).filter(([, value]) => value !== undefined),
  );
  return new SignJWT(payload).setProtectedHeader(head as JWTHeaderParameters).sign(Buffer.from(secret));
}

describe('a token is accepted', () => {
  test('with its tenant, its known roles and its groups', async () => {
    const token = await sign({ roles: ['Reader', 'Emperor', 7], groups: ['ops', 'bad\nname', 3] });
    expect(await verify(token)).toEqual({ id: 'ada', tenantId: TENANT, roles: ['Reader'], groups: ['ops'] });
  });

  test.each(['JWT', 'jwt', 'at+jwt', 'application/at+jwt'])('of type %s', async (typ) => {
    expect(await verify(await sign({}, { typ }))).toMatchObject({ id: 'ada' });
  });

  test('with one role and one group, each written without a list', async () => {
    const token = await sign({ roles: 'Reader', groups: 'ops' });
    expect(await verify(token)).toMatchObject({ roles: ['Reader'], groups: ['ops'] });
  });

  test('without roles', async () => {
    expect(await verify(await sign({ roles: undefined }))).toMatchObject({ roles: [], groups: [] });
  });
});

describe('a token is refused', () => {
  test.each<[string, Members, Members, string]>([
    ['that has expired', { exp: NOW_S - 6 }, {}, 'token_expired'],
    ['without an expiry', { exp: undefined }, {}, 'invalid_credentials'],
    ['that is not valid yet', { nbf: NOW_S + 60 }, {}, 'invalid_credentials'],
    ['of another issuer', { iss: 'https://evil.example.com' }, {}, 'invalid_credentials'],
    ['without an issuer', { iss: undefined }, {}, 'invalid_credentials'],
    ['for another audience', { aud: 'other' }, {}, 'invalid_credentials'],
    ['without an audience', { aud: undefined }, {}, 'invalid_credentials'],
    ['without a subject', { sub: undefined }, {}, 'invalid_credentials'],
    ['whose subject cannot be written down', { sub: 'a\nb' }, {}, 'invalid_credentials'],
    ['without a tenant', { tenant_id: undefined }, {}, 'invalid_credentials'],
    ['whose tenant is no id', { tenant_id: "' or true" }, {}, 'invalid_credentials'],
    ['of no type', {}, { typ: undefined }, 'invalid_credentials'],
    ['that is a logout token', {}, { typ: 'logout+jwt' }, 'invalid_credentials'],
    ['signed with another algorithm', {}, { alg: 'HS512' }, 'invalid_credentials'],
  ])('%s', async (_, more, header, code) => {
    const token = await sign(more, header);
    await expect(verify(token)).rejects.toMatchObject({ kind: 'Unauthorized', code });
  });

  test('signed with another secret, not signed, or not a token', async () => {
    const refused = { kind: 'Unauthorized', code: 'invalid_credentials' };
    const forged = await sign({}, {}, 'another secret of thirty-two bytes!!');
    await expect(verify(forged)).rejects.toMatchObject(refused);
    await expect(verify(new UnsecuredJWT(claims).encode())).rejects.toMatchObject(refused);
    await expect(verify('a.b.c')).rejects.toMatchObject(refused);
    const [head, , signature] = (await sign()).split('.');
    const body = Buffer.from(JSON.stringify({ ...claims, roles: ['Owner'] })).toString('base64url');
    await expect(verify(`${head}.${body}.${signature}`)).rejects.toMatchObject(refused);
  });
});

describe('with the keys of an identity provider', () => {
  type Key = Awaited<ReturnType<typeof generateKeyPair>>;
  let one: Key;
  let two: Key;
  beforeAll(async () => {
    [one, two] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
  });

  const publicKey = async ({ publicKey }: Key, kid: string) => ({
    ...(await exportJWK(publicKey)),
    kid,
    alg: 'ES256',
    use: 'sig',
  });
  const signWith = ({ privateKey }: Key, kid: string) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid }).sign(privateKey);

  function verifier(fetchJson: (url: string) => Promise<unknown>) {
    const keys = { kind: 'jwks', url: 'https://id.example.com/jwks' } as const;
    return createTokenVerifier({ ...options, keys, algorithms: ['ES256'] }, { fetchJson, clock });
  }

  test('fetches them once, for however many tokens at once', async () => {
    const fetched: string[] = [];
    const verify = verifier(async (url) => {
      fetched.push(url);
      return { keys: [await publicKey(one, '1')] };
    });
    const token = await signWith(one, '1');
    await Promise.all([verify(token), verify(token), verify(token)]);
    await verify(token);
    expect(fetched).toEqual(['https://id.example.com/jwks']);
  });

  test('asks no more than once in a while for keys that are not there', async () => {
    let fetches = 0;
    const verify = verifier(async () => {
      fetches++;
      return { keys: [await publicKey(one, '1')] };
    });
    await verify(await signWith(one, '1'));
    const strange = await signWith(two, 'made-up');
    for (let i = 0; i < 5; i++) {
      await expect(verify(strange)).rejects.toMatchObject({ code: 'invalid_credentials' });
    }
    expect(fetches).toBe(1);
  });

  test('refuses a token that names a key but was signed with another', async () => {
    const verify = verifier(async () => ({ keys: [await publicKey(one, '1')] }));
    await expect(verify(await signWith(two, '1'))).rejects.toMatchObject({ code: 'invalid_credentials' });
  });

  test('refuses a token signed with the public key as a shared secret', async () => {
    const jwk = await publicKey(one, '1');
    const verify = verifier(async () => ({ keys: [jwk] }));
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: '1' })
      .sign(Buffer.from(JSON.stringify(jwk)));
    await expect(verify(forged)).rejects.toMatchObject({ code: 'invalid_credentials' });
  });

  test('says that it cannot tell when the keys cannot be had', async () => {
    const verify = verifier(() => Promise.reject(new Error('down')));
    await expect(verify(await signWith(one, '1'))).rejects.toMatchObject({
      kind: 'Unavailable',
      code: 'jwks_unavailable',
    });
  });
});
