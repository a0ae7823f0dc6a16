import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setupApi, type TestApi } from '../api.testkit.ts';
import { setupTokenOf } from '../auth/setup-token.ts';
import { SIGN_IN_PATHS } from '../auth/sign-in.ts';
import { type Browser, join, PASSWORD, signUp } from '../browser.testkit.ts';
import { createRequestLimits } from '../request-limits.ts';

let api: TestApi;
/** Origins that anything in this process asked by the means of Node itself, which better-auth would use. */
const asked: string[] = [];
const hear = (message: unknown) =>
  asked.push(String((message as { request?: { origin?: unknown } }).request?.origin));

beforeAll(async () => {
  subscribe('undici:request:create', hear);
  api = await setupApi();
});
afterAll(async () => {
  unsubscribe('undici:request:create', hear);
  await api.stop();
});

let people = 0;
const anAddress = () => `person${++people}@example.com`;

async function invite(email: string, roles: string[] = []): Promise<string> {
  const { status, body } = await api.a.call('POST', '/invitations', { body: { email, roles } });
  expect(status).toBe(201);
  return body.token;
}

/** A member of tenant a, signed in. */
async function memberWith(...roles: string[]): Promise<{ browser: Browser; id: string; email: string }> {
  const browser = api.visitor();
  const email = anAddress();
  const id = await join(browser, email, await invite(email, roles));
  return { browser, id, email };
}

const createOrganisation = (browser: Browser, name: string) =>
  browser.call('POST', '/api/auth/organization/create', { body: { name, slug: name.toLowerCase() } });

const kindsOf = async (subjectId: string, call = api.a.call): Promise<string[]> => {
  const { body } = await call('GET', `/audit?subject_id=${subjectId}`);
  return body.items.map(({ kind }: { kind: string }) => kind);
};

describe('somebody new', () => {
  test('makes an account, an organisation, and owns it', async () => {
    const browser = api.visitor();
    const email = anAddress();
    const id = await signUp(browser, email);
    expect(await browser.call('GET', '/me')).toMatchObject({
      status: 403,
      body: { code: 'tenant_not_chosen' },
    });
    const { status, body } = await createOrganisation(browser, 'Cedar');
    expect([status, body.slug, body.shard]).toEqual([200, 'cedar', undefined]);
    const me = await browser.call('GET', '/me');
    expect(me.body).toMatchObject({
      principal: { kind: 'user', id, actor: `user:${id}`, email },
      tenant: { id: body.id, name: 'Cedar', slug: 'cedar' },
      roles: ['Owner'],
    });
    expect((await browser.call('POST', '/api-keys', { body: { name: 'first' } })).status).toBe(201);
    expect((await browser.call('GET', '/members')).body.items).toMatchObject([
      { id, email, roles: ['Owner'] },
    ]);
    const log = await browser.call('GET', `/audit?subject_id=${body.id}`);
    expect(log.body.items).toMatchObject([{ kind: 'tenant.created', actor: `user:${id}` }]);
  });

  test.each([
    ['a slug that is taken', { name: 'x', slug: 'alder' }, 'ORGANIZATION_ALREADY_EXISTS'],
    ['a slug that is none', { name: 'x', slug: 'No Slug' }, 'INVALID_SLUG'],
    ['no name', { name: ' ', slug: 'nameless' }, 'INVALID_NAME'],
  ])('makes no organisation with %s', async (_, body, reason) => {
    const browser = api.visitor();
    await signUp(browser, anAddress());
    const before = await api.countRows();
    const refused = await browser.call('POST', '/api/auth/organization/create', { body });
    expect(refused.body).toMatchObject({ code: 'sign_in_refused', reason });
    expect(await api.countRows()).toEqual(before);
  });

  test('is refused a short password', async () => {
    const { body } = await api.visitor().call('POST', '/api/auth/sign-up/email', {
      body: { email: anAddress(), password: 'short', name: 'x' },
    });
    expect(body).toMatchObject({ status: 422, code: 'sign_in_refused', reason: 'PASSWORD_TOO_SHORT' });
  });
});

