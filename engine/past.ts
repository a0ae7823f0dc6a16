// What a job went through, as its log tells: enough to go through it again.
import type { CompiledWorkflow } from './compile.ts';
import type { Facts, JobEvent } from './decision.ts';
import type { StateMap } from './migrate.ts';

interface Moved {
  /** The job's revision after it. */
  revision: number;
  /** ISO. */
  at: string;
}

export interface PastTransition extends Moved {
  kind: 'transition';
  /** The first one starts the job: its payload is the input. */
  event: JobEvent;
  internal: boolean;
  /** What guards were told. */
  facts: Facts;
  /** The version that decided it. */
  by: CompiledWorkflow;
  version: number;
}

export interface PastMigration extends Moved {
  kind: 'migrated';
  from: CompiledWorkflow;
  to: CompiledWorkflow;
  stateMap: StateMap;
}

export type PastMove = PastTransition | PastMigration | (Moved & { kind: 'cancelled' });
