// The canary: every provider's credentials hold secrets that nothing else looks like, and every receiver says back
// whatever it was sent. Then logs, the whole database, every answer of the API and the streams are searched for them.
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setupApi, type TestApi } from '../api/api.testkit.ts';
import { fillPath, makeThings, type Things } from '../api/foreign-ids.testkit.ts';
import { describeApi, operationsOf } from '../api/openapi.ts';
import { publish, send, startJob } from '../api/samples.testkit.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import { createDecrypter } from '../vault/decrypt.ts';
import { bindingOfSigningKey } from '../vault/signing-keys.ts';
import type { Received, ScriptedAnswer } from '../worker/receiver.testkit.ts';
import { AT_ONCE, type Kit, setupOn } from '../worker/worker.testkit.ts';
import {
  type CanaryCredentials,
  canaryCredentials,
  dumpDatabase,
  findSecrets,
  freshCanaries,
  newMark,
  type Secret,
  spellingsOf,
  type Text,
} from './canary.testkit.ts';
import { type StandIn, startStandIn } from './stand-in.testkit.ts';

/** What the receivers answer in turn. 401 flags the connection; a redirect has it in `location`. */
const ROUNDS = [200, 400, 401, 500, 302];
/** Never sent: GitHub and GitLab sign with them, AWS has us sign, and endpoints are signed for. */
const NEVER_SENT = [
  ...['github.webhook_secret', 'gitlab.webhook_secret', 'aws_ssm.secret_access_key'],
  ...['endpoint.secret', 'signing key', 'signing key in hex'],
];

interface Canary extends CanaryCredentials {
  connection: string;
  workflow: string;
}

let api: TestApi;
let kit: Kit;
let standIn: StandIn;
let status = 200;
/** What receivers said. */
const echoed: Text[] = [];
/** What was logged, answered and streamed. */
const seen: Text[] = [];
const secrets: Secret[] = [];
/** Whether answers were too long to be kept whole: both kinds are scrubbed, each in its own way. */
const cut = new Set<boolean>();
/** What there is to ask for by id. */
const things: Things[] = [];
let made: Things;

beforeAll(async () => {
  const write = (line: string) => void seen.push({ where: 'the log', text: line });
  const log = pino({ level: 'debug' }, { write });
  standIn = await startStandIn(echo);
  api = await setupApi({ deps: { log, testWaitMs: 30_000 } });
  kit = await setupOn(api.url);
  await kit.startWorker({ log, sender: standIn.sender });
  made = await makeThings(api.a, 'one of everything');
  // Its stream would go on as long as it is open.
  await send(api.a.call, made.job, 'END');
});
afterAll(async () => {
  await kit?.close();
  await api?.stop();
  await standIn?.close();
});

/** Says everything back: in headers, in the places where providers have their words, and in every encoding. */
function echo({ method, path, headers, body }: Received): ScriptedAnswer {
  const all = `${method} ${path} ${Object.values(headers).join(' ')} ${body}`;
  const ok = status === 200;
  const words = { sid: all, id: all, dedup_key: all, type: all, status: all, message: all };
  const failure = { ...words, code: all, extensions: { code: all, userPresentableMessage: all } };
  const said: JsonObject = {
    ok,
    success: ok,
    ...words,
    ...(ok ? {} : { code: all, error: failure, errors: [failure], errorMessages: [all] }),
    // Beyond what is kept of a body, so that it is cut: the answers to successes are kept whole.
    echo: ok ? { headers: { ...headers } as JsonObject, body } : spellingsOf(all),
  };
  const answer = {
    status,
    headers: {
      ...Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [`x-echo-${name}`, String(value)]),
      ),
      'x-message-id': String(headers.authorization),
      ...(status === 302 && { location: `https://elsewhere.example/?${new URLSearchParams({ all })}` }),
    },
    body: said,
  };
  echoed.push({ where: 'an echo', text: JSON.stringify(answer) });
  return answer;
}

async function call(method: string, path: string, body?: Json): Promise<JsonObject & { id: string }> {
  const answer = await api.a.call(method, path, body === undefined ? {} : { body });
  see(`${method} ${path}`, answer);
  return answer.body;
}

const see = (where: string, { body, headers }: { body: unknown; headers: Headers }) =>
  void seen.push({ where, text: JSON.stringify([body, [...headers]]) });

