import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, ON_CITUS, type TestDatabase } from '../../test/postgres.testkit.ts';
import { pawl as run } from '../pawl.testkit.ts';

let database: TestDatabase;
const pawl = (...args: string[]) =>
  run(args, { DATABASE_URL: database.url, ENCRYPTION_KEY: 'a1'.repeat(32) });

/** Of alder; birch has a hundredth. */
const ENTRIES = 20_000;

beforeAll(async () => {
  database = await createDatabase();
  const admin = postgres(database.url, { max: 1, onnotice: () => {} });
  for (const [slug, shard, entries] of [
    ['alder', 7, ENTRIES],
    ['birch', 16, ENTRIES / 100],
  ] as const) {
    await pawl('tenants', 'create', '--name', slug, '--slug', slug, '--shard', `${shard}`);
    const [tenant] = await admin`select id from tenants where slug = ${slug}`;
    await admin`
      insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
      select ${shard}::smallint, ${tenant?.id}::uuid, gen_random_uuid(), gen_random_uuid(), 'note', 'test', '{}'
      from generate_series(1, ${entries}::integer)`;
  }
  await admin.end();
});
afterAll(() => database.drop());

test('the database is shown by table, shard and tenant, with what is uneven', async () => {
  const { status, stdout } = await pawl('db', 'status');
  expect(status).toBe(0);
  const [head, tables, ...rest] = stdout.split('\n\n');
  const [shards, tenants] = rest.slice(-2);
  expect(head).toBe(ON_CITUS ? 'Laid out over Citus.' : 'One Postgres.');
  expect(tables).toMatch(/^event_log +\d+\.\d MiB$/m);
  expect(shards).toMatch(
    /^shard {2}7 +\d+\.\d MiB {2}1\.\d\d of the mean {2}1 tenants {2}0 active jobs {2}0 queued/m,
  );
  expect(shards).toMatch(/^shard 16 +\d+\.\d MiB {2}0\.\d\d of the mean/m);
  expect(tenants?.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^alder +\d+\.\d MiB +9\d\.\d % of all tenants {2}shard 7$/),
    expect.stringMatching(/^birch +\d+\.\d MiB +\d\.\d % of all tenants {2}shard 16$/),
  ]);
});

test('and as JSON', async () => {
  const { status, stdout } = await pawl('db', 'status', '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    citus: ON_CITUS,
    tables: expect.arrayContaining([{ table: 'event_log', bytes: expect.any(Number) }]),
    shards: [
      { shard: 7, tenants: 1, active_jobs: 0, queued: 0, bytes: expect.any(Number) },
      { shard: 16, tenants: 1, server: ON_CITUS ? expect.any(String) : null },
    ],
    tenants: [
      { slug: 'alder', shard: 7, share: expect.any(Number), bytes: expect.any(Number) },
      { slug: 'birch', shard: 16 },
    ],
  });
});
