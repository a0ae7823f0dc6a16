// No request ends in an error of ours, whatever is in it: what cannot be is refused, with a problem document that says so.
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json, JsonObject } from '../engine/json.ts';
import { setupApi, type TestApi } from './api.testkit.ts';
import { SIGN_IN_PATHS } from './auth/sign-in.ts';
import { PASSWORD, signUp } from './browser.testkit.ts';
import {
  BODIES,
  definitionWith,
  FOREIGN_BODIES,
  fillPath,
  makeThings,
  strangers,
  type Things,
} from './foreign-ids.testkit.ts';
import { type DescribedOperation, describeApi, type OpenApiDocument, operationsOf } from './openapi.ts';
import { type Schema, type StrangeRequests, strangeRequests } from './strange-requests.testkit.ts';

/** As many as take a few seconds; STRANGE_REQUESTS=100000 looks further. */
const RUNS = Number(process.env.STRANGE_REQUESTS ?? 1_000);
const TIMEOUT_MS = 60_000 + 50 * RUNS;

let api: TestApi;
let document: OpenApiDocument;
let operations: DescribedOperation[];
let things: Things;
/** What the API says of errors that nobody expected. */
let logged: string[];

beforeAll(async () => {
  logged = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void logged.push(line) });
  api = await setupApi({ deps: { log } });
  document = describeApi(api.app, 'x');
  // A stream would go on.
  operations = operationsOf(document).filter(
    ({ path }) => path.startsWith('/api/v1/') && !path.endsWith('/stream'),
  );
  things = await makeThings(api.a, 'mine');
});
afterAll(() => api.stop());

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer> | undefined;
}

async function isAnswered({ method, path, headers, body }: Sent): Promise<void> {
  const request = new Request(`http://localhost${path}`, {
    method,
    headers,
    ...(body !== undefined && { body }),
  });
  const response = await api.app.request(request);
  const text = await response.text();
  const said = `${method} ${path} ${body}: ${response.status} ${text} ${logged.at(-1)}`;
  expect(response.status, said).toBeLessThan(500);
  if (response.status >= 400)
    expect(response.headers.get('content-type'), said).toMatch(/^application\/problem\+json/);
}

async function whatever(sent: (strange: StrangeRequests) => Sent): Promise<void> {
  const known = [...Object.values(things), 'GO', 'waiting', 'month'];
  const answered = fc.asyncProperty(fc.gen(), (g) => isAnswered(sent(strangeRequests(g, document, known))));
  await fc.assert(answered, { numRuns: RUNS, endOnFailure: true });
}

test('an operation, whatever is in path, query, headers and body', { timeout: TIMEOUT_MS }, () =>
  whatever((strange) => {
    const operation = strange.oneOf(operations);
    const content = contentOf(operation, strange);
    const headers = {
      authorization: `Bearer ${api.a.key}`,
      ...headersOf(operation, strange),
      ...content.headers,
    };
    const path = `${pathOf(operation, strange)}${queryOf(operation, strange)}`;
    return { method: operation.method.toUpperCase(), path, headers, body: content.body };
  }),
);

test('a source, whatever its sender signs', { timeout: TIMEOUT_MS }, async () => {
  const { body: source } = await api.a.call('POST', '/sources', {
    body: { kind: 'generic', name: 'strange' },
  });
  await whatever((strange) => {
    const body = new TextEncoder().encode(
      jsonOf(strange.value({ type: 'object', additionalProperties: true }), strange),
    );
    const signature = createHmac('sha256', source.secret).update(body).digest('hex');
    const type = strange.oneOf([
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
      'nonsense',
    ]);
    const headers = { 'x-signature': signature, 'content-type': type };
    return { method: 'POST', path: `/api/integrations/webhook/${source.id}`, headers, body };
  });
  const { body: stored } = await api.a.call('GET', `/inbound-events?source=${source.id}&limit=200`);
  expect(stored.items.length).toBeGreaterThan(0);
  for (const { id } of stored.items) {
    expect((await api.a.call('GET', `/inbound-events/${id}`)).status, id).toBe(200);
  }
});

