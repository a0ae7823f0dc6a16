// Every route, by everybody: what the role model says is written down here by hand, and compared with what is answered.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../engine/json.ts';
import { setupApi, type TestApi } from './api.testkit.ts';
import {
  CONNECTION_ROLES,
  type ConnectionRole,
  ORGANISATION_ROLES,
  type OrganisationRole,
} from './auth/principal.ts';
import { join } from './browser.testkit.ts';
import { BODIES, fillPath, makeThings, OF_NOBODY, strangers, type Things } from './foreign-ids.testkit.ts';
import { type DescribedOperation, describeApi, operationsOf } from './openapi.ts';

/**
 * `+` may, `.` may not. First in the organisation: Owner, Contributor, Reader, IntegrationCreator, IntegrationContributor,
 * IntegrationReader; then on the connection that is asked for: Owner, Contributor, Reader, IdentityAccessManager; then
 * somebody of the organisation without any role. A new route gets a line here.
 */
const TABLE = `
GET /me                                         ++++++ ++++ +
GET /roles                                      ++++++ ++++ +
PATCH /tenant                                   +..... .... .
GET /tenant/signing-keys                        +++.++ .... .
POST /tenant/signing-keys/rotate                +..... .... .
DELETE /tenant/signing-keys/previous            +..... .... .
GET /providers                                  ++++++ ++++ +
GET /providers/{provider}                       ++++++ ++++ +
GET /workflows                                  +++... .... .
GET /workflows/{workflow}                       +++... .... .
GET /workflows/{workflow}/versions              +++... .... .
GET /workflows/{workflow}/versions/{version}    +++... .... .
GET /workflows/{workflow}/jobs-per-state        +++... .... .
GET /workflows/{workflow}/impact                +++... .... .
POST /workflows/{workflow}/migrate              ++.... .... .
POST /workflows/validate                        +++... .... .
POST /workflows/simulate                        +++... .... .
POST /workflows/{workflow}/simulate             +++... .... .
POST /workflows                                 ++.... .... .
PATCH /workflows/{workflow}                     ++.... .... .
DELETE /workflows/{workflow}                    ++.... .... .
POST /workflows/{workflow}/versions             ++.... .... .
PATCH /workflows/{workflow}/versions/{version}  ++.... .... .
POST /workflows/{workflow}/publish              ++.... .... .
GET /jobs                                       +++... .... .
GET /jobs/{id}                                  +++... .... .
GET /jobs/{id}/log                              +++... .... .
GET /jobs/{id}/explain                          +++... .... .
GET /jobs/{id}/stream                           +++... .... .
POST /jobs                                      ++.... .... .
POST /jobs/{id}/events                          ++.... .... .
POST /jobs/{id}/cancel                          ++.... .... .
POST /jobs/{id}/migrate                         ++.... .... .
POST /jobs/{id}/what-if                         +++... .... .
GET /actions                                    +++... .... .
GET /actions/{id}                               +++... .... .
POST /actions/{id}/retry                        ++.... .... .
POST /actions/{id}/resend                       ++.... .... .
POST /actions/{id}/skip                         ++.... .... .
GET /tenant/connections                         +++.++ ++++ .
GET /tenant/connections/{id}                    +++.++ ++++ .
POST /tenant/connections                        ++.++. .... .
PATCH /tenant/connections/{id}                  ++..+. ++.. .
POST /tenant/connections/{id}/rotate            ++..+. ++.. .
GET /tenant/connections/{id}/uses               +++.++ ++++ .
GET /tenant/connections/{id}/limits             +++.++ ++++ .
POST /tenant/connections/{id}/circuit/close     ++..+. ++.. .
POST /tenant/connections/{id}/pause/lift        ++..+. ++.. .
POST /tenant/connections/{id}/test              ++..+. ++.. .
GET /tenant/connections/{id}/tests/{test_id}    ++..+. ++.. .
DELETE /tenant/connections/{id}                 ++..+. +... .
GET /source-kinds                               ++++++ ++++ +
GET /sources                                    +++.++ .... .
GET /sources/{id}                               +++.++ .... .
POST /sources                                   ++.++. .... .
PATCH /sources/{id}                             ++..+. .... .
POST /sources/{id}/rotate                       ++..+. .... .
DELETE /sources/{id}/previous-secret            ++..+. .... .
GET /sources/{id}/gap-filler                    +++.++ .... .
PUT /sources/{id}/gap-filler                    ++..+. .... .
POST /sources/{id}/gap-filler/look              ++..+. .... .
DELETE /sources/{id}/gap-filler                 ++..+. .... .
DELETE /sources/{id}                            ++..+. .... .
GET /inbound-events                             +++.++ .... .
GET /inbound-events/{id}                        +++.++ .... .
POST /inbound-events/{id}/replay                ++.... .... .
GET /triggers                                   +++.++ .... .
GET /triggers/{id}                              +++.++ .... .
POST /triggers                                  ++.... .... .
PATCH /triggers/{id}                            ++.... .... .
DELETE /triggers/{id}                           ++.... .... .
POST /triggers/{id}/test                        ++.... .... .
POST /triggers/test                             ++.... .... .
GET /scopes                                     ++++++ .... .
GET /scopes/{id}                                ++++++ .... .
POST /scopes                                    ++.... .... .
PATCH /scopes/{id}                              ++.... .... .
DELETE /scopes/{id}                             ++.... .... .
GET /supplies                                   +++.++ +++. .
POST /supplies                                  ++..+. ++.. .
DELETE /supplies/{id}                           ++..+. ++.. .
GET /endpoints                                  +++.++ .... .
GET /endpoints/{id}                             +++.++ .... .
POST /endpoints                                 ++..+. .... .
PATCH /endpoints/{id}                           ++..+. .... .
POST /endpoints/{id}/rotate                     ++..+. .... .
POST /endpoints/{id}/circuit/close              ++..+. .... .
POST /endpoints/{id}/pause/lift                 ++..+. .... .
DELETE /endpoints/{id}                          ++..+. .... .
GET /subscriptions                              +++.++ +++. .
GET /subscriptions/{id}                         +++.++ +++. .
POST /subscriptions                             ++.... .... .
PATCH /subscriptions/{id}                       ++.... .... .
POST /subscriptions/preview                     ++.... .... .
POST /subscriptions/{id}/test                   ++.... .... .
DELETE /subscriptions/{id}                      ++.... .... .
GET /deliveries                                 +++.++ +++. .
GET /deliveries/{id}                            +++.++ +++. .
POST /deliveries/{id}/replay                    ++..+. ++.. .
POST /deliveries/replay                         ++..+. ++.. .
GET /metering/usage                             +++... .... .
GET /metering/periods                           +++... .... .
GET /metering/export                            +++... .... .
GET /metering/quotas                            +++... .... .
PUT /metering/quotas/{kind}/{period}            +..... .... .
DELETE /metering/quotas/{kind}/{period}         +..... .... .
GET /metering/exports                           +++... .... .
GET /metering/exports/{id}                      +++... .... .
POST /metering/exports                          ++.... .... .
PATCH /metering/exports/{id}                    ++.... .... .
POST /metering/exports/{id}/run                 ++.... .... .
DELETE /metering/exports/{id}                   ++.... .... .
GET /audit                                      +++... .... .
GET /audit/chain                                +++... .... .
GET /audit/checkpoints                          +++... .... .
POST /audit/verifications                       +++... .... .
GET /role-assignments                           +++... +..+ .
POST /role-assignments                          +..... +..+ .
DELETE /role-assignments/{id}                   +..... +..+ .
GET /api-keys                                   +++... .... .
POST /api-keys                                  +..... .... .
POST /api-keys/{id}/revoke                      +..... .... .
GET /members                                    +++... .... .
GET /invitations                                +++... .... .
DELETE /members/{id}                            +..... .... .
POST /invitations                               +..... .... .
DELETE /invitations/{id}                        +..... .... .
GET /groups                                     +++... .... .
GET /groups/{id}                                +++... .... .
GET /groups/{id}/members                        +++... .... .
POST /groups                                    +..... .... .
PATCH /groups/{id}                              +..... .... .
DELETE /groups/{id}                             +..... .... .
POST /groups/{id}/members                       +..... .... .
DELETE /groups/{id}/members/{member_id}         +..... .... .
`;

