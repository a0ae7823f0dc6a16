// A connection to a database of the test file's own, for what is between our statements and Postgres.
import { afterAll, beforeAll } from 'vitest';
import { connect, type Database } from '../db/client.ts';
import { createDatabase, type TestDatabase } from './postgres.testkit.ts';

/** Call it where hooks may be registered; what it returns is the connection of the API from the first test on. */
export function connected(): () => Database {
  let database: TestDatabase | undefined;
  let db: Database | undefined;
  beforeAll(async () => {
    database = await createDatabase();
    db = connect({ url: database.url, role: 'pawl_api', poolMax: 1, applicationName: 'test' });
  });
  afterAll(async () => {
    await db?.close();
    await database?.drop();
  });
  return () => db as Database;
}
