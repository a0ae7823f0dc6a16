// A database of one's own for a test file: a fresh copy of the migrated template that test/global-setup.ts made.
import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';

export interface TestDatabase {
  /** Superuser login. Roles belong to the whole server: what a test grants, other test files see. */
  url: string;
  /** Removes it, ending whoever is still connected. Forgetting to only keeps it until the end of the run. */
  drop(): Promise<void>;
}

/** Copies the template; 20–40 ms. Call it in `beforeAll`. */
export async function createDatabase(): Promise<TestDatabase> {
  const { adminUrl, template, problem, pooler } = inject('testPostgres');
  if (problem) throw new Error(problem);
  const name = `pawl_test_${randomBytes(6).toString('hex')}`;
  // wal_log was measured at half the time of file_copy for this template, and forces no checkpoint on the other tests.
  await asAdmin(
    adminUrl,
    (admin) => admin`create database ${admin(name)} template ${admin(template)} strategy wal_log`,
  );
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  // The driver of tests hands it to the server as a setting of nobody's; ours understands it (db/driver.ts).
  if (pooler) url.searchParams.set('pawl.pooler', pooler);
  return {
    url: url.href,
    drop: () => asAdmin(adminUrl, (admin) => admin`drop database if exists ${admin(name)} with (force)`),
  };
}

async function asAdmin(url: string, run: (admin: postgres.Sql) => PromiseLike<unknown>): Promise<void> {
  const admin = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await run(admin);
  } finally {
    await admin.end();
  }
}