describe('where accounts are for the invited', () => {
  let closed: TestApi;
  beforeAll(async () => {
    closed = await setupApi({ signIn: { signUp: 'invited' } });
  });
  afterAll(() => closed.stop());

  test('nobody else gets one, whatever they send', async () => {
    const email = anAddress();
    const { body } = await closed.a.call('POST', '/invitations', { body: { email } });
    const tries = [
      [email, undefined],
      [email, 'x'],
      [email, body.id],
      [anAddress(), body.token],
      [{ toString: 1 }, body.token],
    ] as const;
    for (const [as, invitation] of tries) {
      const refused = await closed.visitor().call('POST', '/api/auth/sign-up/email', {
        body: { email: as, password: PASSWORD, name: 'x' },
        headers: invitation === undefined ? {} : { 'x-pawl-invitation': invitation },
      });
      expect(refused, `${JSON.stringify(as)}`).toMatchObject({
        status: 403,
        body: { reason: 'INVITATION_REQUIRED' },
      });
    }
    const browser = closed.visitor();
    await join(browser, email, body.token);
    expect((await browser.call('GET', '/me')).status).toBe(200);
    expect((await createOrganisation(browser, 'Mine')).status).toBe(403);
  });
});

describe('where nobody has come yet, and accounts are for the invited', () => {
  const secret = 'a secret of at least thirty-two characters';
  let fresh: TestApi;
  beforeAll(async () => {
    fresh = await setupApi({ signIn: { signUp: 'invited', secret } });
  });
  afterAll(() => fresh.stop());
  const ways = async () => (await fresh.visitor().call('GET', '/api/auth/ways')).body;

  test('the token of the log opens the first account and organisation, and then no other', async () => {
    const token = await fresh.deps.signIn?.setupToken();
    const headers = { 'x-pawl-setup': token ?? '' };
    const account = (email: string, as: Record<string, string>) =>
      fresh.visitor().call('POST', '/api/auth/sign-up/email', {
        body: { email, password: PASSWORD, name: 'x' },
        headers: as,
      });
    expect(await ways()).toEqual({ sessions: true, oidc: false, sign_up: 'setup', is_new: true });
    for (const wrong of ['', `${token}x`, setupTokenOf('another secret')]) {
      expect((await account(anAddress(), { 'x-pawl-setup': wrong })).status, wrong).toBe(403);
    }

    const founder = fresh.visitor();
    const email = anAddress();
    await founder.call('POST', '/api/auth/sign-up/email', {
      body: { email, password: PASSWORD, name: 'Ada' },
      headers,
    });
    expect((await createOrganisation(founder, 'Maple')).status).toBe(403);
    const made = await founder.call('POST', '/api/auth/organization/create', {
      body: { name: 'Maple', slug: 'maple' },
      headers,
    });
    expect([made.status, made.body.slug]).toEqual([200, 'maple']);
    expect((await founder.call('GET', '/me')).body).toMatchObject({
      tenant: { name: 'Maple' },
      roles: ['Owner'],
    });

    expect(await fresh.deps.signIn?.setupToken()).toBeNull();
    expect(await ways()).toMatchObject({ sign_up: 'invited', is_new: false });
    expect((await account(anAddress(), headers)).body.reason).toBe('INVITATION_REQUIRED');
    const second = await founder.call('POST', '/api/auth/organization/create', {
      body: { name: 'Rowan', slug: 'rowan' },
      headers,
    });
    expect(second.body.reason).toBe('OPERATOR_REQUIRED');
  });
});

