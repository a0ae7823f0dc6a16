// API and worker as in production, with metrics and traces on: what their operator is shown, and that it names no tenant
// where it may not and no secret anywhere.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../cli/client.ts';
import { startApi } from '../processes/api.ts';
import { setupInstallation, type TestInstallation } from '../processes/processes.testkit.ts';
import { startWorker } from '../processes/worker.ts';

const TOKEN = 'metrics-are-not-for-everybody';
const SECRET = 'Bearer canary-of-the-operator';
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

interface Received {
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Answers everything with 200 and remembers it. */
async function listenForAnything() {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    });
    response.end('{}');
    for (const look of waiting) look();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    /** Resolves with what `find` finds, as soon as it does. */
    async until<T>(find: () => T | undefined): Promise<T> {
      for (;;) {
        const found = find();
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => {
          const look = () => {
            waiting.delete(look);
            resolve();
          };
          waiting.add(look);
        });
      }
    },
    stop: () => server.close(),
  };
}

interface SpanSent {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  links?: { traceId: string; spanId: string }[];
}

type Listening = Awaited<ReturnType<typeof listenForAnything>>;

let installation: TestInstallation;
let collector: Listening;
let receiver: Listening;
let runId: string;
let jobId: string;
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  [collector, receiver] = await Promise.all([listenForAnything(), listenForAnything()]);
  installation = await setupInstallation({
    METRICS_API_PORT: '0',
    METRICS_WORKER_PORT: '0',
    METRICS_TOKEN: TOKEN,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=of%20the%20collector',
  });
  // Again, with a log that can be read.
  await Promise.all([installation.api.stop(), installation.worker.stop()]);
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const options = { config: installation.config, databaseUrl: installation.databaseUrl, log };
  installation.api = await startApi(options);
  installation.worker = await startWorker(options);
  await sendOneWebhook();
});
afterAll(async () => {
  await installation.stop();
  collector.stop();
  receiver.stop();
});

async function call(method: string, path: string, body?: unknown, headers = {}) {
  const response = await fetch(`${installation.api.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${installation.apiKey}`,
      'content-type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true);
  // biome-ignore lint/suspicious/noExplicitAny: what the API answers is read by the test that asked
  return response.json() as Promise<any>;
}

async function sendOneWebhook(): Promise<void> {
  const connection = await call('POST', '/tenant/connections', {
    provider: 'generic_rest',
    connection_name: 'seen',
    credentials: { base_url: receiver.url, auth_header: SECRET },
  });
  const params = { connection_id: connection.id, path: '/seen', body: { id: '<<job.id>>' } };
  const actions = { action_type: 'WEBHOOK', params };
  const definition = { initial: 'a', states: { a: { on: { GO: { target: 'b', actions } } }, b: {} } };
  await call('POST', '/workflows', { name: 'seen', definition });
  await call('POST', '/workflows/seen/publish', { version: 1 });
  jobId = (await call('POST', '/jobs', { workflow: 'seen' })).job.id;
  const traceparent = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
  const sent = await call('POST', `/jobs/${jobId}/events`, { type: 'GO' }, { traceparent });
  runId = sent.action_runs[0].id;
  await receiver.until(() => receiver.received[0]);
  const client = createClient({ url: installation.api.url, apiKey: installation.apiKey });
  for await (const { event, data } of client.stream(`/jobs/${jobId}/stream`, {})) {
    const said = JSON.parse(data);
    const all = event === 'snapshot' ? said.action_runs : event === 'action' ? [said] : [];
    if (all.some((run: { status: string }) => run.status === 'SUCCEEDED')) break;
  }
}

const metricsOf = async (url: string | null, token = TOKEN) =>
  fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });

/** `name{labels} value` lines by name and labels. */
function parse(text: string): Map<string, number> {
  const values = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    values.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

test('metrics of the API count requests by route and transitions, and name nobody', async () => {
  for (const path of [`/api/tenants/${installation.tenant.id}/jwks.json`, '/api/auth/get-session'])
    await fetch(`${installation.api.url}${path}`);
  const page = await (await metricsOf(installation.api.metricsUrl)).text();
  const values = parse(page);
  const ofKeys = 'process="api",method="GET",route="/api/tenants/:tenant_id/jwks.json",status="4xx"';
  expect(values.get(`pawl_http_request_seconds_count{${ofKeys}}`)).toBe(1);
  const ofSession = 'process="api",method="GET",route="/api/auth/get-session",status="2xx"';
  expect(values.get(`pawl_http_request_seconds_count{${ofSession}}`)).toBe(1);
  const of = 'process="api",method="POST",route="/api/v1/jobs/:id/events",status="2xx"';
  expect(values.get(`pawl_http_request_seconds_count{${of}}`)).toBe(1);
  expect(values.get('pawl_transitions_total{process="api"}')).toBe(2);
  expect(values.get('pawl_commit_units_count{process="api"}')).toBeGreaterThanOrEqual(2);
  expect(values.get('pawl_pool_max{process="api"}')).toBe(installation.config.database.poolMax);
  expect(page).toContain('nodejs_eventloop_lag_p99_seconds');
  // The same machine.
  expect(values.get('pawl_clock_database_ahead_seconds{process="api"}')).toBeCloseTo(0, 0);
  for (const who of [installation.tenant.id, jobId, runId, 'seen', SECRET]) expect(page).not.toContain(who);
});

test('metrics of a worker count attempts, time them from the commit on, and say what waits', async () => {
  const values = parse(await (await metricsOf(installation.worker.metricsUrl)).text());
  expect(
    values.get('pawl_attempts_total{provider="generic_rest",outcome="succeeded",process="worker"}'),
  ).toBe(1);
  expect(values.get('pawl_first_attempt_delay_seconds_count{process="worker"}')).toBe(1);
  expect(values.get('pawl_database_up{process="worker"}')).toBe(1);
  expect(values.get('pawl_queue_transitions{state="due",process="worker"}')).toBe(0);
  expect(values.get('pawl_workers_living{process="worker"}')).toBe(1);
  // On Postgres 15 the worker's role inherits from none of those it is a member of, so it does not see other sessions.
  const [server] = await installation.operator
    .sql`select current_setting('server_version_num')::integer as version`;
  const oldest = values.get('pawl_postgres_oldest_xmin_transactions{process="worker"}');
  if (server?.version < 160_000) expect(oldest).toBeUndefined();
  else expect(oldest).toBeGreaterThanOrEqual(0);
  expect(values.get('pawl_worker_circuits{circuit="open",process="worker"}')).toBe(0);
});

test('metrics want their token, and only metrics do', async () => {
  for (const url of [installation.api.metricsUrl, installation.worker.metricsUrl]) {
    expect((await metricsOf(url, 'wrong')).status).toBe(401);
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'ready' }]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  }
  expect((await fetch(`${installation.api.url}/metrics`)).status).toBe(404);
});

