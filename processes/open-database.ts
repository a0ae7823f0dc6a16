// The Postgres that was configured, or one of our own.
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { openClient } from '../db/driver.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { PawlError } from '../engine/errors.ts';
import type { Logger } from './log.ts';

export interface OpenedDatabase {
  /** Owns the tables. The processes act as their roles on it, unless they have logins of their own. */
  databaseUrl: string;
  /** Ends the embedded Postgres, if that was started here. */
  stop(): Promise<void>;
}

export interface DatabaseOptions {
  config: Config;
  log: Logger;
  /** false: the embedded Postgres forgets to fsync; for tests and benchmarks. */
  durable?: boolean;
}

/**
 * The Postgres to use: the configured one, or the embedded one, started (and first made) in `config.directory`.
 * @throws PawlError Unavailable `database_unavailable` when the configured one cannot be reached
 */
export async function openDatabase({
  config,
  log,
  durable = true,
}: DatabaseOptions): Promise<OpenedDatabase> {
  const { url } = config.database;
  if (url !== undefined) {
    await reach(url);
    return { databaseUrl: url, stop: async () => {} };
  }
  const directory = join(config.directory, 'postgres');
  const embedded = await startEmbeddedPostgres({
    directory,
    durable,
    keepRunning: true,
    log: (line) => log.info(line),
  });
  return { databaseUrl: embedded.localUrl, stop: embedded.stop };
}

async function reach(url: string): Promise<void> {
  const sql = openClient(url, { max: 1, connection: { application_name: 'pawl' } });
  try {
    await sql`select 1`;
  } catch (cause) {
    // Of several addresses of a host each has an error of its own.
    const { message, errors } = cause as AggregateError;
    const why = message || (errors ?? []).map((error: Error) => error.message).join(', ');
    throw new PawlError('Unavailable', 'database_unavailable', `DATABASE_URL cannot be used: ${why}.`, {
      cause,
    });
  } finally {
    await sql.end({ timeout: 1 });
  }
}