describe('an organisation', () => {
  test('is there whole or not at all', async () => {
    const browser = api.visitor();
    await signUp(browser, anAddress());
    // The last of what is written for it fails: nothing of the rest may stay.
    await api.asOwner((sql) => sql`revoke insert on role_assignments from pawl_api`);
    try {
      expect((await createOrganisation(browser, 'Poplar')).status).toBe(500);
    } finally {
      await api.asOwner((sql) => sql`grant insert on role_assignments to pawl_api`);
    }
    expect((await browser.call('GET', '/api/auth/organization/list')).body).toEqual([]);
    expect((await createOrganisation(browser, 'Poplar')).status).toBe(200);
  });

  test('has another name from the moment its Owner says so', async () => {
    const browser = api.visitor();
    await signUp(browser, anAddress());
    const { body } = await createOrganisation(browser, 'Larch');
    const renamed = await browser.call('PATCH', '/tenant', { body: { name: ' Larch & Sons ' } });
    expect(renamed.body).toMatchObject({ id: body.id, name: 'Larch & Sons', slug: 'larch' });
    expect((await browser.call('GET', '/me')).body.tenant).toEqual(renamed.body);
    expect(await kindsOf(body.id, browser.call)).toEqual(['tenant.renamed', 'tenant.created']);
  });

  test('keeps the name that somebody gave it meanwhile, for who says which one he saw', async () => {
    const browser = api.visitor();
    await signUp(browser, anAddress());
    const { body } = await createOrganisation(browser, 'Rowan');
    const seen = (await browser.call('GET', '/me')).body.tenant.etag;
    const rename = (name: string, etag: string) =>
      browser.call('PATCH', '/tenant', { body: { name }, headers: { 'if-match': etag } });
    const first = await rename('Rowan & Co', seen);
    expect([first.status, first.headers.get('etag')]).toEqual([200, first.body.etag]);
    const late = await rename('Rowan Ltd', seen);
    expect([late.status, late.body.code, late.body.etag]).toEqual([409, 'settings_changed', first.body.etag]);
    expect((await rename('Rowan Ltd', `"other", ${first.body.etag}`)).status).toBe(200);
    expect((await rename('Rowan', '*')).body.id).toBe(body.id);
  });
});

describe('an invitation', () => {
  test('says to whoever holds its token what it is to, and to nobody else', async () => {
    const email = anAddress();
    const token = await invite(email, ['Reader']);
    const look = (as: string) =>
      api.visitor().call('GET', '/api/auth/invitation', { headers: { 'x-pawl-invitation': as } });
    const { body } = await look(token);
    expect(body).toMatchObject({
      tenant: { id: api.a.tenant.id, name: 'Alder' },
      email,
      roles: ['Reader'],
      has_account: false,
    });
    const { body: list } = await api.a.call('GET', '/invitations?limit=1');
    for (const wrong of ['', 'x', list.items[0].id]) expect((await look(wrong)).status, wrong).toBe(404);
    await join(api.visitor(), email, token);
    expect((await look(token)).status).toBe(404);
  });

  test('brings the roles it names, once, and says so in the audit', async () => {
    const { browser, id, email } = await memberWith('Reader', 'IntegrationCreator');
    const me = await browser.call('GET', '/me');
    expect(me.body.tenant.id).toBe(api.a.tenant.id);
    expect(me.body.roles.sort()).toEqual(['IntegrationCreator', 'Reader']);
    expect(await kindsOf(id)).toContain('member.joined');
    const { body } = await api.a.call('GET', '/invitations');
    const shown = body.items.find((item: { email: string }) => item.email === email);
    expect(shown).toMatchObject({ status: 'accepted', roles: ['IntegrationCreator', 'Reader'] });
    expect(await kindsOf(shown.id)).toEqual(['invitation.created']);
  });

  test('is for the address it names', async () => {
    const token = await invite(anAddress(), ['Owner']);
    const thief = api.visitor();
    await signUp(thief, anAddress());
    const refused = await thief.call('POST', '/api/auth/organization/accept-invitation', {
      body: { invitationId: token },
    });
    expect(refused).toMatchObject({ status: 403, body: { code: 'sign_in_refused' } });
    expect((await thief.call('GET', '/me')).status).toBe(403);
  });

  test('is accepted by its token and by nothing that is shown of it', async () => {
    const email = anAddress();
    const { body } = await api.a.call('POST', '/invitations', { body: { email } });
    const { token, ...shown } = body;
    const list = await api.a.call('GET', '/invitations');
    expect(list.body.items).toContainEqual(shown);
    expect(JSON.stringify(list.body)).not.toContain(token);
    const browser = api.visitor();
    await signUp(browser, email);
    for (const invitationId of [shown.id, 'x']) {
      const refused = await browser.call('POST', '/api/auth/organization/accept-invitation', {
        body: { invitationId },
      });
      expect(refused.status, invitationId).toBe(422);
    }
    const reading = api.db.forTenants([api.a.tenant.id], (sql) => sql`select id from auth_invitations`);
    await expect(reading).rejects.toMatchObject({ code: '42501' });
  });

  test('that was taken back, replaced or has expired is worth nothing', async () => {
    const email = anAddress();
    const accept = async (token: string) => {
      const browser = api.visitor();
      await browser.call('POST', '/api/auth/sign-in/email', { body: { email, password: PASSWORD } });
      return browser.call('POST', '/api/auth/organization/accept-invitation', {
        body: { invitationId: token },
      });
    };
    await signUp(api.visitor(), email);
    const first = await invite(email);
    const second = await invite(email);
    expect((await accept(first)).status).toBe(422);
    const { body } = await api.a.call('GET', '/invitations?limit=1');
    expect((await api.a.call('DELETE', `/invitations/${body.items[0].id}`)).status).toBe(204);
    expect((await api.a.call('DELETE', `/invitations/${body.items[0].id}`)).status).toBe(404);
    expect((await accept(second)).status).toBe(422);
    const third = await invite(email);
    await api.asOwner(
      (sql) => sql`update auth_invitations set expires_at = now() - interval '1 s' where id = ${third}`,
    );
    expect((await accept(third)).status).toBe(422);
    expect((await api.a.call('GET', '/invitations?limit=1')).body.items[0].status).toBe('expired');
  });

  test('replaces the one before also when they are made at the same moment', async () => {
    const email = anAddress();
    await Promise.all(Array.from({ length: 4 }, () => invite(email)));
    const { body } = await api.a.call('GET', '/invitations?limit=4');
    expect(body.items.map((made: { email: string }) => made.email)).toEqual(new Array(4).fill(email));
    expect(body.items.filter(({ status }: { status: string }) => status === 'pending')).toHaveLength(1);
  });

  test('is not for who is a member already, and not given by who is no Owner', async () => {
    const { email } = await memberWith();
    const again = await api.a.call('POST', '/invitations', { body: { email } });
    expect(again).toMatchObject({ status: 409, body: { code: 'member_already' } });
    const { call } = await api.keyWith(['Contributor']);
    expect((await call('POST', '/invitations', { body: { email: anAddress() } })).status).toBe(403);
  });
});

