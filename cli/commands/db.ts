// `pawl db`: how the tables lie in the database, on one Postgres or over the servers of Citus.

import type { Sql } from '../../db/client.ts';
import { tablesPlaced } from '../../db/layout.ts';
import {
  distributedTableSizes,
  serverUse,
  shardPlaces,
  shardUse,
  tableSizes,
} from '../../db/statements/placement.ts';
import { type Command, readArgs, subcommandOf } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  summary: 'Show how the tables lie in the database',
  help: `
Usage: pawl db status

status  Tables by size, and shards by use.`,
  async run(args) {
    const { rest } = subcommandOf(args, ['status']);
    readArgs(rest, {});
    return status();
  },
};

async function status(): Promise<number> {
  return asOperator(async ({ sql, isDistributed }) => {
    const citus = await isDistributed();
    console.log(citus ? 'Laid out over Citus.' : 'One Postgres.');
    console.log('');
    await printTables(sql, citus);
    if (citus) await printServers(sql);
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
  const mean = servers.reduce((sum, { bytes }) => sum + bytes, 0) / Math.max(1, servers.length);
  console.log('');
  for (const { server, buckets, bytes } of servers) {
    const share = mean === 0 ? '' : `  ${(bytes / mean).toFixed(2)} of the mean`;
    console.log(`${server.padEnd(24)}${megabytes(bytes)}  ${buckets} buckets${share}`);
  }
}

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