test('signing in, whatever is sent and whoever is signed in', { timeout: TIMEOUT_MS }, async () => {
  const browser = api.visitor();
  const somebody = { email: 'somebody@example.com', password: PASSWORD, name: 'Somebody' };
  await signUp(browser, somebody.email);
  const usual: JsonObject = {
    ...somebody,
    currentPassword: PASSWORD,
    newPassword: `${PASSWORD}!`,
    slug: 'here',
  };
  const others = [
    'provider',
    'callbackURL',
    'token',
    'organizationId',
    'invitationId',
    'rememberMe',
    'image',
  ];
  await whatever((strange) => {
    const sent: JsonObject = strange.isOneIn(2) ? { ...usual } : {};
    for (const field of [...Object.keys(usual), ...others])
      if (strange.isOneIn(6)) sent[field] = strange.value({});
    const { origin, ...rest } = browser.headers();
    const headers = { origin, ...(strange.isOneIn(2) ? rest : { 'x-pawl-request': '1' }), ...JSON_CONTENT };
    const path = `/api/auth${strange.oneOf([...SIGN_IN_PATHS])}`;
    return { method: 'POST', path, headers: headers as Record<string, string>, body: jsonOf(sent, strange) };
  });
});

const JSON_CONTENT = { 'content-type': 'application/json' };

/** Cut off, now and then. */
function jsonOf(value: Json, strange: StrangeRequests): string {
  const text = JSON.stringify(value);
  return strange.isOneIn(40) ? text.slice(0, -1) : text;
}

/** What is deleted is nobody's, so that there is something left to ask for. */
function pathOf({ method, path }: DescribedOperation, strange: StrangeRequests): string {
  if (strange.isOneIn(10))
    return path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(strange.text().toWellFormed()) || 'x');
  return fillPath(path, method === 'delete' ? { ...things, ...strangers() } : things);
}

interface Parameter {
  name: string;
  in: string;
  schema: Schema;
}

const parametersOf = ({ operation }: DescribedOperation, place: string): Parameter[] =>
  ((operation.parameters ?? []) as Parameter[]).filter((parameter) => parameter.in === place);

function queryOf(operation: DescribedOperation, strange: StrangeRequests): string {
  const query = new URLSearchParams();
  for (const { name, schema } of parametersOf(operation, 'query')) {
    if (strange.isOneIn(2)) continue;
    const value = strange.value(schema);
    for (const one of [value].flat()) query.append(name, typeof one === 'string' ? one : JSON.stringify(one));
  }
  return query.size === 0 ? '' : `?${query}`;
}

function headersOf(operation: DescribedOperation, strange: StrangeRequests): Record<string, string> {
  const values = [
    '',
    'x',
    '1',
    '"1"',
    'W/"1"',
    '*',
    '"1", "2"',
    '"99999999999999999999"',
    '"-1"',
    'k'.repeat(300),
    'ä',
  ];
  const some = parametersOf(operation, 'header').filter(() => strange.isOneIn(3));
  return Object.fromEntries(some.map(({ name }) => [name, strange.oneOf(values)]));
}

function contentOf(described: DescribedOperation, strange: StrangeRequests): Pick<Sent, 'headers' | 'body'> {
  const { operation, method, path } = described;
  const body = operation.requestBody as { content?: { 'application/json'?: { schema: Schema } } } | undefined;
  const schema = body?.content?.['application/json']?.schema;
  if (method === 'get' || (!schema && strange.isOneIn(2))) return { headers: {}, body: undefined };
  const accepted = acceptedBodies(`${method.toUpperCase()} ${path}`);
  const isNearly = accepted.length > 0 && strange.isOneIn(2);
  const value = isNearly ? strange.disturbed(strange.oneOf(accepted)) : strange.value(schema ?? {});
  return { headers: JSON_CONTENT, body: jsonOf(value, strange) };
}

function acceptedBodies(route: string): JsonObject[] {
  const definition = definitionWith(things.connection);
  const ofWorkflows = route.startsWith('POST /api/v1/workflows')
    ? [{ name: 'new', definition }, { definition }]
    : [];
  const named = FOREIGN_BODIES.filter((one) => one.route === route).map(({ body }) => body(things));
  return [...(BODIES[route] ? [BODIES[route]] : []), ...named, ...ofWorkflows];
}
