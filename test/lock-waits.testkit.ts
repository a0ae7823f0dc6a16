// Who waits for a lock. On Citus the one that waits is on the server of the rows, for the one on the coordinator.
import type postgres from 'postgres';
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
