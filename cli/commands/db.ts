// `pawl db`: how the tables lie in the database, on one Postgres or over the servers of Citus.
import type { Sql } from '../../db/client.ts';
import { checkNobodyWorks, distribute } from '../../db/distribute.ts';
import { tablesPlaced } from '../../db/layout.ts';
import { asOwner, migrate } from '../../db/migrate.ts';
import {
  bucketUse,
  distributedTableSizes,
  serverUse,
  shardPlaces,
  shardUse,
  tableSizes,
} from '../../db/statements/placement.ts';
import { openDatabase } from '../../processes/open-database.ts';
import { type Command, readArgs, subcommandOf } from '../command.ts';
import { asOperator, quietly } from '../operator.ts';

export const command: Command = {
  help: `
Usage: pawl db status
       pawl db distribute

status      Tables by size, and shards by use; on Citus also what each server holds, and how evenly.
distribute  Lays the tables out over the servers of Citus, with the rows they have: empty or full, the first time or again
            after something was added. DATABASE_URL must lead to the coordinator, as a superuser, and no process of Pawl may
            be running: it refuses while one is connected. It takes as long as copying the database takes. What it was
            broken off in goes on where it stood when it is run again.`,
  async run(args) {
    const { name, rest } = subcommandOf(args, ['status', 'distribute']);
    readArgs(rest, {});
    return name === 'status' ? status() : layOut();
  },
};

async function layOut(): Promise<number> {
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
    console.log('The processes of Pawl may be started again. `pawl db status` shows what lies where.');
    return 0;
  } finally {
    await database.stop();
  }
}

async function status(): Promise<number> {
  return asOperator(async ({ sql, isDistributed }) => {
    const citus = await isDistributed();
    console.log(citus ? 'Laid out over Citus.' : 'One Postgres.');
    console.log('');
    await printTables(sql, citus);
    if (citus) {
      await printServers(sql);
      await printBuckets(sql);
    }
    await printShards(sql, citus);
    return 0;
  });
}

async function printTables(sql: Sql, citus: boolean): Promise<void> {
  const known = [...tablesPlaced('distributed'), ...tablesPlaced('reference'), ...tablesPlaced('local')];
  const sizes = citus ? await distributedTableSizes(sql) : await tableSizes(sql, known);
  for (const { table, bytes } of sizes) console.log(`${table.padEnd(24)}${megabytes(bytes)}`);
}

async function printServers(sql: Sql): Promise<void> {
  const servers = await serverUse(sql);
  const mean = meanOf(servers);
  console.log('');
  for (const { server, buckets, bytes } of servers) {
    const share = mean === 0 ? '' : `  ${(bytes / mean).toFixed(2)} of the mean`;
    console.log(`${server.padEnd(24)}${megabytes(bytes)}  ${buckets} buckets${share}`);
  }
}

/** Buckets are what can be moved from server to server: one that is much larger than the others limits how even they get. */
async function printBuckets(sql: Sql): Promise<void> {
  const buckets = await bucketUse(sql);
  const mean = meanOf(buckets);
  console.log('');
  for (const { server, bucket, bytes, shards } of buckets) {
    const share = mean === 0 ? '' : `  ${(bytes / mean).toFixed(2)} of the mean`;
    console.log(`bucket ${bucket}  ${server}${megabytes(bytes)}  shards ${shards.join(', ')}${share}`);
  }
}

const meanOf = (uses: readonly { bytes: number }[]): number =>
  uses.reduce((sum, { bytes }) => sum + bytes, 0) / Math.max(1, uses.length);

async function printShards(sql: Sql, citus: boolean): Promise<void> {
  const uses = await shardUse(sql);
  const places = citus
    ? await shardPlaces(
        sql,
        uses.map(({ shard }) => shard),
      )
    : [];
  const placeOf = new Map(places.map(({ shard, server, bucket }) => [shard, `  ${server} bucket ${bucket}`]));
  console.log('');
  for (const { shard, tenants, activeJobs, queued } of uses) {
    console.log(
      `shard ${String(shard).padStart(2)}  ${tenants} tenants  ${activeJobs} active jobs  ${queued} queued${placeOf.get(shard) ?? ''}`,
    );
  }
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1).padStart(10)} MiB`;
