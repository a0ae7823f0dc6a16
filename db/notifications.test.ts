import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { connect, type Database } from './client.ts';
import { createNotifier, type Listener, listen, type Notifier } from './notifications.ts';

let database: TestDatabase;
let db: Database;
let notifier: Notifier;
let listener: Listener;
const heard: string[] = [];
let gaps = 0;
let changed = () => {};

beforeAll(async () => {
  database = await createDatabase();
  db = connect({ url: database.url, role: 'pawl_api', poolMax: 2, applicationName: 'test' });
  notifier = createNotifier(db.sql, (error) => heard.push(String(error)));
  const hear = (payload: string) => {
    heard.push(payload);
    changed();
  };
  listener = await listen(database.url, { pawl_queued: hear, pawl_changed: hear }, () => {
    gaps++;
    changed();
  });
});
afterAll(async () => {
  await listener?.stop();
  await db?.close();
  await database?.drop();
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    const next = Promise.withResolvers<void>();
    changed = next.resolve;
    await next.promise;
  }
}

it('what is told to one process is heard by the others; shards told in one go arrive together', async () => {
  notifier.queued([3]);
  notifier.queued([17, 4]);
  notifier.queued([4]);
  await until(() => heard.join().split(',').includes('17'));
  // The first one left at once, the rest shared the next.
  expect(heard).toEqual(['3', '17,4']);
});

it('a listener that lost its connection listens again, and is told that it may have missed something', async () => {
  const before = gaps;
  const admin = postgres(database.url, { max: 1, onnotice: () => {} });
  await admin`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'pawl listen'`;
  await admin.end();
  await until(() => gaps > before);
  await notifier.changed('connection:t:c');
  await until(() => heard.includes('connection:t:c'));
});