describe('a session', () => {
  test('works for the organisation it names, of those it is in', async () => {
    const { browser } = await memberWith('Reader');
    const { body: own } = await createOrganisation(browser, 'Dogwood');
    const roles = async (tenant: string) => {
      const { status, body } = await browser.call('GET', '/me', { headers: { 'x-pawl-tenant': tenant } });
      return status === 200 ? body.roles : [status, body.code];
    };
    expect(await roles(own.id)).toEqual(['Owner']);
    expect(await roles(api.a.tenant.id)).toEqual(['Reader']);
    // Another's is like none.
    for (const tenant of [api.b.tenant.id, '019a5c3e-0000-7000-8000-000000000001', 'x']) {
      expect(await roles(tenant)).toEqual([404, 'tenant_not_found']);
    }
    const chosen = await browser.call('POST', '/api/auth/organization/set-active', {
      body: { organizationId: api.a.tenant.id },
    });
    expect(chosen.status).toBe(200);
    expect((await browser.call('GET', '/me')).body.tenant.id).toBe(api.a.tenant.id);
    const foreign = await browser.call('POST', '/api/auth/organization/set-active', {
      body: { organizationId: api.b.tenant.id },
    });
    expect(foreign.status).toBe(403);
    const { body: listed } = await browser.call('GET', '/api/auth/organization/list');
    expect(listed.map(({ slug }: { slug: string }) => slug).sort()).toEqual(['alder', 'dogwood']);
  });

  test('ends when its user signs out, and with it what its cookie was worth', async () => {
    const { browser, id } = await memberWith('Reader');
    const stolen = new Map(browser.cookies);
    expect((await browser.call('POST', '/api/auth/sign-out', { body: {} })).status).toBe(200);
    expect([...browser.cookies.keys()]).toEqual(['pawl.device']);
    const cookie = [...stolen].map(([name, value]) => `${name}=${value}`).join('; ');
    expect(await browser.call('GET', '/me', { headers: { cookie } })).toMatchObject({
      status: 401,
      body: { code: 'session_ended' },
    });
    expect((await browser.call('GET', '/me')).body.code).toBe('credentials_missing');
    expect(await kindsOf(id)).toContain('session.ended');
  });

  test('is not had by a cookie with another signature', async () => {
    const { browser } = await memberWith('Reader');
    const [[name, value = ''] = []] = [...browser.cookies];
    for (const forged of [value.replace(/\..*/, ''), `${value.slice(0, -6)}AAAA%3D`, 'x', '']) {
      const { status } = await api.visitor().call('GET', '/me', { headers: { cookie: `${name}=${forged}` } });
      expect(status, forged).toBe(401);
    }
  });

  test('has a cookie that no script reads and, over https, no other host is sent', async () => {
    const secure = await setupApi({ signIn: { secureCookies: true } });
    try {
      const { headers } = await secure.visitor().call('POST', '/api/auth/sign-up/email', {
        body: { email: anAddress(), password: PASSWORD, name: 'x' },
      });
      const [cookie = ''] = headers.getSetCookie();
      expect(cookie).toMatch(/^__Host-pawl\.session_token=/);
      for (const attribute of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) {
        expect(cookie).toContain(attribute);
      }
      expect(cookie).not.toMatch(/domain/i);
    } finally {
      await secure.stop();
    }
  });

  test.each([
    ['from another origin', { origin: 'https://evil.example' }],
    ['from a page without origin', { origin: 'null' }],
    ['without saying it is one of ours', { 'x-pawl-request': '' }],
  ])('changes nothing for a request that comes %s', async (_, headers) => {
    const { browser } = await memberWith('Owner');
    const before = await api.countRows();
    const { status, body } = await browser.call('POST', '/groups', { body: { name: 'x' }, headers });
    expect([status, body.code]).toEqual([403, 'foreign_origin']);
    const door = await browser.call('POST', '/api/auth/sign-out', { body: {}, headers });
    expect([door.status, door.body.code]).toEqual([403, 'foreign_origin']);
    expect(await api.countRows()).toEqual(before);
    // Keys are not sent along by browsers: they need neither.
    expect((await api.a.call('POST', '/groups', { body: { name: `g${++people}` }, headers })).status).toBe(
      201,
    );
  });

  test('of a member who was removed is worth nothing there from that moment', async () => {
    const { browser, id } = await memberWith('Reader');
    expect((await browser.call('GET', '/me')).status).toBe(200);
    expect((await api.a.call('DELETE', `/members/${id}`)).status).toBe(204);
    expect(await browser.call('GET', '/me')).toMatchObject({
      status: 403,
      body: { code: 'tenant_not_chosen' },
    });
    const { body } = await api.a.call('GET', `/role-assignments?principal_id=${id}`);
    expect(body.items).toEqual([]);
    expect(await kindsOf(id)).toContain('member.removed');
    expect((await api.a.call('DELETE', `/members/${id}`)).status).toBe(404);
  });
});

