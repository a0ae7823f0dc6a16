// `pawl migrate`: brings the database to the tables of this version.
import { configFromEnvironment } from '../../config/environment.ts';
import { migrate } from '../../db/migrate.ts';
import { SOMEBODY_MIGRATES } from '../../processes/boot.ts';
import { createLog } from '../../processes/log.ts';
import { openDatabase } from '../../processes/open-database.ts';
import { type Command, readArgs } from '../command.ts';

export const command: Command = {
  help: `
Usage: pawl migrate

Applies what is missing, under a lock: safe to run from many machines at once, and to run again. \`pawl start\` does it too.
Needs DATABASE_URL to be a login that owns the tables (and may create roles, the first time).`,
  async run(args) {
    readArgs(args, {});
    const config = configFromEnvironment();
    const log = createLog({ log: config.log, process: 'pawl', to: 2 });
    const database = await openDatabase({ config, log });
    try {
      await migrate(database.databaseUrl, { onWaiting: () => log.info(SOMEBODY_MIGRATES) });
    } finally {
      await database.stop();
    }
    console.log('The database is up to date.');
    return 0;
  },
};