const once = { ...AT_ONCE, max_attempts: 1 };

/** All that can be fired through a connection: its WEBHOOK, each of its operations, and a state that waits for one. */
function everyCall({ provider, credentials }: CanaryCredentials, connection: string): JsonObject {
  // An incoming webhook of Slack's is a URL without a path, to one channel.
  const bare = Object.hasOwn(credentials, 'webhook_url');
  const webhook = {
    connection_id: connection,
    ...(bare ? { path: '', body: { text: 'hello' } } : (provider.webhook?.example as JsonObject)),
  };
  const fire = (action: JsonObject) => ({ ...action, continue_on_failure: true, retry: once });
  const operations = Object.entries(provider.operations).map(([name, { example }]) => {
    const input = bare ? { text: 'hello' } : (example as JsonObject);
    const params = { connection_id: connection, operation: `${provider.id}.${name}`, input };
    return fire({ action_type: 'INTEGRATION', name, params });
  });
  const over = (got: string) => ({
    target: 'over',
    actions: { action_type: 'ASSIGN', params: { got } },
  });
  return {
    context: { got: null },
    initial: 'idle',
    states: {
      idle: {
        on: {
          FIRE: {
            target: 'asking',
            actions: [fire({ action_type: 'WEBHOOK', name: 'webhook', params: webhook }), ...operations],
          },
        },
      },
      asking: {
        invoke: {
          id: 'asked',
          src: 'webhook',
          input: webhook,
          retry: once,
          onDone: over('event.output'),
          onError: over('event.error'),
        },
      },
      over: { type: 'final' },
    },
  };
}

async function prepare(canary: CanaryCredentials, number: number): Promise<Canary> {
  const { provider, credentials } = canary;
  secrets.push(...canary.secrets);
  const { id } = await call('POST', '/tenant/connections', {
    provider: provider.id,
    connection_name: `canary ${number}`,
    credentials,
    settings: { rate_limit: { per_second: 1_000 } },
  });
  const workflow = `canary-${number}`;
  await publish(api.a.call, workflow, everyCall(canary, id));
  return { ...canary, connection: id, workflow };
}

/** Fires everything, watches the job to its end, and tests the connection. */
async function fireAll({ connection, workflow, provider }: Canary): Promise<void> {
  const job = await startJob(api.a.call, workflow);
  const path = `/api/v1/jobs/${job}/stream`;
  const stream = await api.app.request(path, { headers: { authorization: `Bearer ${api.a.key}` } });
  const told = stream.text();
  see('FIRE', await send(api.a.call, job, 'FIRE'));
  seen.push({ where: path, text: await told });
  const test = await call('POST', `/tenant/connections/${connection}/test`);
  const connectionTest = test.connection_id === connection ? test.id : made.connectionTest;
  // But for the delivery to who subscribed, whose list is itself.
  const runs = (await kit.runsOf(job)).filter(({ id, transitionId }) => id !== transitionId);
  expect(runs.map(({ name, response }) => [provider.id, name, response?.status])).toEqual(
    [...['webhook', ...Object.keys(provider.operations)], null].map((name) => [provider.id, name, status]),
  );
  for (const { kind, data } of await kit.logOf(job)) {
    if (kind === 'attempt') cut.add((data.response as JsonObject).truncated === true);
  }
  for (const { id } of runs) things.push({ ...made, connection, connectionTest, job, actionRun: id });
}

/** Has an endpoint told of every job, signed by both: its secret, and the key that was made for it. */
async function tellEndpoint(): Promise<void> {
  const { id, secret } = (
    await api.a.call('POST', '/endpoints', {
      body: { url: 'https://consumer.example.com/told', signed_by: 'both' },
    })
  ).body;
  const target = { endpoint_id: id, retry: once };
  await call('POST', '/subscriptions', { name: 'all', trigger: { kind: 'job_started' }, endpoint: target });
  const rows = await api.asOwner(
    (sql) => sql<{ secret: Buffer }[]>`select secret from signing_keys where tenant_id = ${api.a.tenant.id}`,
  );
  const binding = bindingOfSigningKey({ tenantId: api.a.tenant.id });
  const opened = await createDecrypter(api.keys)(rows[0]?.secret as Buffer, binding);
  const key = String(opened.secret);
  const hex = Buffer.from(key.slice('whsk_'.length), 'base64').toString('hex');
  const markOf = (value: string) => value.replace(/^wh.*_|=*$/g, '');
  secrets.push(
    { name: 'endpoint.secret', value: secret, mark: markOf(secret) },
    { name: 'signing key', value: key, mark: markOf(key) },
    { name: 'signing key in hex', value: hex, mark: hex },
  );
}

