import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Pgbouncer, pgbouncerVersion, startPgbouncer } from '../test/pgbouncer.testkit.ts';
import { createDatabase, haveOddSettings, type TestDatabase } from '../test/postgres.testkit.ts';
import { connect, type Database, type ReservedSql, type Role, type Sql } from './client.ts';
import { listen } from './notifications.ts';
import { openSignInStore } from './sign-in-store.ts';

const installed = pgbouncerVersion();
if (installed === null) console.warn('db/pooler.test.ts is skipped: there is no pgbouncer here');

interface Session {
  pid: number;
  role: string;
  scans: string;
  name: string;
}

describe.skipIf(installed === null)('behind a PgBouncer that pools transactions', () => {
  let database: TestDatabase;
  let pgbouncer: Pgbouncer;
  let url: string;
  const open: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    database = await createDatabase();
    await haveOddSettings(database);
    // One session of the server for all of them: whatever one leaves behind, the next one finds.
    pgbouncer = await startPgbouncer(database.url, { poolSize: 1 });
    const through = new URL(database.url);
    through.searchParams.set('pawl.pooler', pgbouncer.address);
    url = through.href;
  });
  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()));
    await pgbouncer.stop();
    await database.drop();
  });

  function connected(role: Role): Database {
    const db = connect({ url, role, poolMax: 2, applicationName: `as ${role}` });
    open.push(db);
    return db;
  }

  const session = (db: Pick<Database, 'sql'>) => db.sql<Session[]>`
    select pg_backend_pid() as pid, current_user::text as role, current_setting('enable_seqscan') as scans,
      current_setting('application_name') as name`;

  test('each role keeps to itself on a session that they share', async () => {
    const [api, worker, operator] = [
      connected('pawl_api'),
      connected('pawl_worker'),
      connected('pawl_operator'),
    ];
    const seen = [];
    for (const db of [api, worker, operator, api]) seen.push(...(await session(db)));
    expect(new Set(seen.map(({ pid }) => pid)).size).toBe(1);
    expect(seen.map(({ role, scans, name }) => [role, scans, name])).toEqual([
      ['pawl_api', 'off', 'as pawl_api'],
      ['pawl_worker', 'off', 'as pawl_worker'],
      ['pawl_operator', 'on', 'as pawl_operator'],
      ['pawl_api', 'off', 'as pawl_api'],
    ]);
  });

  test('a statement alone, a transaction, and statements in one round trip go through', async () => {
    const db = connected('pawl_api');
    const tenant = '01900000-0000-7000-8000-00000000000a';
    const named = await db.once<{ ids: string }[]>(
      [tenant],
      (sql) => sql`select current_setting('pawl.tenant_ids') as ids`,
    );
    expect(named).toEqual([{ ids: `{${tenant}}` }]);
    expect(await db.forTenants([tenant], async (sql) => (await sql`select id from tenants`).length)).toBe(0);
    await expect(db.sql`select 1 / ${0}::integer`).rejects.toMatchObject({ code: '22012' });
    // What failed left nothing open, and nothing of a transaction is left on the session.
    expect(await db.sql`select current_setting('pawl.tenant_ids', true) as ids`).toEqual([{ ids: '' }]);
    const many = await Promise.all(Array.from({ length: 50 }, (_, n) => db.sql`select ${n}::integer as n`));
    expect(many.map(([row]) => row?.n)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });

  test('what the database is set to changes nothing that is read or isolated', async () => {
    const statement = (sql: Sql | ReservedSql) => sql<object[]>`
      select '\\x00ff'::bytea as bytes, '2026-03-04T05:06:07Z'::timestamptz as at, current_setting('jit') as jit,
        current_setting('transaction_isolation') as isolation`;
    const expected = {
      ...{ bytes: Buffer.from([0, 255]), at: new Date('2026-03-04T05:06:07Z') },
      ...{ jit: 'off', isolation: 'read committed' },
    };
    const db = connected('pawl_worker');
    expect(await statement(db.sql)).toEqual([expected]);
    expect(await db.once([], statement)).toEqual([expected]);
  });

  test('a statement alone is answered when it is committed', async () => {
    const db = connected('pawl_worker');
    const id = '01900000-0000-7000-8000-00000000000b';
    await db.sql`insert into workers (id, name, version) values (${id}, 'one', '0')`;
    expect(await connected('pawl_operator').sql`select name from workers where id = ${id}`).toHaveLength(1);
  });

  test('people are looked up as pawl_auth', async () => {
    const store = openSignInStore({ url, poolMax: 1 });
    open.push(store);
    expect(await store.findUserId('nobody@example.com')).toBeNull();
    expect(await store.tenantsOf('01900000-0000-7000-8000-00000000000c')).toEqual([]);
  });

  test('LISTEN goes to the server itself and hears what was said through the pooler', async () => {
    const heard = Promise.withResolvers<string>();
    const listener = await listen(url, { pawl_queued: heard.resolve }, () => {});
    await connected('pawl_api').sql`select pg_notify('pawl_queued', '7')`;
    expect(await heard.promise).toBe('7');
    await listener.stop();
  });
});
