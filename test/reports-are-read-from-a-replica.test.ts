// docs/operating.md, "A replica for reports", done with a streaming replica: reports come from it while it is near enough, and
// nothing else does. Only with TEST_REPLICA=1: two servers take several seconds.
import { join } from 'node:path';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createApiKey } from '../api/auth/create-api-key.ts';
import { pawl } from '../cli/pawl.testkit.ts';
import { connect, type Database } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { createTenant } from '../db/operator.ts';
import { createReports } from '../db/reports.ts';
import { hasWindow, openWindow } from '../metering/ledger-reader.ts';
import { setupInstallation, type TestInstallation } from '../processes/processes.testkit.ts';
import { findTools } from './debian-postgres.testkit.ts';

const LAG_HEADER = 'pawl-replica-lag-ms';
const MAX_LAG_MS = 3_000;
const found = process.env.TEST_REPLICA ? await findTools() : null;
if (process.env.TEST_REPLICA && found === null)
  console.warn('test/reports-are-read-from-a-replica.test.ts is skipped: no Postgres with its tools here');

describe.skipIf(found === null)('with a replica for reports', () => {
  const tools = found as NonNullable<typeof found>;
  let installation: TestInstallation;
  let primaryUrl: string;
  let replica: Awaited<ReturnType<typeof tools.serve>>;
  /** As superuser of the replica. */
  let admin: Sql;

  beforeAll(async () => {
    const primary = await tools.serve(join(await tools.folder(), 'data'), { fresh: true });
    primaryUrl = primary.url;
    await migrate(primaryUrl);
    const copy = join(await tools.folder(), 'copy');
    const at = ['-h', '127.0.0.1', '-p', `${primary.port}`, '-U', 'postgres'];
    await tools.run('pg_basebackup', ...at, '-D', copy, '-X', 'stream', '-c', 'fast', '-R');
    replica = await tools.serve(copy, { fresh: false });
    admin = postgres(replica.rootUrl, { max: 1, onnotice: () => {} });
    installation = await setupInstallation(
      {
        DATABASE_URL: primaryUrl,
        DATABASE_REPORTS_URL: replica.url,
        DATABASE_REPORTS_MAX_LAG_MS: `${MAX_LAG_MS}`,
        PUBLIC_URL: 'http://127.0.0.1',
      },
      { url: primaryUrl, drop: async () => {} },
    );
    await installation.client.request('POST', '/workflows', { name: 'still', definition: DEFINITION });
    await installation.client.request('POST', '/workflows/still/publish', { version: 1 });
  });
  afterAll(async () => {
    await installation.stop();
    await admin.end();
    await tools.cleanUp();
  });

  const get = (path: string, key = installation.apiKey) =>
    fetch(`${installation.api.url}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } });

  /** Asks until the answer is as wanted. */
  async function until(path: string, isWanted: (answer: Response, body: Listed) => boolean): Promise<Listed> {
    for (;;) {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      const body = (await answer.json()) as Listed;
      if (isWanted(answer, body)) return body;
    }
  }
  const isFromReplica = (answer: Response) => answer.headers.has(LAG_HEADER);
  const startJob = async (): Promise<string> =>
    (await installation.client.request('POST', '/jobs', { workflow: 'still' })).job.id;

  async function pause(): Promise<void> {
    await admin`select pg_wal_replay_pause()`;
    for (let state = ''; state !== 'paused'; ) {
      const [row] = await admin<{ state: string }[]>`select pg_get_wal_replay_pause_state() as state`;
      state = row?.state ?? '';
    }
  }

  function openReports(maxLagMs: number) {
    const as = (url: string, applicationName: string): Database =>
      connect({ url, role: 'pawl_api', poolMax: 2, applicationName });
    const primary = as(primaryUrl, 'primary');
    const replicaDb = as(replica.url, 'replica');
    const reports = createReports({ primary, replica: replicaDb, maxLagMs, onChange: () => {} });
    onTestFinished(async () => {
      await reports.close();
      await primary.close();
    });
    return { reports, primary, replicaDb };
  }

  test('usage, periods, the ledger and the audit come from it, and say how old they may be', async () => {
    for (const path of ['/metering/usage', '/metering/periods', '/metering/export', '/audit']) {
      let answer = await get(path);
      while (!isFromReplica(answer)) answer = await get(path);
      expect(answer.status).toBe(200);
      expect(Number(answer.headers.get(LAG_HEADER))).toBeLessThanOrEqual(MAX_LAG_MS);
    }
    const jobId = await startJob();
    await until(
      `/audit?subject_id=${jobId}`,
      (answer, { items }) => isFromReplica(answer) && items.length > 0,
    );
  });

  test('jobs are read where they are written, however far behind it is', async () => {
    await pause();
    try {
      const jobId = await startJob();
      const listed = await get('/jobs?limit=1');
      expect(isFromReplica(listed)).toBe(false);
      expect(((await listed.json()) as Listed).items[0]?.id).toBe(jobId);
      // Too far behind, it is not read any more; and what it lacked is there.
      await until(
        `/audit?subject_id=${jobId}`,
        (answer, { items }) => !isFromReplica(answer) && items.length > 0,
      );
    } finally {
      await admin`select pg_wal_replay_resume()`;
    }
    await until('/audit', isFromReplica);
  });

  test('a set of rows that it does not show yet is exported from the primary', async () => {
    const { reports, primary, replicaDb } = openReports(3_600_000);
    const { tenant } = installation;
    while (reports.lagMs() === null) await startJob();
    await pause();
    try {
      const shown = await openWindow(replicaDb, tenant, 0);
      // A transaction that runs there, of whoever, keeps what was committed since out of the set.
      let window = shown;
      while (window.upto <= shown.upto) {
        await startJob();
        window = await openWindow(primary, tenant, 0);
      }
      const enough = (db: Database) => hasWindow(db, tenant, window);
      expect((await reports.choose(enough)).db).toBe(primary);
      // What it can show is read from it all the while.
      expect((await reports.choose(async () => true)).db).toBe(replicaDb);
      await admin`select pg_wal_replay_resume()`;
      while ((await reports.choose(enough)).db !== replicaDb);
    } finally {
      await admin`select pg_wal_replay_resume()`;
    }
  });

  test('a tenant that it shows on another shard is read on the primary', async () => {
    const { operator } = installation;
    const made = await createTenant(operator, { name: 'Birch', slug: 'birch', shard: 1 });
    while ((await admin`select from tenants where id = ${made.id}`).length === 0);
    await pause();
    let key = '';
    try {
      const moved = { ...made, shard: 2 };
      const owner = postgres(primaryUrl, { max: 1 });
      onTestFinished(() => owner.end());
      await owner`update tenants set shard = ${moved.shard} where id = ${made.id}`;
      ({ key } = await createApiKey(operator, moved, { name: 'test', roles: ['Owner'] }));
      for (const path of ['/audit', '/metering/export'])
        expect(isFromReplica(await get(path, key))).toBe(false);
    } finally {
      await admin`select pg_wal_replay_resume()`;
    }
    while (!isFromReplica(await get('/audit', key)));
  });

  test('nobody sees rows of a tenant that was not named there either', async () => {
    const { replicaDb } = openReports(3_600_000);
    const { tenant } = installation;
    const count = (tenantIds: string[]) =>
      replicaDb.once<{ rows: number }[]>(tenantIds, (sql) => sql`select count(*)::integer as rows from jobs`);
    expect((await count([]))[0]?.rows).toBe(0);
    expect((await count([tenant.id]))[0]?.rows).toBeGreaterThan(0);
  });

  test('the operator exports from it as from any server', async () => {
    const args = ['export', 'events', '--tenant', installation.tenant.slug];
    const { status, stdout } = await pawl(args, { DATABASE_URL: replica.url });
    expect(status).toBe(0);
    expect(stdout).toContain('"kind":"tenant.created"');
  });

  test('reports go on when it dies', async () => {
    await replica.stop();
    const audit = await until('/audit?limit=1', (answer) => !isFromReplica(answer));
    expect(audit.items.length).toBe(1);
    expect((await get('/metering/usage')).status).toBe(200);
  });
});

interface Listed {
  items: { id: string }[];
}

const DEFINITION = { initial: 'a', states: { a: { on: { GO: 'b' } }, b: { on: { GO: 'a' } } } };
