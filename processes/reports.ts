// The replica that an API process reads reports from, where one is configured.
import type { Config } from '../config/config.ts';
import { connect, type Database } from '../db/client.ts';
import { createReports, type Reports } from '../db/reports.ts';
import type { Logger } from './log.ts';

/** Few reports are read at once, and each may take long. */
const POOL_MAX = 4;

/** Undefined: there is none, or the tables lie where one replica does not have them. */
export async function openReports(
  { database: { reports } }: Pick<Config, 'database'>,
  { db, log }: { db: Database; log: Logger },
): Promise<Reports | undefined> {
  if (!reports) return undefined;
  if (await db.isDistributed()) {
    log.warn(
      'DATABASE_REPORTS_URL is not used: on Citus, reports are read from the servers that hold the rows',
    );
    return undefined;
  }
  const { url, maxLagMs } = reports;
  const replica = connect({ url, role: 'pawl_api', poolMax: POOL_MAX, applicationName: 'pawl reports' });
  return createReports({
    primary: db,
    replica,
    maxLagMs,
    onChange(used, error) {
      if (used) log.info('reports are read from the replica');
      else
        log.warn(
          { err: error ?? undefined },
          'reports are read from the primary: the replica is away or behind',
        );
    },
  });
}
