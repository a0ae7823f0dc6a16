import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as dial } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createClient } from '../cli/client.ts';
import { startDemoReceiver } from '../cli/demo/receiver.ts';
import { connect } from '../db/client.ts';
import { startApi } from './api.ts';
import { warnOfTooFewConnections } from './connections-wanted.ts';
import { planProcesses } from './process-plan.ts';
import { SILENT, setupInstallation, type TestInstallation } from './processes.testkit.ts';
import { startWorker } from './worker.ts';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await setupInstallation();
});
afterAll(() => installation.stop());

const options = () => ({ config: installation.config, databaseUrl: installation.databaseUrl, log: SILENT });

/** A published workflow with one webhook to `receiverUrl` on GO, and a job of it. */
async function jobWithWebhook(receiverUrl: string, name: string): Promise<string> {
  const { client } = installation;
  const connection = await client.request('POST', '/tenant/connections', {
    provider: 'generic_rest',
    connection_name: name,
    credentials: { base_url: receiverUrl },
  });
  const call = {
    action_type: 'WEBHOOK',
    name: 'call',
    params: { connection_id: connection.id, path: '/call' },
  };
  const definition = { initial: 'a', states: { a: { on: { GO: { actions: call } } } } };
  await client.request('POST', '/workflows', { name, definition });
  await client.request('POST', `/workflows/${name}/publish`, { version: 1 });
  return (await client.request('POST', '/jobs', { workflow: name })).job.id;
}

test('what the API commits wakes the worker, which fires it', async () => {
  const receiver = await startDemoReceiver();
  onTestFinished(receiver.stop);
  const jobId = await jobWithWebhook(receiver.url, 'wakes');
  const { action_runs: runs } = await installation.client.request('POST', `/jobs/${jobId}/events`, {
    type: 'GO',
  });
  for await (const { event, data } of installation.client.stream(`/jobs/${jobId}/stream`, {})) {
    const said = JSON.parse(data);
    const all = event === 'snapshot' ? said.action_runs : event === 'action' ? [said] : [];
    if (all.some((run: { status: string }) => run.status === 'SUCCEEDED')) break;
  }
  expect(receiver.arrivals).toEqual([{ key: runs[0].id }]);
});

test('a stopping API ends its streams, closes connections that were kept alive, and refuses new ones', async () => {
  const api = await startApi(options());
  const { port } = new URL(api.url);
  const idle = dial(Number(port), '127.0.0.1');
  await once(idle, 'connect');
  const jobId = await jobWithWebhook('http://127.0.0.1:9', 'ends');
  const client = createClient({ url: api.url, apiKey: installation.apiKey });
  const stream = client.stream(`/jobs/${jobId}/stream`, {});
  expect((await stream.next()).value).toMatchObject({ event: 'snapshot' });
  const [rest] = await Promise.all([stream.next(), api.stop()]);
  expect(rest.done).toBe(true);
  if (!idle.destroyed) await once(idle, 'close');
  await expect(fetch(`${api.url}/healthz`)).rejects.toThrow();
});

test('an API whose port is taken says so, and leaves nothing open', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const config = { ...installation.config, http: { ...installation.config.http, port } };
  const applicationName = 'pawl api';
  const before = await sessionsOf(applicationName);
  await expect(startApi({ ...options(), config })).rejects.toMatchObject({ code: 'cannot_listen' });
  expect(await sessionsOf(applicationName)).toBeLessThanOrEqual(before);
});

async function sessionsOf(applicationName: string): Promise<number> {
  const { operator } = installation;
  const [row] = await operator.sql`
    select count(*)::integer as sessions from pg_stat_activity
    where datname = current_database() and application_name = ${applicationName}`;
  return Number(row?.sessions);
}

test('a worker that is told to stop finishes what it sends, and holds nothing afterwards', async () => {
  const answers: (() => void)[] = [];
  const arrived = Promise.withResolvers<void>();
  const server = createServer((_, response) => {
    answers.push(() => response.end('{}'));
    arrived.resolve();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const jobId = await jobWithWebhook(`http://127.0.0.1:${port}`, 'finishes');
  await installation.worker.stop();
  const worker = await startWorker(options());
  const { action_runs: runs } = await installation.client.request('POST', `/jobs/${jobId}/events`, {
    type: 'GO',
  });
  await arrived.promise;
  const stopped = worker.stop();
  answers[0]?.();
  await stopped;
  expect(await installation.client.request('GET', `/actions/${runs[0].id}`)).toMatchObject({
    status: 'SUCCEEDED',
    attempts: 1,
  });
  const operator = connect({
    url: installation.databaseUrl,
    role: 'pawl_operator',
    poolMax: 1,
    applicationName: 't',
  });
  onTestFinished(() => operator.close());
  expect(await operator.sql`select id from workers`).toEqual([]);
  expect(await operator.sql`select id from dispatch_queue`).toEqual([]);
});

test('a worker that is told to give up leaves what it was sending as UNKNOWN', async () => {
  const arrived = Promise.withResolvers<void>();
  const server = createServer(() => arrived.resolve()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as { port: number };
  const jobId = await jobWithWebhook(`http://127.0.0.1:${port}`, 'gives-up');
  const worker = await startWorker(options());
  const { action_runs: runs } = await installation.client.request('POST', `/jobs/${jobId}/events`, {
    type: 'GO',
  });
  await arrived.promise;
  worker.abort();
  await worker.stop();
  expect(await installation.client.request('GET', `/actions/${runs[0].id}`)).toMatchObject({
    status: 'UNKNOWN',
    attempts: 1,
  });
});

test.each([
  [1, []],
  [64, [expect.objectContaining({ wanted: 64 * (10 + 1 + 2), usable: expect.any(Number) })]],
])(
  '%d processes that start say whether Postgres takes as many connections as they may open',
  async (processes, said) => {
    const lines: unknown[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const planned = planProcesses(installation.config, ['worker'], processes);
    await warnOfTooFewConnections(planned, installation.databaseUrl, log);
    expect(lines).toEqual(said);
  },
);