const ON_EVERY_ANSWER = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

type Holder =
  | { role: OrganisationRole; on: 'organisation' }
  | { role: ConnectionRole; on: 'connection' }
  | { role: 'nothing'; on: 'organisation' };

const HOLDERS: Holder[] = [
  ...ORGANISATION_ROLES.map((role) => ({ role, on: 'organisation' }) as const),
  ...CONNECTION_ROLES.map((role) => ({ role, on: 'connection' }) as const),
  { role: 'nothing', on: 'organisation' },
];

const MAY = new Map(
  TABLE.trim()
    .split('\n')
    .map((line) => {
      const [method, path, ...cells] = line.split(/ +/);
      return [`${method} /api/v1${path}`, [...cells.join('')].map((cell) => cell === '+')];
    }),
);

let api: TestApi;
let routes: DescribedOperation[];
let foreign: Things;

beforeAll(async () => {
  api = await setupApi();
  foreign = await makeThings(api.b, 'somebody else');
  const all = operationsOf(describeApi(api.app, 'x')).filter(({ path }) => path.startsWith('/api/v1/'));
  // What removes things comes last.
  routes = [
    ...all.filter(({ method }) => method !== 'delete'),
    ...all.filter(({ method }) => method === 'delete'),
  ];
});
afterAll(() => api.stop());

