// What has to be there before any process starts: a Postgres with our tables, and the keys its credentials are under.
import { connect } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { checkMasterKeys, openMasterKeys } from './master-keys.ts';
import { type Boot, type BootOptions, openDatabase } from './open-database.ts';

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