describe('the last Owner', () => {
  test('stays, until there is another', async () => {
    const founder = api.visitor();
    const id = await signUp(founder, anAddress());
    await createOrganisation(founder, 'Elm');
    const { body } = await founder.call('GET', '/role-assignments');
    const [own] = body.items;
    for (const path of [`/members/${id}`, `/role-assignments/${own.id}`]) {
      expect(await founder.call('DELETE', path)).toMatchObject({ status: 409, body: { code: 'last_owner' } });
    }
    expect((await founder.call('GET', '/me')).body.roles).toEqual(['Owner']);
    // Given to somebody who is no member, the role makes no Owner: nobody may ever come as them.
    const nobody = { principal_type: 'user', principal_id: 'nobody', role: 'Owner' };
    expect((await founder.call('POST', '/role-assignments', { body: nobody })).status).toBe(201);
    expect((await founder.call('DELETE', `/members/${id}`)).body.code).toBe('last_owner');
    const second = await founder.call('POST', '/api-keys', { body: { name: 'second', roles: ['Owner'] } });
    expect((await founder.call('DELETE', `/role-assignments/${own.id}`)).status).toBe(204);
    expect((await founder.call('GET', '/me')).body.roles).toEqual([]);
    const withKey = { authorization: `Bearer ${second.body.key}` };
    const revoked = await api.app.request(`/api/v1/api-keys/${second.body.id}/revoke`, {
      method: 'POST',
      headers: withKey,
    });
    expect([revoked.status, ((await revoked.json()) as { code: string }).code]).toEqual([409, 'last_owner']);
    const me = await api.app.request('/api/v1/me', { headers: withKey });
    expect(((await me.json()) as { roles: string[] }).roles).toEqual(['Owner']);
  });

  test('stays also when two Owners leave at once', async () => {
    const founder = api.visitor();
    const email = anAddress();
    const first = await signUp(founder, anAddress());
    await createOrganisation(founder, 'Fir');
    const { body } = await founder.call('POST', '/invitations', { body: { email, roles: ['Owner'] } });
    const second = await join(api.visitor(), email, body.token);
    const answers = await Promise.all([first, second].map((id) => founder.call('DELETE', `/members/${id}`)));
    // Whoever comes second is the last one; had the founder gone first, they may not even ask any more.
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    const { body: left } = await api.operator.sql`
      select count(*)::integer as owners from role_assignments
      where role = 'Owner' and principal_id in (${first}, ${second})`.then(([row]) => ({
      body: row?.owners,
    }));
    expect(left).toBe(1);
  });
});

