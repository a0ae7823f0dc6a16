import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { connect, type Role } from './client.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  const admin = postgres(database.url, { max: 1 });
  await admin`alter database ${admin(new URL(database.url).pathname.slice(1))} set jit = on`;
  await admin.end();
});
afterAll(() => database.drop());

const ROLES: Role[] = ['pawl_api', 'pawl_worker', 'pawl_operator', 'pawl_sealer', 'pawl_mover'];

test.each(ROLES)('no statement of %s is compiled by a server that would', async (role) => {
  const db = connect({ url: database.url, role, poolMax: 1, applicationName: 'test' });
  expect(await db.sql`select current_setting('jit') as jit`).toEqual([{ jit: 'off' }]);
  await db.close();
});