const nameOf = ({ method, path }: DescribedOperation): string => `${method.toUpperCase()} ${path}`;

test('the table has a line for every route, and for no other', () => {
  expect([...MAY.keys()].sort()).toEqual(routes.map(nameOf).sort());
  for (const [route, cells] of MAY) expect(cells, route).toHaveLength(HOLDERS.length);
});

/** Keys and people are let in by different doors: what is behind them is the same. */
const BY = ['an API key', 'a session'] as const;

test.each(BY.flatMap((by) => HOLDERS.map((holder, column) => ({ ...holder, column, by }))))(
  '$role on the $on may do what the table says, in its own organisation alone, by $by',
  async ({ role, on, column, by }) => {
    const things = await makeThings(api.a, `of the ${role} on the ${on} by ${by}`);
    const ask = await holderOf({ role, on } as Holder, by, things);
    const told: Record<string, string> = {};
    const expected: Record<string, string> = {};
    for (const route of routes) {
      const name = nameOf(route);
      const may = MAY.get(name)?.[column] ?? false;
      const own = on === 'connection' || route.method === 'get' ? things : { ...things, ...strangers() };
      told[name] = said(route, await statusOf(ask, route, own));
      expected[name] = may ? 'may' : 'may not';
      if (!route.path.includes('{') || OF_NOBODY.some((path) => path.test(route.path))) continue;
      // A role on one connection says nothing of another.
      const mayThere = may && !(on === 'connection' && route.path.startsWith('/api/v1/tenant/connections/'));
      told[`${name} of others`] = String(await statusOf(ask, route, foreign));
      expected[`${name} of others`] = mayThere ? '404' : '403';
    }
    expect(told).toEqual(expected);
  },
);

type Ask = (path: string, method: string, body: JsonObject | null) => Response | Promise<Response>;

/** @returns what asks in the name of somebody who holds that and nothing else */
async function holderOf({ role, on }: Holder, by: (typeof BY)[number], things: Things): Promise<Ask> {
  const roles = on === 'organisation' && role !== 'nothing' ? [role] : [];
  const { type, id, headers } = by === 'a session' ? await memberWith(roles) : await serviceWith(roles);
  if (on === 'connection') {
    const { status } = await api.a.call('POST', '/role-assignments', {
      body: { principal_type: type, principal_id: id, role, connection_id: things.connection },
    });
    expect(status).toBe(201);
  }
  return (path, method, body) =>
    api.app.request(path, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
}

async function serviceWith(roles: readonly OrganisationRole[]) {
  const { id, key } = await api.keyWith(roles);
  return { type: 'service', id, headers: { authorization: `Bearer ${key}` } };
}

async function memberWith(roles: readonly OrganisationRole[]) {
  const email = `${randomUUID()}@example.com`;
  const { body } = await api.a.call('POST', '/invitations', { body: { email, roles: [...roles] } });
  const browser = api.visitor();
  const id = await join(browser, email, body.token);
  return { type: 'user', id, headers: browser.headers() };
}

async function statusOf(ask: Ask, route: DescribedOperation, things: Things): Promise<number> {
  const sends = route.method !== 'get' && route.method !== 'delete';
  const body: JsonObject | null = sends ? (BODIES[nameOf(route)] ?? {}) : null;
  const response = await ask(fillPath(route.path, things), route.method.toUpperCase(), body);
  // A stream would go on.
  await response.body?.cancel();
  for (const [name, value] of Object.entries(ON_EVERY_ANSWER)) {
    expect(response.headers.get(name), `${nameOf(route)} ${response.status}`).toBe(value);
  }
  return response.status;
}

/** 404, 409 and 422 are answers to somebody who may ask; reading what is there must succeed. */
function said({ method }: DescribedOperation, status: number): string {
  if (status === 403) return 'may not';
  const fits = method === 'get' ? status === 200 : status < 300 || [404, 409, 422].includes(status);
  return fits ? 'may' : `status ${status}`;
}
