// Before the first test: the web application built, one Postgres for the whole run and one migrated template in it.
// `createDatabase` in postgres.testkit.ts copies the template for each test file that asks.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { citusServers, closeDatabase, dropDatabase, makeDatabase, type Servers } from '../db/servers.ts';
import { buildWhenStale } from '../web/build-when-stale.ts';
import { startPgbouncer } from './pgbouncer.testkit.ts';

declare module 'vitest' {
  interface ProvidedContext {
    testPostgres: TestPostgres;
  }
}

export interface TestPostgres {
  /** The embedded Postgres, or the servers of TEST_DATABASE_URL or CITUS_URL (of the coordinator). */
  servers: Servers;
  /** A migrated, empty database nobody is connected to; on Citus, distributed. */
  template: string;
  /** Why there is none. Reported by the tests that need a database, so that the others still run. */
  problem?: string;
  /** The PgBouncer that statements go through: with TEST_PGBOUNCER=1. */
  pooler?: string;
}

/** Kept from run to run. */
const COMPILED = fileURLToPath(new URL('../node_modules/.cache/pawl-compiled', import.meta.url));

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Here and not in the tests that show it, which would do it at the same time. They say it when it cannot be built.
  await buildWhenStale().catch((error) => console.error(error));
  // Dozens of processes under test load the same modules: a quarter of their CPU time, where each compiles them for itself.
  process.env.NODE_COMPILE_CACHE ??= COMPILED;
  const server = await startServer();
  const { servers } = server;
  const template = `pawl_template_${randomBytes(4).toString('hex')}`;
  const provided: TestPostgres = { servers, template };
  try {
    const url = await makeDatabase(servers, template, null);
    // Imported here, so that a broken migration is reported by the tests that need the database and by no others.
    const { asOwner, migrate } = await import('../db/migrate.ts');
    await migrate(url);
    if (servers.workerUrls.length > 0) {
      const { distribute } = await import('../db/distribute.ts');
      // A copy for each test file has a table for each bucket: eight are enough to be on both servers.
      await asOwner(url, (sql) => distribute(sql, 8));
    }
    await closeDatabase(servers, template);
  } catch (error) {
    provided.problem = `The template database could not be made: ${error instanceof Error ? error.stack : error}`;
  }
  const pooler = process.env.TEST_PGBOUNCER ? await startPgbouncer(servers.adminUrl) : null;
  if (pooler) provided.pooler = pooler.address;
  project.provide('testPostgres', provided);
  return async () => {
    await pooler?.stop();
    await dropDatabase(servers, template).catch(() => {});
    await server.stop();
  };
}

async function startServer(): Promise<{ servers: Servers; stop(): Promise<void> }> {
  const stop = async () => {};
  const { CITUS_URL, TEST_DATABASE_URL } = process.env;
  if (CITUS_URL) return { servers: await citusServers(CITUS_URL), stop };
  if (TEST_DATABASE_URL) return { servers: { adminUrl: TEST_DATABASE_URL, workerUrls: [] }, stop };
  const directory = await mkdtemp(join(tmpdir(), 'pawl-test-'));
  const server = await startEmbeddedPostgres({ directory, durable: false, log: () => {} });
  return {
    servers: { adminUrl: server.url, workerUrls: [] },
    stop: async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
