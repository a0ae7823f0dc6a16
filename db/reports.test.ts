// What is no replica is not read from. With a replica: test/reports-are-read-from-a-replica.test.ts.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { connect, type Database } from './client.ts';
import { createReports } from './reports.ts';

let database: TestDatabase;
let primary: Database;

beforeAll(async () => {
  database = await createDatabase();
  primary = as('primary', database.url);
});
afterAll(async () => {
  await primary.close();
  await database.drop();
});

const as = (name: string, url: string): Database =>
  connect({ url, role: 'pawl_api', poolMax: 2, applicationName: name });

/** What is said of the replica, and where a report is read then. */
async function reportsFrom(url: string) {
  const told = Promise.withResolvers<{ used: boolean; error: unknown }>();
  const onChange = (used: boolean, error: unknown) => told.resolve({ used, error });
  const reports = createReports({ primary, replica: as('replica', url), maxLagMs: 60_000, onChange });
  onTestFinished(reports.close);
  const said = await told.promise;
  const { value, lagMs } = await reports.read(
    async (db) => await db.sql`select current_setting('application_name') as name`,
  );
  return { said, from: value[0]?.name, lagMs };
}

test('a server that takes writes itself is not read as a replica', async () => {
  const { said, ...read } = await reportsFrom(database.url);
  expect(read).toEqual({ from: 'primary', lagMs: null });
  expect(said).toMatchObject({ used: false, error: { message: expect.stringContaining('not a replica') } });
});

test('while the replica is away everything is read from the primary', async () => {
  const { said, ...read } = await reportsFrom('postgres://nobody@127.0.0.1:9/nothing');
  expect(read).toEqual({ from: 'primary', lagMs: null });
  expect(said).toMatchObject({ used: false });
});
