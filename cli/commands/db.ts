// `pawl db`: how the tables lie in the database, on one Postgres or over the servers of Citus.
import { databaseStatus } from '../../db/database-status.ts';
import { checkNobodyWorks, distribute } from '../../db/distribute.ts';
import { asOwner, migrate } from '../../db/migrate.ts';
import { openDatabase } from '../../processes/open-database.ts';
import { type Command, readArgs, subcommandOf } from '../command.ts';
import { linesOfStatus, statusAsJson } from '../db/status.ts';
import { asOperator, quietly } from '../operator.ts';

export const command: Command = {
  help: `
Usage: pawl db status [--json]
       pawl db distribute

status      Shows how large the tables, the shards and the ten largest tenants are, and how uneven shards are. On Citus also
            what each server and bucket holds. Sizes of shards and tenants are estimated from a part of large tables.
distribute  Lays the tables out over the servers of Citus, with the rows they have: empty or full, the first time or again
            after something was added. DATABASE_URL must lead to the coordinator, as a superuser, and no process of Pawl may
            be running: it refuses while one is connected. It takes as long as copying the database takes. If it is
            broken off, run it again: it goes on where it was.`,
  async run(args) {
    const { name, rest } = subcommandOf(args, ['status', 'distribute']);
    return { status, distribute: layOut }[name](rest);
  },
};

async function layOut(args: string[]): Promise<number> {
  readArgs(args, {});
  const { config, log } = quietly();
  const database = await openDatabase({ config, log });
  try {
    const url = database.databaseUrl;
    await asOwner(url, checkNobodyWorks);
    await migrate(url);
    const made = await asOwner(url, (sql) => distribute(sql));
    const said: [string, readonly string[]][] = [
      ['by shard', made.distributed],
      ['on every server', made.reference],
    ];
    for (const [how, tables] of said)
      if (tables.length > 0) console.log(`Laid out ${how}: ${tables.join(', ')}.`);
    const count = made.distributed.length + made.reference.length;
    console.log(count === 0 ? 'Everything was laid out already.' : `${count} tables were laid out.`);
    console.log('You can start the processes of Pawl again. `pawl db status` shows what lies where.');
    return 0;
  } finally {
    await database.stop();
  }
}

async function status(args: string[]): Promise<number> {
  const { values } = readArgs(args, { json: { type: 'boolean', default: false } });
  return asOperator(async (db) => {
    const found = await databaseStatus(db);
    if (values.json) console.log(JSON.stringify(statusAsJson(found), null, 2));
    else for (const line of linesOfStatus(found)) console.log(line);
    return 0;
  });
}
