// Commands of the operator: a connection to the database that sees every tenant, for as long as one command takes.
import type { Config } from '../config/config.ts';
import { configFromEnvironment } from '../config/environment.ts';
import { connect, type Database } from '../db/client.ts';
import { PawlError } from '../engine/errors.ts';
import { createLog } from '../processes/log.ts';
import { openDatabase } from '../processes/open-database.ts';

/**
 * Runs `run` with the configured database, as role `pawl_operator` or the one that moves tenants. What it prints goes to standard output, the log to
 * standard error.
 * @throws PawlError Unavailable `not_migrated`
 */
export async function asOperator<T>(
  run: (db: Database, config: Config, databaseUrl: string) => Promise<T>,
  role: 'pawl_operator' | 'pawl_mover' = 'pawl_operator',
): Promise<T> {
  const { config, log } = quietly();
  const database = await openDatabase({ config, log });
  try {
    const db = connect({
      url: database.databaseUrl,
      role,
      poolMax: 2,
      applicationName: 'pawl operator',
    });
    try {
      return await run(db, config, database.databaseUrl);
    } finally {
      await db.close();
    }
  } catch (error) {
    throw isMissing(error) ? notMigrated(error) : error;
  } finally {
    await database.stop();
  }
}

/** The configuration, and a log to standard error of what is wrong only. */
export function quietly() {
  const config = configFromEnvironment();
  const level = config.log.level === 'info' ? 'warn' : config.log.level;
  return { config, log: createLog({ log: { ...config.log, level }, process: 'pawl', to: 2 }) };
}

// 42P01: no such table; 22023: no such role (of the setting `role`); 42703: no such column.
const isMissing = (error: unknown): boolean =>
  ['42P01', '22023', '42703'].includes(String((error as { code?: unknown } | null)?.code));

function notMigrated(cause: unknown): PawlError {
  const message =
    'The database does not have the tables of this version. Run `pawl migrate`, or start Pawl once.';
  return new PawlError('Unavailable', 'not_migrated', message, { cause });
}
