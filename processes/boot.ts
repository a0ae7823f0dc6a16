// What has to be there before any process starts: a Postgres with our tables, and the keys its credentials are under.
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { connect } from '../db/client.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { migrate } from '../db/migrate.ts';
import type { Logger } from './log.ts';
import { checkMasterKeys, openMasterKeys } from './master-keys.ts';

export interface Boot {
  /** Owns the tables. The processes act as their roles on it, unless they have logins of their own. */
  databaseUrl: string;
  /** Ends the embedded Postgres, if that was started here. */
  stop(): Promise<void>;
}

export interface BootOptions {
  config: Config;
  log: Logger;
  /** false: the embedded Postgres forgets to fsync; for tests and benchmarks. */
  durable?: boolean;
}

/** The Postgres to use: the configured one, or the embedded one, started (and first made) in `config.directory`. */
export async function openDatabase({ config, log, durable = true }: BootOptions): Promise<Boot> {
  const { url } = config.database;
  if (url !== undefined) return { databaseUrl: url, stop: async () => {} };
  const directory = join(config.directory, 'postgres');
  const embedded = await startEmbeddedPostgres({
    directory,
    durable,
    keepRunning: true,
    log: (line) => log.info(line),
  });
  return { databaseUrl: embedded.localUrl, stop: embedded.stop };
}

/**
 * `openDatabase`, migrated, its encryption keys compared with ours.
 * @throws PawlError as `startEmbeddedPostgres`, `migrate`, `openMasterKeys` and `checkMasterKeys` do
 */
export async function boot(options: BootOptions): Promise<Boot> {
  const { config, log } = options;
  // Before the key of development is made: as root, Postgres makes the directory readable for the user it runs under.
  const database = await openDatabase(options);
  try {
    await migrate(database.databaseUrl);
    const masterKeys = await openMasterKeys(config, (path) =>
      log.info({ path }, 'made a key for development; what is stored under it is lost without that file'),
    );
    const operator = connect({
      url: database.databaseUrl,
      role: 'pawl_operator',
      poolMax: 1,
      applicationName: 'pawl boot',
    });
    try {
      await checkMasterKeys(operator, masterKeys);
    } finally {
      await Promise.all([operator.close(), masterKeys.close()]);
    }
    return database;
  } catch (error) {
    await database.stop();
    throw error;
  }
}