describe('signing in', () => {
  test.each(
    [{ toString: 1 }, ['a@example.com'], null, 7, 'a\u0000b@example.com'].map((email) => ({ email })),
  )('with $email instead of an address is refused', async ({ email }) => {
    const body = { email, password: PASSWORD };
    const { status } = await api.visitor().call('POST', '/api/auth/sign-in/email', { body });
    expect(status).toBe(422);
  });

  test('is written into the audit of each organisation, refused or not, with the address', async () => {
    const { id, email } = await memberWith('Reader');
    const wrong = await api.visitor().call('POST', '/api/auth/sign-in/email', {
      body: { email, password: 'not the right password' },
    });
    expect(wrong).toMatchObject({
      status: 401,
      body: { code: 'sign_in_refused', reason: 'INVALID_EMAIL_OR_PASSWORD' },
    });
    const right = api.visitor();
    await right.call('POST', '/api/auth/sign-in/email', { body: { email, password: PASSWORD } });
    await right.call('POST', '/api/auth/change-password', {
      body: { currentPassword: PASSWORD, newPassword: `${PASSWORD} indeed` },
    });
    const { body } = await api.a.call('GET', `/audit?subject_id=${id}`);
    const entries = body.items.filter(({ kind }: { kind: string }) => /^(session|password)\./.test(kind));
    expect(entries.reverse()).toMatchObject([
      { kind: 'session.refused', actor: 'anonymous', data: { address: null } },
      { kind: 'session.created', actor: `user:${id}` },
      { kind: 'password.changed', actor: `user:${id}` },
    ]);
    expect(JSON.stringify(body)).not.toContain(PASSWORD);
    expect(JSON.stringify(body)).not.toContain('not the right password');
  });

  test('of nobody is answered like a wrong password', async () => {
    const { email } = await memberWith();
    const answers = await Promise.all(
      [email, anAddress()].map((as) =>
        api
          .visitor()
          .call('POST', '/api/auth/sign-in/email', { body: { email: as, password: 'wrong password' } }),
      ),
    );
    const [known, unknown] = answers.map(({ status, body: { request_id: _, ...told } }) => ({
      status,
      told,
    }));
    expect(known).toEqual(unknown);
  });

  test('is tried a few times an account and address, and the owner comes in from elsewhere', async () => {
    const limits = createRequestLimits({ perAddress: 0, perAccount: 0, perTenant: 0 });
    const guarded = await setupApi({ deps: { limits } });
    try {
      const email = anAddress();
      await signUp(guarded.visitor(), email);
      const attempt = async (remoteAddress: string, password: string, as = email) => {
        const body = JSON.stringify({ email: as, password });
        const headers = {
          ...guarded.visitor().headers(),
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
        };
        const path = '/api/auth/sign-in/email';
        const from = { incoming: { socket: { remoteAddress } } };
        return guarded.app.request(path, { method: 'POST', headers, body }, from);
      };
      const statuses: number[] = [];
      // Of one network of IPv6, which is one sender.
      for (let i = 0; i < 11; i++) statuses.push((await attempt(`2001:db8::${i}`, 'wrong password')).status);
      expect(statuses).toEqual([...Array(10).fill(401), 429]);
      const refused = await attempt('2001:db8::12', PASSWORD, email.toUpperCase());
      const { code } = (await refused.json()) as { code: string };
      expect([refused.status, code]).toEqual([429, 'rate_limited']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60);
      expect((await attempt('203.0.113.7', PASSWORD)).status).toBe(200);
    } finally {
      await guarded.stop();
    }
  });

  test('from however many addresses keeps nobody out of the browser they have signed in with, nor lets others in as it', async () => {
    const limits = createRequestLimits({ perAddress: 0, perAccount: 0, perTenant: 0 });
    const guarded = await setupApi({ deps: { limits } });
    try {
      const [known, other] = [guarded.visitor(), guarded.visitor()];
      const [email, another] = [anAddress(), anAddress()];
      await signUp(known, email);
      await signUp(other, another);
      const attempt = async (browser: typeof known, as: string, password: string) => {
        const body = JSON.stringify({ email: as, password });
        const headers = {
          ...browser.headers(),
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
        };
        const from = { incoming: { socket: { remoteAddress: '203.0.113.7' } } };
        const path = '/api/auth/sign-in/email';
        return (await guarded.app.request(path, { method: 'POST', headers, body }, from)).status;
      };
      const guess = (nth: number) => limits.signIn(`198.51.100.${nth}`, { email, device: null });
      const guesses = await Promise.allSettled(Array.from({ length: 101 }, (_, nth) => guess(nth)));
      expect(guesses.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'rate_limited' } });
      expect(await attempt(guarded.visitor(), email, PASSWORD)).toBe(429);
      // Another account's browser is a stranger to this one.
      expect(await attempt(other, email, PASSWORD)).toBe(429);
      expect(await attempt(known, email.toUpperCase(), PASSWORD)).toBe(200);
      const statuses: number[] = [];
      for (let i = 0; i < 10; i++) statuses.push(await attempt(known, email, 'wrong password'));
      expect(statuses).toEqual([...Array(9).fill(401), 429]);
    } finally {
      await guarded.stop();
    }
  });
});

