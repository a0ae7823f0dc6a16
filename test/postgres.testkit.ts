// A database of one's own for a test file: a fresh copy of the migrated template that test/global-setup.ts made.
import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';
import { dropDatabase, makeDatabase } from '../db/servers.ts';

export interface TestDatabase {
  /** Superuser login. Roles belong to the whole server: what a test grants, other test files see. */
  url: string;
  /** Removes it, ending whoever is still connected. Forgetting to only keeps it until the end of the run. */
  drop(): Promise<void>;
}

/** Whether the tests run on Citus. What cannot apply there is skipped and listed in docs/decisions/0015. */
export const ON_CITUS = Boolean(process.env.CITUS_URL);

/** Copies the template; 20–40 ms. Call it in `beforeAll`. */
export async function createDatabase(): Promise<TestDatabase> {
  const { servers, template, problem, pooler } = inject('testPostgres');
  if (problem) throw new Error(problem);
  const name = `pawl_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(await makeDatabase(servers, name, template));
  // The driver of tests hands it to the server as a setting of nobody's; ours understands it (db/driver.ts).
  if (pooler) url.searchParams.set('pawl.pooler', pooler);
  return { url: url.href, drop: () => dropDatabase(servers, name) };
}

const ODD_SETTINGS = {
  TimeZone: 'Asia/Kolkata',
  DateStyle: 'SQL, DMY',
  bytea_output: 'escape',
  extra_float_digits: '0',
  array_nulls: 'off',
  standard_conforming_strings: 'off',
  row_security: 'off',
  default_transaction_isolation: 'repeatable read',
  idle_session_timeout: '1h',
  statement_timeout: '1h',
  lock_timeout: '1h',
  idle_in_transaction_session_timeout: '1h',
  jit: 'on',
};

/** What every session that says nothing else has on that database from now on. */
export async function haveOddSettings({ url }: TestDatabase): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const name = new URL(url).pathname.slice(1);
  for (const [setting, value] of Object.entries(ODD_SETTINGS)) {
    await sql.unsafe(
      `alter database "${name}" set ${setting} = ${setting === 'DateStyle' ? value : `'${value}'`}`,
    );
  }
  await sql.end();
}
