// What has to be there before any process starts: a Postgres with our tables, and the keys its credentials are under.
import { connect } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { checkMasterKeys, openMasterKeys } from './master-keys.ts';
import { type DatabaseOptions, type OpenedDatabase, openDatabase } from './open-database.ts';

interface BootOptions extends DatabaseOptions {
  /** Ends the waiting for another process that migrates. */
  signal?: AbortSignal;
}

/**
 * `openDatabase`, migrated, its encryption keys compared with ours.
 * @throws PawlError as `startEmbeddedPostgres`, `migrate`, `openMasterKeys` and `checkMasterKeys` do
 */
export async function boot(options: BootOptions): Promise<OpenedDatabase> {
  const { config, log, signal } = options;
  // Before the key of development is made: as root, Postgres makes the directory readable for the user it runs under.
  const database = await openDatabase(options);
  try {
    // Without a key nothing is changed in the database.
    const masterKeys = await openMasterKeys(config, (path) =>
      log.info({ path }, 'made a key for development; what is stored under it is lost without that file'),
    );
    try {
      await migrate(database.databaseUrl, {
        onWaiting: () => log.info(SOMEBODY_MIGRATES),
        ...(signal && { signal }),
      });
      await compareKeys(database.databaseUrl, masterKeys);
    } finally {
      await masterKeys.close();
    }
    return database;
  } catch (error) {
    await database.stop();
    throw error;
  }
}

/** Silence would look as if it hung. */
export const SOMEBODY_MIGRATES = 'another process migrates the database; this one waits until that is done';

async function compareKeys(url: string, masterKeys: Parameters<typeof checkMasterKeys>[1]): Promise<void> {
  const operator = connect({ url, role: 'pawl_operator', poolMax: 1, applicationName: 'pawl boot' });
  try {
    await checkMasterKeys(operator, masterKeys);
  } finally {
    await operator.close();
  }
}
