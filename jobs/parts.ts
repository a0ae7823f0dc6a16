// What starting, sending, firing, cancelling and migrating share. jobs.ts makes it once.
import type { Database } from '../db/client.ts';
import type { Clock } from '../db/clock.ts';
import type { Ids } from '../db/new-id.ts';
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { Tenant, Tenants } from '../db/tenants.ts';
import type { Facts, JobEvent, Refused } from '../engine/decision.ts';
import type { PawlError } from '../engine/errors.ts';
import type { Tracing } from '../telemetry/span.ts';
import type { Cascade } from './cascade.ts';
import type { JobLoader } from './loader.ts';
import type { NotificationRules } from './notification-rules.ts';
import type { InTurn } from './turns.ts';
import type { Versions } from './versions.ts';
import type { UnitFailure, WorkInProgress } from './work-in-progress.ts';
import type { WorkingJob } from './working-job.ts';

export interface JobParts {
  db: Database;
  tenants: Tenants;
  loader: JobLoader;
  versions: Versions;
  notificationRules: NotificationRules;
  cascade: Cascade;
  clock: Clock;
  ids: Ids;
  inTurn: InTurn;
  /** Losing a race means somebody else won it; losing this many in a row means the job is busier than it can be. */
  racesMax: number;
  /** As committed now. @throws PawlError NotFound `job_not_found` */
  existing(tenant: Tenant, jobId: string): Promise<JobRow>;
  /** What the guards that may be asked about this event name; empty for most. */
  factsFor(job: WorkingJob, eventType: string): Promise<Facts>;
  /** The live job of this workflow that holds the key, or null. */
  holderOfKey(tenant: Tenant, workflowId: string, key: string): Promise<string | null>;
  /** Writes into the log that an event could not be taken, and why; nothing else of the job changes. */
  noteFailure(job: WorkingJob, event: JobEvent, actor: string, failure: UnitFailure | Refused): Promise<void>;
  /** @returns false when the job moved meanwhile, or somebody else was first with a key */
  commit(work: WorkInProgress): Promise<boolean>;
  contended(): PawlError;
  /** Absent: no traces. */
  tracing: Tracing | undefined;
}
