// What changes one job in one commit, guarded by its revision: tried again while somebody else moves the job first.
import type { Clock } from '../db/clock.ts';
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { Tenant } from '../db/tenants.ts';
import type { PawlError } from '../engine/errors.ts';
import type { WorkInProgress } from './cascade.ts';
import type { NotificationRules } from './notification-rules.ts';
import type { InTurn } from './turns.ts';
import type { Versions } from './versions.ts';
import type { Ids } from './working-job.ts';

export interface OneJobChangeOptions {
  versions: Versions;
  notificationRules: NotificationRules;
  clock: Clock;
  ids: Ids;
  inTurn: InTurn;
  racesMax: number;
  existing(tenant: Tenant, jobId: string): Promise<JobRow>;
  /** @returns false when the job moved meanwhile */
  commit(work: WorkInProgress): Promise<boolean>;
  contended(): PawlError;
}

/** @param attempt null: the job moved meanwhile */
export function untilWon<R extends { jobId: string }>(
  { inTurn, racesMax, contended }: Pick<OneJobChangeOptions, 'inTurn' | 'racesMax' | 'contended'>,
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
