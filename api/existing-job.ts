// A job that a request names by its id, and the timers it has.
import { listTimers, type PendingTimer } from '../db/statements/job-lists.ts';
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { Tenant } from '../db/tenants.ts';
import type { ApiDeps } from './deps.ts';
import { notFound } from './routing.ts';

/** As committed now. @throws PawlError `job_not_found` */
export async function existingJob(
  { jobs }: Pick<ApiDeps, 'jobs'>,
  tenant: Tenant,
  id: string,
): Promise<JobRow> {
  const row = await jobs.loader.fresh(tenant, id);
  if (!row) throw notFound('job');
  return row;
}

/** Those that are still to go off; of a job that there is not, none. */
export function timersOf(
  { db }: Pick<ApiDeps, 'db'>,
  tenant: Tenant,
  jobId: string,
): Promise<PendingTimer[]> {
  const of = { tenantId: tenant.id, jobId };
  return db.once<PendingTimer[]>([tenant.id], (sql) => listTimers(sql, tenant.shard, of));
}
