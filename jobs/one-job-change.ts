// What changes one job in one commit, guarded by its revision: tried again while somebody else moves the job first.
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { Tenant } from '../db/tenants.ts';
import type { JobParts } from './parts.ts';

/** @param attempt null: the job moved meanwhile */
export function untilWon<R extends { jobId: string }>(
  { inTurn, racesMax, contended }: Pick<JobParts, 'inTurn' | 'racesMax' | 'contended'>,
  attempt: (tenant: Tenant, request: R) => Promise<JobRow | null>,
): (tenant: Tenant, request: R) => Promise<JobRow> {
  return (tenant, request) =>
    inTurn(request.jobId, async () => {
      for (let race = 0; race < racesMax; race++) {
        const row = await attempt(tenant, request);
        if (row) return row;
      }
      throw contended();
    });
}