test('every line about a request says whose it is, and no line holds a secret', () => {
  const request = lines.find(({ msg, route }) => msg === 'request' && route === '/api/v1/jobs/:id/events');
  expect(request).toMatchObject({
    request_id: expect.any(String),
    tenant_id: installation.tenant.id,
    job_id: jobId,
    status: 200,
  });
  const all = JSON.stringify(lines);
  for (const secret of [SECRET, installation.apiKey, TOKEN, 'of the collector']) {
    expect(all).not.toContain(secret);
  }
});

const SENDERS_TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** A source's event starts a job of which a subscriber is told, and which goes on by a timer. */
async function receiveOneWebhook(): Promise<void> {
  const connection = await call('POST', '/tenant/connections', {
    provider: 'generic_rest',
    connection_name: 'told',
    credentials: { base_url: receiver.url, auth_header: SECRET },
    supplied_to_all: true,
  });
  const to = (path: string) => ({
    action_type: 'WEBHOOK',
    params: { connection_id: connection.id, path, body: { id: '<<job.id>>' } },
  });
  const later = { target: 'b', actions: to('/timed') };
  await call('POST', '/workflows', {
    name: 'heard',
    definition: { initial: 'a', states: { a: { after: { 1: later } }, b: {} } },
  });
  await call('POST', '/workflows/heard/publish', { version: 1 });
  const trigger = { kind: 'job_started' };
  await call('POST', '/subscriptions', { name: 'told', trigger, action: to('/told') });
  const source = await call('POST', '/sources', { kind: 'generic', name: 'orders' });
  const action = { type: 'start_job', workflow: 'heard' };
  await call('POST', '/triggers', { source_id: source.id, name: 'starts', event_types: ['*'], action });
  const body = '{"order":1}';
  const sent = await fetch(`${installation.api.url}/api/integrations/webhook/${source.id}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-signature': createHmac('sha256', source.secret).update(body).digest('hex'),
      traceparent: `00-${SENDERS_TRACE_ID}-b7ad6b7169203331-01`,
    },
    body,
  });
  expect(sent.ok).toBe(true);
}

let timersTrace: string;

test('the trace of who sent an inbound webhook leads to the subscribers; a timer begins its own', async () => {
  await receiveOneWebhook();
  const traceAt = async (path: string) => {
    const { headers } = await receiver.until(() => receiver.received.find(({ url }) => url === path));
    return /^00-(\w{32})-\w{16}-01$/.exec(String(headers.traceparent))?.[1];
  };
  expect(await traceAt('/told')).toBe(SENDERS_TRACE_ID);
  timersTrace = String(await traceAt('/timed'));
  expect(timersTrace).toMatch(/^(?!0af76519)\w{32}$/);
});

test('one trace leads from the caller through API and worker to the receiver', async () => {
  const { headers } = receiver.received[0] as Received;
  const [, traceId, attemptSpan] = /^00-(\w{32})-(\w{16})-01$/.exec(String(headers.traceparent)) ?? [];
  expect(traceId).toBe(TRACE_ID);
  // What has not been sent yet is sent by stopping.
  await Promise.all([installation.api.stop(), installation.worker.stop()]);
  const all = collector.received
    .filter(({ url }) => url === '/v1/traces')
    .flatMap(({ body }) => JSON.parse(body).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans: some }: { spans: SpanSent[] }) => some);
  const spans = all.filter((span) => span.traceId === TRACE_ID);
  const named = (name: string) => spans.find((span) => span.name === name) as SpanSent;
  const request = named('POST /api/v1/jobs/:id/events');
  const transition = named('send GO');
  const attempt = named('attempt generic_rest');
  expect(request.parentSpanId).toBe('00f067aa0ba902b7');
  expect(transition.parentSpanId).toBe(request.spanId);
  expect(attempt.parentSpanId).toBe(transition.spanId);
  expect(attempt.spanId).toBe(attemptSpan);
  expect(collector.received[0]?.headers['api-key']).toBe('of the collector');
  // The trace that a timer began names the transition that set it, in the trace of who sent the webhook.
  const [timer] = all.filter((span) => span.traceId === timersTrace && span.links?.length);
  const [link] = timer?.links ?? [];
  const setting = all.find((span) => span.spanId === link?.spanId);
  expect([link?.traceId, setting?.traceId]).toEqual([SENDERS_TRACE_ID, SENDERS_TRACE_ID]);
});
