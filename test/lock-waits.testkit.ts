// Who waits for a lock. On Citus the one that waits is on the server of the rows, for the one on the coordinator.
import postgres from 'postgres';
import { inject } from 'vitest';
import { databaseAt } from '../db/servers.ts';
import { until } from '../worker/worker.testkit.ts';

/**
 * Resolves when a session waits for a lock.
 * @param admin a superuser's
 * @param who its application's name, as a pattern of `like`
 * @param part something in the first kilobyte of its statement
 * @returns its backend, for `pg_terminate_backend`
 */
export function waitsForLock(admin: postgres.Sql, who: string, part: string): Promise<number> {
  return until(`${who} waits for a lock to ${part}`, async () => {
    const [{ citus } = {}] = await admin`select to_regclass('citus_stat_activity') is not null as citus`;
    const [row] = citus ? await waitingOnServers(admin, who, part) : await waitingHere(admin, who, part);
    return row?.pid;
  });
}

/** Keeps everybody from a table while `run` runs: on Citus from its parts, too, which calls on servers read by name. */
export async function whileLocked(
  admin: postgres.Sql,
  table: string,
  run: () => Promise<void>,
): Promise<void> {
  const [here] = await admin<{ name: string }[]>`select current_database() as name`;
  const onServers = inject('testPostgres').servers.workerUrls.reduce(
    (inner, server) => () => whilePartsLocked(server, String(here?.name), table, inner),
    run,
  );
  await admin.begin(async (sql) => {
    await sql`lock table ${sql(table)} in access exclusive mode`;
    await onServers();
  });
}

async function whilePartsLocked(server: string, database: string, table: string, run: () => Promise<void>) {
  const admin = postgres(databaseAt(server, database), { max: 1, onnotice: () => {} });
  try {
    await admin.begin(async (sql) => {
      await sql`set local citus.enable_manual_changes_to_shards = on`;
      const parts = await sql<{ name: string }[]>`
        select shard_name(s.logicalrelid, s.shardid) as name
        from pg_dist_shard s join pg_dist_placement p on p.shardid = s.shardid
        where s.logicalrelid = ${table}::regclass and p.groupid = (select groupid from pg_dist_local_group)`;
      for (const { name } of parts) await sql`lock table ${sql(name)} in access exclusive mode`;
      await run();
    });
  } finally {
    await admin.end();
  }
}

const waitingHere = (admin: postgres.Sql, who: string, part: string) => admin<{ pid: number }[]>`
  select pid from pg_stat_activity
  where datname = current_database() and application_name like ${who} and wait_event_type = 'Lock'
    and query like ${`%${part}%`}`;

const waitingOnServers = (admin: postgres.Sql, who: string, part: string) => admin<{ pid: number }[]>`
  with session as materialized (select * from citus_stat_activity where datname = current_database())
  select asking.pid from session asking join session waiting using (global_pid)
  where not asking.is_worker_query and asking.application_name like ${who} and waiting.wait_event_type = 'Lock'
    and (asking.query like ${`%${part}%`} or exists (
      select from pg_proc where proname like 'pawl\\_part\\_%' and prosrc like ${`%${part}%`}
        and asking.query like '%' || replace(proname, '_part_', '_call_') || '%'))`;
