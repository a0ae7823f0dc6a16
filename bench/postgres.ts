// The Postgres of a benchmark: embedded, durable, in a temporary directory, with a fresh migrated database for each run.
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { migrate } from '../db/migrate.ts';
import { nowMs } from './measure.ts';

export interface BenchPostgres {
  version: string;
  /** A copy of the migrated, empty database. */
  createDatabase(): Promise<BenchDatabase>;
  stop(): Promise<void>;
}

export interface BenchDatabase {
  /** Superuser login. */
  url: string;
  /** As superuser, one connection. */
  sql: Sql;
  /** Vacuum, statistics and a checkpoint, so that what seeding left behind is not paid for while measuring. */
  settle(): Promise<void>;
  /** Written so far; of the whole server. */
  walBytes(): Promise<number>;
  /** Of this database, so far. Waits until nobody else is connected, as sessions report when they end. */
  commits(): Promise<number>;
  drop(): Promise<void>;
}

const TEMPLATE = 'pawl_bench_template';
const ALONE_WITHIN_MS = 5_000;
const LOOK_MS = 20;

/** @param url login of a Postgres that is there already; null: one of our own */
export async function startPostgres(url: string | null, log: (line: string) => void): Promise<BenchPostgres> {
  const server = url === null ? await startOwn(log) : { url, localUrl: url, stop: async () => {} };
  const admin = postgres(server.url, { max: 1, onnotice: () => {} });
  const template = `${TEMPLATE}_${randomBytes(3).toString('hex')}`;
  await admin`create database ${admin(template)}`;
  await migrate(urlOf(server.url, template));
  const [{ version } = { version: '' }] = await admin<{ version: string }[]>`
    select split_part(current_setting('server_version'), ' ', 1) as version`;

  return {
    version,
    async createDatabase() {
      const name = `pawl_bench_${randomBytes(4).toString('hex')}`;
      await admin`create database ${admin(name)} template ${admin(template)}`;
      const database = urlOf(server.url, name);
      const sql = postgres(database, { max: 1, onnotice: () => {} });
      return {
        url: urlOf(server.localUrl, name),
        sql,
        async settle() {
          await sql`vacuum analyze`;
          await sql`checkpoint`;
        },
        walBytes: () => walBytes(sql),
        commits: () => commits(sql),
        async drop() {
          await sql.end({ timeout: 1 });
          await admin`drop database if exists ${admin(name)} with (force)`;
        },
      };
    },
    async stop() {
      await admin`drop database if exists ${admin(template)} with (force)`.catch(() => {});
      await admin.end({ timeout: 1 });
      await server.stop();
    },
  };
}

async function startOwn(log: (line: string) => void) {
  const directory = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  // Root's Postgres runs as another user, who must be able to enter; what lies inside is closed to others by itself.
  await chmod(directory, 0o755);
  const server = await startEmbeddedPostgres({ directory, log, durable: true });
  return {
    url: server.url,
    localUrl: server.localUrl,
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

async function walBytes(sql: Sql): Promise<number> {
  const [row] = await sql<{ wal: string }[]>`select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as wal`;
  return Number(row?.wal);
}

async function commits(sql: Sql): Promise<number> {
  for (const until = nowMs() + ALONE_WITHIN_MS; nowMs() < until; await pause(LOOK_MS)) {
    const [other] = await sql`
      select from pg_stat_activity
      where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid() limit 1`;
    if (!other) break;
  }
  const [row] = await sql<{ commits: string }[]>`
    select xact_commit as commits from pg_stat_database where datname = current_database()`;
  return Number(row?.commits);
}
