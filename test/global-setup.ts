// Before the first test: the web application built, one Postgres for the whole run and one migrated template in it.
// `createDatabase` in postgres.testkit.ts copies the template for each test file that asks.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { buildWhenStale } from '../web/build-when-stale.ts';
import { startPgbouncer } from './pgbouncer.testkit.ts';

declare module 'vitest' {
  interface ProvidedContext {
    testPostgres: TestPostgres;
  }
}

export interface TestPostgres {
  /** Login that may create databases; of the embedded Postgres, or TEST_DATABASE_URL. */
  adminUrl: string;
  /** A migrated, empty database nobody is connected to. */
  template: string;
  /** Why there is none. Reported by the tests that need a database, so that the others still run. */
  problem?: string;
  /** The PgBouncer that statements go through: with TEST_PGBOUNCER=1. */
  pooler?: string;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Here and not in the tests that show it, which would do it at the same time. They say it when it cannot be built.
  await buildWhenStale().catch((error) => console.error(error));
  const server = await startServer();
  const template = `pawl_template_${randomBytes(4).toString('hex')}`;
  const provided: TestPostgres = { adminUrl: server.url, template };
  const admin = postgres(server.url, { max: 1, onnotice: () => {} });
  try {
    await admin`create database ${admin(template)}`;
    const url = new URL(server.url);
    url.pathname = `/${template}`;
    // Imported here, so that a broken migration is reported by the tests that need the database and by no others.
    const { migrate } = await import('../db/migrate.ts');
    await migrate(url.href);
  } catch (error) {
    provided.problem = `The template database could not be made: ${error instanceof Error ? error.stack : error}`;
  }
  const pooler = process.env.TEST_PGBOUNCER ? await startPgbouncer(server.url) : null;
  if (pooler) provided.pooler = pooler.address;
  project.provide('testPostgres', provided);
  return async () => {
    await pooler?.stop();
    await admin`drop database if exists ${admin(template)} with (force)`.catch(() => {});
    await admin.end();
    await server.stop();
  };
}

async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => {} };
  const directory = await mkdtemp(join(tmpdir(), 'pawl-test-'));
  const server = await startEmbeddedPostgres({ directory, durable: false, log: () => {} });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
