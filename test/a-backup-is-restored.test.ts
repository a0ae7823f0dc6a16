// docs/operating.md, "Backup and restore", done by the very commands that stand there: a database with an action still queued
// is backed up both ways, and what was restored sends it, opens its credential and goes on.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../cli/client.ts';
import { connect } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { checkInvariants } from '../invariants/check-invariants.ts';
import { startApi } from '../processes/api.ts';
import { SILENT, setupInstallation, type TestInstallation } from '../processes/processes.testkit.ts';
import { startWorker } from '../processes/worker.ts';
import { startWebhookReceiver } from '../worker/receiver.testkit.ts';
import { findTools } from './debian-postgres.testkit.ts';

const section = readFileSync(new URL('../docs/operating.md', import.meta.url), 'utf8')
  .split(/^## /m)
  .find((one) => one.startsWith('Backup and restore'));
const [physical, logical] = [...(section ?? '').matchAll(/^```sh\n(.*?)^```/gms)].map(([, lines]) =>
  String(lines),
);
if (!physical || !logical)
  throw new Error('docs/operating.md does not say how a backup is made and restored');
const restoring = logical.indexOf('psql');

const found = await findTools();
if (found === null)
  console.warn(
    'test/a-backup-is-restored.test.ts is skipped: /usr/lib/postgresql has no Postgres from 15 on with server and client.',
  );

describe.skipIf(found === null)('a backup', () => {
  const tools = found as NonNullable<typeof found>;
  let receiver: Awaited<ReturnType<typeof startWebhookReceiver>>;
  let installation: TestInstallation;
  let jobId: string;
  let runId: string;
  let dump: string;
  let copy: string;
  /** Of the server that is backed up. */
  let port: number;

  beforeAll(async () => {
    receiver = await startWebhookReceiver();
    const server = await tools.serve(join(await tools.folder(), 'data'), { fresh: true });
    await migrate(server.url);
    installation = await setupInstallation({}, { url: server.url, drop: async () => {} });
    // The worker is away: what is queued now is queued when the backup is made.
    await installation.worker.stop();
    await queueOne();
    port = server.port;
    dump = join(await tools.folder(), 'pawl.dump');
    copy = join(await tools.folder(), 'copy');
    await tools.shell(here(logical.slice(0, restoring)));
    await tools.shell(here(physical));
    await installation.stop();
  });
  afterAll(async () => {
    await receiver.close();
    await tools.cleanUp();
  });

  /** The commands, with the servers and files of this test. */
  const here = (lines: string, newPort = port) =>
    lines
      .replaceAll('-h db.internal', `-h 127.0.0.1 -p ${port}`)
      .replaceAll('-h new.internal', `-h 127.0.0.1 -p ${newPort}`)
      .replaceAll('-U replication', '-U postgres')
      .replaceAll('/backups/2026-11-21', copy)
      .replaceAll('pawl.dump', dump);

  async function queueOne(): Promise<void> {
    const { client } = installation;
    const connection = await client.request('POST', '/tenant/connections', {
      provider: 'generic_rest',
      connection_name: 'kept',
      credentials: { base_url: receiver.origin, auth_header: 'Bearer kept' },
    });
    const actions = { action_type: 'WEBHOOK', params: { connection_id: connection.id, path: '/kept' } };
    const definition = {
      initial: 'a',
      states: { a: { on: { GO: { target: 'b', actions } } }, b: { on: { GO: 'a' } } },
    };
    await client.request('POST', '/workflows', { name: 'kept', definition });
    await client.request('POST', '/workflows/kept/publish', { version: 1 });
    jobId = (await client.request('POST', '/jobs', { workflow: 'kept' })).job.id;
    const sent = await client.request('POST', `/jobs/${jobId}/events`, { type: 'GO' });
    runId = sent.action_runs[0].id;
  }

  /** Starts Pawl on what was restored: what was queued goes out, and the job goes on. */
  async function goesOn(databaseUrl: string): Promise<void> {
    await migrate(databaseUrl);
    const options = { config: installation.config, databaseUrl, log: SILENT };
    const api = await startApi(options);
    const worker = await startWorker(options);
    const operator = connect({
      url: databaseUrl,
      role: 'pawl_operator',
      poolMax: 1,
      applicationName: 'test',
    });
    try {
      const client = createClient({ url: api.url, apiKey: installation.apiKey });
      for await (const { event, data } of client.stream(`/jobs/${jobId}/stream`, {})) {
        const said = JSON.parse(data);
        const runs = event === 'snapshot' ? said.action_runs : event === 'action' ? [said] : [];
        if (runs.some((run: { status: string }) => run.status === 'SUCCEEDED')) break;
      }
      const arrived = receiver.requests.at(-1);
      expect(arrived?.headers).toMatchObject({ 'idempotency-key': runId, authorization: 'Bearer kept' });
      expect((await client.request('POST', `/jobs/${jobId}/events`, { type: 'GO' })).job.current_state).toBe(
        'a',
      );
      expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
      const { tenant } = installation;
      expect(await checkInvariants({ db: operator, tenants: [tenant] })).toEqual([]);
    } finally {
      await Promise.all([api.stop(), worker.stop()]);
      await operator.close();
    }
  }

  test('made by pg_dump goes on in a new server', async () => {
    const server = await tools.serve(join(await tools.folder(), 'data'), { fresh: true });
    const emptied = ['-h', '127.0.0.1', '-p', `${server.port}`, '-U', 'postgres'];
    await tools.run('dropdb', ...emptied, 'pawl');
    await tools.run('psql', ...emptied, '-c', 'drop role pawl');
    await tools.shell(here(logical.slice(restoring), server.port));
    await goesOn(server.url);
  });

  test('made by pg_basebackup goes on as a server of its own', async () => {
    const { url } = await tools.serve(copy, { fresh: false });
    await goesOn(url);
  });
});
