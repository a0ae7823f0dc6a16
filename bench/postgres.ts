// The Postgres of a benchmark: embedded, durable, in a temporary directory, or one that is there already, Citus among them;
// with a fresh migrated database for each run.
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { readConfig } from '../config/config.ts';
import { distribute } from '../db/distribute.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { asOwner, migrate } from '../db/migrate.ts';
import {
  citusServers,
  closeDatabase,
  databaseAt,
  dropDatabase,
  makeDatabase,
  type Servers,
} from '../db/servers.ts';
import { makePartitionsAhead } from '../db/statements/partitions.ts';
import { nowMs } from './measure.ts';
import { serverCpuMs } from './server-cpu.ts';

/** What is measured on; URLs are of a superuser. */
export type BenchServer =
  | { kind: 'embedded' }
  | { kind: 'postgres'; url: string }
  /** A coordinator that knows its workers. */
  | { kind: 'citus'; url: string };

export const EMBEDDED: BenchServer = { kind: 'embedded' };

/** @param databaseUrl what the command was told: it comes before the `CITUS_URL` of the environment */
export function chosenServer(
  databaseUrl?: string | undefined,
  { CITUS_URL }: Readonly<Record<string, string | undefined>> = process.env,
): BenchServer {
  if (databaseUrl !== undefined) return { kind: 'postgres', url: databaseUrl };
  return CITUS_URL ? { kind: 'citus', url: CITUS_URL } : EMBEDDED;
}

export interface BenchPostgres {
  /** Of Postgres, and on Citus of that too. */
  version: string;
  /** A copy of the migrated, empty database; on Citus, of the distributed one. */
  createDatabase(): Promise<BenchDatabase>;
  stop(): Promise<void>;
}

/** What is said of a server is said of all servers of Citus together. */
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
  /** Milliseconds that the server has used so far; not a number where it does not run on this machine, or not on Linux. */
  cpuMs(): Promise<number>;
  drop(): Promise<void>;
}

const PARTITION_DAYS_AHEAD = readConfig({}).eventLog.partitionDaysAhead;
const ALONE_WITHIN_MS = 5_000;
const LOOK_MS = 20;

export async function startPostgres(at: BenchServer, log: (line: string) => void): Promise<BenchPostgres> {
  const { servers, localUrl, stop } = await startServers(at, log);
  const template = `pawl_bench_template_${randomBytes(3).toString('hex')}`;
  const url = await makeDatabase(servers, template, null);
  await migrate(url);
  if (at.kind === 'citus') await asOwner(url, (sql) => distribute(sql));
  const version = await asOwner(url, async (sql) => {
    // On Citus it takes seconds, which the first worker would spend while it is measured.
    await makePartitionsAhead(sql, PARTITION_DAYS_AHEAD);
    return versionOf(sql);
  });
  await closeDatabase(servers, template);

  return {
    version,
    async createDatabase() {
      const name = `pawl_bench_${randomBytes(4).toString('hex')}`;
      await makeDatabase(servers, name, template);
      const sqls = [servers.adminUrl, ...servers.workerUrls].map((server) =>
        postgres(databaseAt(server, name), { max: 1, onnotice: () => {} }),
      );
      const onAll = (measure: (sql: Sql) => Promise<number>) => sumOf(sqls.map(measure));
      return {
        url: databaseAt(localUrl, name),
        sql: sqls[0] as Sql,
        async settle() {
          await Promise.all(
            sqls.map(async (sql) => {
              await sql`vacuum analyze`;
              await sql`checkpoint`;
            }),
          );
        },
        walBytes: () => onAll(walBytes),
        commits: () => onAll(commits),
        cpuMs: () => onAll(serverCpuMs),
        async drop() {
          await Promise.all(sqls.map((sql) => sql.end({ timeout: 1 })));
          await dropDatabase(servers, name);
        },
      };
    },
    async stop() {
      await dropDatabase(servers, template).catch(() => {});
      await stop();
    },
  };
}

interface Started {
  servers: Servers;
  /** What processes on this machine connect to. */
  localUrl: string;
  stop(): Promise<void>;
}

async function startServers(at: BenchServer, log: (line: string) => void): Promise<Started> {
  if (at.kind === 'embedded') return startOwn(log);
  const servers = at.kind === 'citus' ? await citusServers(at.url) : { adminUrl: at.url, workerUrls: [] };
  return { servers, localUrl: at.url, stop: async () => {} };
}

async function startOwn(log: (line: string) => void): Promise<Started> {
  const directory = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  // Root's Postgres runs as another user, who must be able to enter; what lies inside is closed to others by itself.
  await chmod(directory, 0o755);
  const server = await startEmbeddedPostgres({ directory, log, durable: true });
  return {
    servers: { adminUrl: server.url, workerUrls: [] },
    localUrl: server.localUrl,
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function versionOf(sql: Sql): Promise<string> {
  const [row] = await sql<{ postgres: string; citus: string | null }[]>`
    select split_part(current_setting('server_version'), ' ', 1) as postgres,
      (select extversion from pg_extension where extname = 'citus') as citus`;
  return row?.citus ? `${row.postgres} with Citus ${row.citus}` : String(row?.postgres);
}

const sumOf = async (parts: readonly Promise<number>[]): Promise<number> =>
  (await Promise.all(parts)).reduce((sum, part) => sum + part, 0);

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
