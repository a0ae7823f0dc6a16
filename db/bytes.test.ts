import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { connect, type Database } from './client.ts';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createDatabase();
  db = connect({ url: database.url, role: 'pawl_api', poolMax: 1, applicationName: 'test' });
});
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

it.each([0, 1, 300, 200_000])(
  '%i bytes come back as they were sent, alone and in an array, and keep no other memory',
  async (length) => {
    const sent = Buffer.alloc(length, 'pawl \u0000\u00ff');
    const [row] = await db.sql<{ alone: Buffer; listed: Buffer[] }[]>`
    select ${sent}::bytea as alone, array[${sent}::bytea, ${sent}::bytea] as listed`;
    for (const got of [row?.alone, ...(row?.listed ?? [])] as Buffer[]) {
      expect(got.equals(sent)).toBe(true);
      expect(got.buffer.byteLength).toBe(length);
    }
  },
);