describe('requests', () => {
  test.each([
    ['address', { perAddress: 3, perAccount: 0, perTenant: 0 }],
    ['account', { perAddress: 0, perAccount: 3, perTenant: 0 }],
    ['tenant', { perAddress: 0, perAccount: 0, perTenant: 3 }],
  ])('are counted by %s', async (of, options) => {
    const counted = await setupApi({ deps: { limits: createRequestLimits(options) } });
    try {
      const { call: second } = await counted.keyWith(['Reader']);
      const ask = async (call: typeof second) => (await call('GET', '/me')).status;
      expect([await ask(counted.a.call), await ask(counted.a.call), await ask(counted.a.call)]).toEqual([
        200, 200, 200,
      ]);
      expect(await ask(counted.a.call)).toBe(429);
      expect(await ask(second)).toBe(of === 'account' ? 200 : 429);
      expect(await ask(counted.b.call)).toBe(of === 'address' ? 429 : 200);
    } finally {
      await counted.stop();
    }
  });
});

test('of all that better-auth offers there is what is listed, and nothing else', async () => {
  const { browser } = await memberWith('Owner');
  const others = [
    ['POST', '/organization/invite-member'],
    ['POST', '/organization/remove-member'],
    ['POST', '/organization/update-member-role'],
    ['POST', '/organization/delete'],
    ['GET', '/organization/get-full-organization'],
    ['GET', '/organization/list-invitations'],
    ['POST', '/update-user'],
    ['POST', '/delete-user'],
    ['POST', '/request-password-reset'],
    ['GET', '/verify-email'],
    ['GET', '/error'],
    ['GET', '/ok'],
  ];
  for (const [method = '', path = ''] of others) {
    expect(SIGN_IN_PATHS.has(path)).toBe(false);
    const { status, body } = await browser.call(
      method,
      `/api/auth${path}`,
      method === 'POST' ? { body: {} } : {},
    );
    expect([status, body.code], path).toEqual([404, 'route_not_found']);
  }
});

test('nothing of it has sent anything anywhere', () => {
  expect(asked).toEqual([]);
});
