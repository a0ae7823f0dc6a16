import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial } from 'node:net';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, haveOddSettings, type TestDatabase } from '../test/postgres.testkit.ts';
import { connect, type Role } from './client.ts';
import { isPooled, openClient, openPooledClient } from './driver.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await haveOddSettings(database);
});
afterAll(() => database.drop());

const HOUR_MS = 3_600_000;
const ROLES: Role[] = ['pawl_api', 'pawl_worker', 'pawl_operator', 'pawl_sealer', 'pawl_mover'];

test.each(ROLES)('no statement of %s is compiled by a server that would', async (role) => {
  const db = connect({ url: database.url, role, poolMax: 1, applicationName: 'test' });
  expect(await db.sql`select current_setting('jit') as jit`).toEqual([{ jit: 'off' }]);
  await db.close();
});

test.each(ROLES)('no session, wait or statement of %s ends when the database says', async (role) => {
  const db = connect({ url: database.url, role, poolMax: 1, applicationName: 'test' });
  const limits = await db.sql<{ setting: string }[]>`
    select setting from pg_settings
    where name like '%timeout' and setting = ${String(HOUR_MS)} and name <> ${isPooled(database.url) ? 'idle_session_timeout' : ''}`;
  expect(limits).toEqual([]);
  await db.close();
});

test('what a database is set to changes nothing that is read, written or isolated', async () => {
  const db = connect({ url: database.url, role: 'pawl_api', poolMax: 1, applicationName: 'test' });
  const [answer] = await db.once<object[]>(
    [],
    (sql) => sql`
    select '2026-03-04T05:06:07Z'::timestamptz as at, '\\x00ff'::bytea as bytes, 0.1::float8 + 0.2 as sum,
      ${['a', null]}::text[] as texts, current_setting('transaction_isolation') as isolation`,
  );
  expect(answer).toEqual({
    at: new Date('2026-03-04T05:06:07Z'),
    bytes: Buffer.from([0, 255]),
    sum: 0.1 + 0.2,
    texts: ['a', null],
    isolation: 'read committed',
  });
  await db.close();
  const alone = openClient(database.url, { max: 1 });
  const [other] = await alone`
    select '\\x00ff'::bytea as bytes, current_setting('transaction_isolation') as isolation`;
  expect(other).toEqual({ bytes: Buffer.from([0, 255]), isolation: 'read committed' });
  await alone.end();
});

test('a server is reached at an IPv6 address, by itself and through a pooler', async () => {
  const { hostname, port } = new URL(database.url);
  const way = createServer((socket) => {
    const there = dial(Number(port || 5432), hostname);
    const end = () => void [socket.destroy(), there.destroy()];
    socket.on('error', end).on('close', end).pipe(there);
    there.on('error', end).on('close', end).pipe(socket);
  });
  way.listen(0, '::1');
  await once(way, 'listening');
  const at = `[::1]:${(way.address() as AddressInfo).port}`;
  const direct = new URL(database.url);
  direct.host = at;
  const pooled = new URL(database.url);
  pooled.searchParams.set('pawl.pooler', at);
  for (const sql of [openClient(direct.href, { max: 1 }), openPooledClient(pooled.href, { max: 1 })]) {
    expect([...(await sql`select 1 as one`)]).toEqual([{ one: 1 }]);
    await sql.end();
  }
  way.close();
});

test('the odd settings are what a session of somebody else has', async () => {
  const theirs = postgres(database.url, { max: 1 });
  const [found] = await theirs`
    select current_setting('bytea_output') as bytes, current_setting('transaction_isolation') as isolation`;
  expect(found).toEqual({ bytes: 'escape', isolation: 'repeatable read' });
  await theirs.end();
});