/** Every answer of every GET there is, to the ids of the test. */
async function walkRoutes(): Promise<void> {
  const headers = { authorization: `Bearer ${api.a.key}` };
  for (const { method, path } of operationsOf(describeApi(api.app, 'x'))) {
    if (method !== 'get') continue;
    const statuses = new Set<number>();
    for (const filled of new Set(things.map((these) => fillPath(path, these)))) {
      for (let at: string | null = filled; at !== null; ) {
        const response: Response = await api.app.request(at, { headers });
        const text = await response.text();
        statuses.add(response.status);
        seen.push({ where: `GET ${at}`, text: JSON.stringify([...response.headers]) }, { where: at, text });
        const cursor = /"next_cursor":"([^"]+)"/.exec(text)?.[1];
        at = cursor === undefined ? null : `${filled}?cursor=${cursor}`;
      }
    }
    expect([path, statuses.has(200)]).toEqual([path, true]);
  }
}

test('no secret of any provider is ever found', async () => {
  things.push(made);
  await tellEndpoint();
  let canaries = await Promise.all(canaryCredentials().map(prepare));
  for (const [round, answered] of ROUNDS.entries()) {
    if (round > 0) canaries = await Promise.all(canaries.map(rotate));
    status = answered;
    await Promise.all(canaries.map(fireAll));
  }
  await walkRoutes();
  seen.push(...(await api.asOwner(dumpDatabase)));

  expect(echoed.some(({ text }) => / v1,\S+ v1a,\S+ /.test(text))).toBe(true);
  expect(cut.size).toBe(2);
  const sent = secrets.filter(({ name }) => !NEVER_SENT.includes(name));
  const unsent = sent.filter((secret) => findSecrets(echoed, [secret]).length === 0);
  expect(unsent.map(({ name }) => name)).toEqual([]);
  expect(findSecrets(seen, secrets)).toEqual([]);
});

/** Other secrets for the next round. */
async function rotate(canary: Canary): Promise<Canary> {
  const fresh = freshCanaries(canary.provider, canary.credentials);
  secrets.push(...fresh.secrets);
  const { credentials } = fresh;
  await call('POST', `/tenant/connections/${canary.connection}/rotate`, { credentials });
  return { ...canary, ...fresh };
}

describe('the search', () => {
  const planted = (value: string, mark: string): Secret[] => [{ name: 'planted', value, mark }];

  test('finds a secret in every spelling', () => {
    for (let length = 12; length < 16; length++) {
      const mark = newMark().slice(0, length);
      const value = `s3cr'et"/+${mark}\\&<%`;
      for (const [spelling, text] of Object.entries(spellingsOf(value))) {
        const texts = [{ where: spelling, text: `before ${text} after` }];
        expect(findSecrets(texts, planted(value, mark))).toEqual([`planted is in ${spelling}`]);
      }
    }
  });

  test('finds one in a job, in its stream, in the log and in a column of bytes', async () => {
    const mark = newMark();
    await publish(api.a.call, 'leaky', {
      context: { leak: '' },
      initial: 'on',
      states: { on: { type: 'final' } },
    });
    const leak = Buffer.from(`user:${mark}`).toString('base64');
    const job = await startJob(api.a.call, 'leaky', { leak });
    await api.asOwner(
      (sql) => sql`update connections set credentials = ${Buffer.from(mark)} where id = ${made.connection}`,
    );
    api.deps.log.debug({ leak }, 'a careless line');
    things.splice(0, things.length, { ...made, job });
    seen.splice(0, seen.length - 1);
    await walkRoutes();
    seen.push(...(await api.asOwner(dumpDatabase)));
    const found = findSecrets(seen, planted(mark, mark));
    expect(found).toEqual(
      expect.arrayContaining(
        [
          'the log',
          `/api/v1/jobs/${job}`,
          `/api/v1/jobs/${job}/stream`,
          'the table public.jobs',
          'the table public.connections',
          'the column public.connections.credentials',
        ].map((where) => `planted is in ${where}`),
      ),
    );
  });
});
