import { SignJWT } from 'jose';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Caller, setupApi, type TestApi } from './api.testkit.ts';
import { newApiKey } from './auth/api-key.ts';
import { createTokenVerifier } from './auth/jwt.ts';
import type { ConnectionRole } from './auth/principal.ts';
import { describeApi, operationsOf } from './openapi.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const ISSUER = 'https://id.example.com';

let api: TestApi;

beforeAll(async () => {
  api = await setupApi({
    verifyToken: ({ clock }) =>
      createTokenVerifier(
        {
          issuer: ISSUER,
          audience: 'pawl',
          keys: { kind: 'secret', secret: SECRET },
          algorithms: ['HS256'],
          tenantClaim: 'tenant_id',
          rolesClaim: 'roles',
        },
        { fetchJson: () => Promise.reject(new Error('not asked for')), clock },
      ),
  });
});
afterAll(() => api.stop());

async function userOf(tenantId: string, sub: string, claims: Record<string, unknown> = {}): Promise<Caller> {
  const token = await new SignJWT({ tenant_id: tenantId, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(ISSUER)
    .setAudience('pawl')
    .setSubject(sub)
    .setExpirationTime((claims.exp as number | undefined) ?? Math.floor(Date.now() / 1000) + 3600)
    .sign(Buffer.from(SECRET));
  return api.caller(`Bearer ${token}`);
}

let names = 0;
async function newConnection(call: Caller = api.a.call): Promise<string> {
  const { status, body } = await call('POST', '/tenant/connections', {
    body: {
      provider: 'generic_rest',
      connection_name: `c${++names}`,
      credentials: { base_url: 'http://127.0.0.1' },
    },
  });
  expect(status).toBe(201);
  return body.id;
}

const give = (principal: { type: string; id: string }, role: string, connectionId: string | null = null) =>
  api.a.call('POST', '/role-assignments', {
    body: { principal_type: principal.type, principal_id: principal.id, role, connection_id: connectionId },
  });

describe('every route under /api/v1', () => {
  const routes = () =>
    operationsOf(describeApi(api.app, 'x')).filter(({ path }) => path.startsWith('/api/v1/'));
  const sample = (path: string) => path.replaceAll(/\{\w+\}/g, () => v7());

  test('declares who may call it', () => {
    expect(routes().length).toBeGreaterThan(20);
    const open = routes().filter(({ operation }) => !('x-permission' in operation));
    expect(open.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });

  test('is in the description: no handler goes without', () => {
    const described = new Set(routes().map(({ method, path }) => `${method} ${path}`));
    const handled = api.app.routes
      .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/v1/'))
      .map(
        ({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}')}`,
      );
    expect([...new Set(handled)].filter((route) => !described.has(route))).toEqual([]);
  });

  test('asks for credentials before anything else', async () => {
    const stranger = api.caller(null);
    const before = await api.countRows();
    for (const { method, path } of routes()) {
      const { status, headers, body } = await stranger(method.toUpperCase(), sample(path));
      expect([status, body.code], `${method} ${path}`).toEqual([401, 'credentials_missing']);
      expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    expect(await api.countRows()).toEqual(before);
  });

  test('refuses a principal without roles, naming the permission, unless it is open to everybody', async () => {
    const { call } = await api.keyWith([]);
    const before = await api.countRows();
    for (const { method, path, operation } of routes()) {
      const permission = (operation as { 'x-permission'?: string })['x-permission'];
      if (permission === 'self.read' || permission === 'provider.read') continue;
      const { status, body } = await call(method.toUpperCase(), sample(path), {
        ...(method !== 'get' && { body: {} }),
      });
      expect([status, body.code, body.permission], `${method} ${path}`).toEqual([
        403,
        'forbidden',
        permission,
      ]);
    }
    expect(await api.countRows()).toEqual(before);
  });
});

describe('an API key', () => {
  test('tells who is asking', async () => {
    const { body } = await api.a.call('GET', '/me');
    expect(body).toMatchObject({
      principal: { kind: 'service', id: api.a.keyId, actor: `key:${api.a.keyId}` },
      tenant: { id: api.a.tenant.id, name: 'Alder', slug: 'alder' },
      roles: ['Owner'],
    });
  });

  test.each([
    ['made up, of a tenant that is there', () => newApiKey(api.a.tenant.id).key],
    ['made up, of a tenant that is not', () => newApiKey(v7()).key],
    ['cut short', () => api.a.key.slice(0, -1)],
    [
      'with the id of another tenant in it',
      () => api.a.key.slice(0, 37) + newApiKey(api.b.tenant.id).key.slice(37),
    ],
    ['too long', () => `pawl_${'x'.repeat(20_000)}`],
  ])('that is %s is refused', async (_, key) => {
    const { status, body } = await api.caller(`Bearer ${key()}`)('GET', '/me');
    expect([status, body.code]).toEqual([401, 'invalid_credentials']);
  });

  test.each(['', 'Bearer', 'Basic dXNlcjpwYXNz', 'Bearer a b', 'pawl_x'])(
    'is not found in the header "%s"',
    async (header) => {
      const { status, body } = await api.caller(header)('GET', '/me');
      expect([status, body.code]).toEqual([401, 'invalid_credentials']);
    },
  );

  test('is shown once, stored as a hash, and never listed', async () => {
    const made = await api.a.call('POST', '/api-keys', { body: { name: 'orders', roles: ['Reader'] } });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'orders', roles: ['Reader'], revoked_at: null },
    });
    const { key, ...shown } = made.body;
    expect((await api.caller(`Bearer ${key}`)('GET', '/me')).body.roles).toEqual(['Reader']);
    const { body } = await api.a.call('GET', '/api-keys');
    expect(shown.last_used_at).toBeNull();
    expect(body.items).toContainEqual({ ...shown, last_used_at: expect.any(String) });
    expect(JSON.stringify(body)).not.toContain(key);
    const rows = await api.operator.sql`
      select t::text as text from api_keys t union all select t::text from event_log t`;
    const dump = rows.map(({ text }) => text).join('\n');
    expect(dump).not.toContain(key);
    expect(dump).not.toContain(key.slice(12));
  });

  test('is refused from the moment it is revoked, though it was just used', async () => {
    const { id, call } = await api.keyWith(['Reader']);
    expect((await call('GET', '/me')).status).toBe(200);
    const revoked = await api.a.call('POST', `/api-keys/${id}/revoke`);
    expect(revoked.body.revoked_at).not.toBeNull();
    const before = await api.countRows();
    expect(await call('GET', '/me')).toMatchObject({ status: 401, body: { code: 'api_key_revoked' } });
    // Again: nothing new happens, nothing is logged.
    expect((await api.a.call('POST', `/api-keys/${id}/revoke`)).body).toEqual(revoked.body);
    expect(await api.countRows()).toEqual(before);
  });

  test('is refused once it has expired, though it was just used', async () => {
    const { id, call } = await api.keyWith(['Reader']);
    expect((await call('GET', '/me')).status).toBe(200);
    await api.asOwner(
      (sql) => sql`update api_keys set expires_at = now() - interval '1 second' where id = ${id}`,
    );
    api.deps.changed(`api_key:${api.a.tenant.id}`);
    expect(await call('GET', '/me')).toMatchObject({ status: 401, body: { code: 'api_key_expired' } });
  });

  test('cannot be made already expired', async () => {
    const before = await api.countRows();
    const { status, body } = await api.a.call('POST', '/api-keys', {
      body: { name: 'late', expires_at: '2020-01-01T00:00:00Z' },
    });
    expect([status, body.code]).toEqual([422, 'expiry_in_the_past']);
    expect(await api.countRows()).toEqual(before);
  });
});

describe('a token of a tenant user', () => {
  test('brings the roles of its claim and those assigned to the user and its groups', async () => {
    const connection = await newConnection();
    await give({ type: 'user', id: 'ada' }, 'IntegrationReader');
    await give({ type: 'group', id: 'ops' }, 'Contributor', connection);
    const ada = await userOf(api.a.tenant.id, 'ada', { roles: ['Reader'], groups: ['ops'] });
    const { body } = await ada('GET', '/me');
    expect(body.principal).toEqual({ kind: 'user', id: 'ada', actor: 'user:ada' });
    expect(body.roles.sort()).toEqual(['IntegrationReader', 'Reader']);
    expect(body.connection_roles).toEqual([{ connection_id: connection, roles: ['Contributor'] }]);
  });

  test('that has expired is refused and changes nothing', async () => {
    const late = await userOf(api.a.tenant.id, 'ada', {
      roles: ['Owner'],
      exp: Math.floor(Date.now() / 1000) - 60,
    });
    const before = await api.countRows();
    const { status, body } = await late('POST', '/api-keys', { body: { name: 'x' } });
    expect([status, body.code]).toEqual([401, 'token_expired']);
    expect(await api.countRows()).toEqual(before);
  });

  test('of a tenant that is not there is refused', async () => {
    const nobody = await userOf(v7(), 'ada', { roles: ['Owner'] });
    expect(await nobody('GET', '/me')).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
  });

  test('brings nothing that the same name was given in another tenant', async () => {
    await give({ type: 'user', id: 'eve' }, 'Owner');
    const elsewhere = await userOf(api.b.tenant.id, 'eve');
    expect((await elsewhere('GET', '/me')).body.roles).toEqual([]);
  });

  test('makes its user the Owner of a connection it creates', async () => {
    const ada = await userOf(api.a.tenant.id, 'maker', { roles: ['IntegrationCreator'] });
    const id = await newConnection(ada);
    expect((await ada('PATCH', `/tenant/connections/${id}`, { body: { enabled: false } })).status).toBe(200);
    // And sees no other.
    expect((await ada('GET', '/tenant/connections')).body.items).toMatchObject([{ id }]);
    expect((await ada('GET', `/tenant/connections/${await newConnection()}`)).status).toBe(403);
  });
});

describe('a role', () => {
  test('holds from the moment it is given and ends when it is taken away', async () => {
    const { id, call } = await api.keyWith([]);
    expect((await call('GET', '/api-keys')).status).toBe(403);
    const given = await give({ type: 'service', id }, 'Reader');
    expect(given.status).toBe(201);
    expect((await call('GET', '/api-keys')).status).toBe(200);
    expect((await api.a.call('DELETE', `/role-assignments/${given.body.id}`)).status).toBe(204);
    expect((await call('GET', '/api-keys')).status).toBe(403);
    const log = await api.a.call('GET', `/audit?subject_id=${given.body.id}`);
    expect(log.body.items.map(({ kind }: { kind: string }) => kind)).toEqual([
      'role_assignment.deleted',
      'role_assignment.created',
    ]);
  });

  test('given twice is one assignment', async () => {
    const first = await give({ type: 'user', id: 'twice' }, 'Reader');
    const before = await api.countRows();
    const second = await give({ type: 'user', id: 'twice' }, 'Reader');
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
    expect(await api.countRows()).toEqual(before);
  });

  test.each([
    ['no role at all', { role: 'Emperor' }, '/role'],
    ['a role of connections in the organisation', { role: 'IdentityAccessManager' }, '/role'],
    [
      'a role of the organisation on a connection',
      { role: 'IntegrationReader', connection_id: v7() },
      '/role',
    ],
    ['a stranger type', { principal_type: 'robot' }, '/principal_type'],
    ['an id that is none', { connection_id: 'x' }, '/connection_id'],
  ])('is refused when it is %s', async (_, wrong, pointer) => {
    const before = await api.countRows();
    const { status, body } = await api.a.call('POST', '/role-assignments', {
      body: { principal_type: 'user', principal_id: 'x', role: 'Reader', ...wrong },
    });
    expect(status).toBe(422);
    expect(body.problems).toMatchObject([{ pointer }]);
    expect(await api.countRows()).toEqual(before);
  });

  test('is not given to a key or on a connection that is not there', async () => {
    const before = await api.countRows();
    const onNothing = await give({ type: 'user', id: 'x' }, 'Reader', v7());
    expect(onNothing).toMatchObject({ status: 404, body: { code: 'connection_not_found' } });
    for (const id of [v7(), 'not-an-id', api.b.keyId]) {
      const toNobody = await give({ type: 'service', id }, 'Reader');
      expect(toNobody).toMatchObject({ status: 404, body: { code: 'api_key_not_found' } });
    }
    expect(await api.countRows()).toEqual(before);
  });

  test('is not handed out by who holds less', async () => {
    const { call } = await api.keyWith(['Contributor']);
    const before = await api.countRows();
    for (const [path, body] of [
      ['/api-keys', { name: 'x', roles: ['Owner'] }],
      ['/role-assignments', { principal_type: 'user', principal_id: 'x', role: 'Reader' }],
    ] as const) {
      expect(await call('POST', path, { body: body as never })).toMatchObject({ status: 403 });
    }
    expect(await api.countRows()).toEqual(before);
  });

  test('on a connection is managed by its managers, and owners are made by owners', async () => {
    const [mine, other] = [await newConnection(), await newConnection()];
    const { id, call } = await api.keyWith([]);
    await give({ type: 'service', id }, 'IdentityAccessManager', mine);
    const grant = (role: ConnectionRole, connection_id: string) =>
      call('POST', '/role-assignments', {
        body: { principal_type: 'user', principal_id: 'bob', role, connection_id },
      });
    const granted = await grant('Contributor', mine);
    expect(granted.status).toBe(201);
    expect((await grant('Owner', mine)).status).toBe(403);
    expect((await grant('Reader', other)).status).toBe(403);
    expect((await grant('Reader', v7())).status).toBe(403);
    // It sees the roles on that connection and no others, and takes away what it may give.
    const { body } = await call('GET', '/role-assignments');
    expect(new Set(body.items.map((item: { connection_id: string }) => item.connection_id))).toEqual(
      new Set([mine]),
    );
    const owner = body.items.find(({ role }: { role: string }) => role === 'Owner');
    expect((await call('DELETE', `/role-assignments/${owner.id}`)).status).toBe(403);
    expect((await call('DELETE', `/role-assignments/${granted.body.id}`)).status).toBe(204);
    const unseen = await give({ type: 'user', id: 'carol' }, 'Reader');
    expect((await call('DELETE', `/role-assignments/${unseen.body.id}`)).status).toBe(404);
  });
});
