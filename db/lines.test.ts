import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { connect, type Database, nothingWasWritten, type PendingQuery, type ReservedSql } from './client.ts';

let database: TestDatabase;
let admin: postgres.Sql;
let db: Database;
/** The name under which Postgres knows the connections of `db`. */
let lines: string;
let other: Database;
const open: Database[] = [];

function connected(poolMax: number, applicationName: string): Database {
  const one = connect({ url: database.url, role: 'pawl_operator', poolMax, applicationName });
  open.push(one);
  return one;
}

beforeAll(async () => {
  database = await createDatabase();
  admin = postgres(database.url, { max: 1, onnotice: () => {} });
  other = connected(1, 'other');
});
// The news of a connection that one test ended may reach us during the next.
beforeEach(() => {
  lines = `lines ${open.length}`;
  db = connected(2, lines);
});
afterAll(async () => {
  await Promise.all(open.map((one) => one.close()));
  await admin?.end();
  await database?.drop();
});

type Answer = { n: number }[];
const select =
  (n: number) =>
  (sql: ReservedSql): PendingQuery<Answer> =>
    sql`select ${n}::integer as n`;

/** @returns how many there were */
async function terminate(applicationName: string): Promise<number> {
  const rows = await admin`
    select pg_terminate_backend(pid, 10000) from pg_stat_activity
    where datname = current_database() and application_name = ${applicationName}`;
  return rows.length;
}

describe('a connection that is lost', () => {
  it('in the middle of a transaction fails that transaction, and the next one has another', async () => {
    const lost = db.forTenants([], async (sql) => {
      await sql`select 1`;
      await terminate(lines);
      return sql`select 2`;
    });
    await expect(lost).rejects.toThrow();
    expect(await db.once<Answer>([], select(3))).toEqual([{ n: 3 }]);
  });

  it('fails what had been sent and what had not, and leaves nobody waiting', async () => {
    let ended = 0;
    const waits = Array.from({ length: 8 }, () =>
      db
        .together<Answer>([], [(sql) => sql`select pg_sleep(60)::text as n`, select(1), select(2)])
        .finally(() => ended++),
    );
    const answers = Promise.allSettled(waits);
    // Two run, six wait; each that is lost makes room for the next.
    while (ended < 8) await terminate(lines);
    expect((await answers).map(({ status }) => status)).toEqual(Array(8).fill('rejected'));
    expect(await db.once<Answer>([], select(3))).toEqual([{ n: 3 }]);
  });

  it('while nobody uses it is not noticed by the next', async () => {
    await Promise.all([select(1), select(2)].map((statement) => db.once<Answer>([], statement)));
    expect(await terminate(lines)).toBeGreaterThan(0);
    const answers = await Promise.allSettled(
      [1, 2, 3, 4].map((n) => db.sql<Answer>`select ${n}::integer as n`),
    );
    // The news may still be on its way to us when the first ones leave.
    expect(answers.at(-1)?.status).toBe('fulfilled');
  });

  it('leaves open whether the commit was carried out, where an error of Postgres does not', async () => {
    const refused = db.once([], (sql) => sql`select 1 / 0`).catch((error) => error);
    expect(nothingWasWritten(await refused)).toBe(true);
    const lost = db.once([], (sql) => sql`select pg_sleep(60)`).catch((error) => error);
    while ((await terminate(lines)) === 0);
    expect(nothingWasWritten(await lost)).toBe(false);
  });
});

describe('connections', () => {
  it('are never more than asked for, and who comes later waits its turn', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        n % 2 ? db.once<Answer>([], select(n)) : db.sql<Answer>`select ${n}::integer as n`,
      ),
    );
    expect(answers.flat().map(({ n }) => n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    const [row] = await other.sql`
      select count(*)::integer as n from pg_stat_activity
      where datname = current_database() and application_name = ${lines}`;
    expect(row?.n).toBeLessThanOrEqual(2);
  });

  it('go back to others after a transaction that failed, with nothing of it left', async () => {
    const one = connected(1, 'single');
    await expect(
      one.forTenants(['0190c8a0-0000-7000-8000-000000000001'], async (sql) => {
        await sql`select 1 / 0`;
      }),
    ).rejects.toMatchObject({ code: '22012' });
    await expect(
      one.together<Answer>([], [select(1), (sql) => sql`select 1 / 0`, select(2)]),
    ).rejects.toMatchObject({
      code: '22012',
    });
    // The transaction's tenants went with it: without them, nothing may be asked of a tenant's table.
    const [row] = await one.sql`select current_setting('pawl.tenant_ids', true) as tenants`;
    expect(row?.tenants ?? '').toBe('');
  });

  it('that are closed finish what is under way, and take nothing more', async () => {
    const one = connected(1, 'closing');
    const under = one.forTenants([], async (sql) => {
      const [first] = await sql<Answer>`select 1 as n`;
      void one.close();
      const [second] = await sql<Answer>`select 2 as n`;
      return [first?.n, second?.n];
    });
    expect(await under).toEqual([1, 2]);
    await expect(one.once<Answer>([], select(1))).rejects.toThrow('closed');
    await expect(one.sql`select 1`).rejects.toThrow('closed');
  });
});

describe('a worker or an API that is silent', () => {
  it.each(['pawl_worker', 'pawl_api'] as const)(
    'in a transaction keeps its locks for ten seconds, as %s',
    async (role) => {
      const silent = connect({ url: database.url, role, poolMax: 1, applicationName: 'silent' });
      open.push(silent);
      const settings = await silent.once<{ said: string }[]>(
        [],
        (sql) => sql`select current_setting('idle_in_transaction_session_timeout') as said`,
      );
      expect(settings).toEqual([{ said: '10s' }]);
    },
  );
});
