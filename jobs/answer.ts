// The answer to a start or an event; a repeated Idempotency-Key gets the same one again, word for word.
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { Refused } from '../engine/decision.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import type { CommittedTransition } from './apply-transition.ts';
import { contextOf, outputOf } from './job-row.ts';
import type { UnitFailure } from './work-in-progress.ts';
import type { WorkingJob } from './working-job.ts';

export interface TransitionAnswer {
  job: {
    id: string;
    workflowId: string;
    workflowVersionId: string;
    key: string | null;
    parentJobId: string | null;
    status: string;
    currentState: string;
    context: JsonObject;
    output: Json;
    revision: number;
    createdAt: string;
    updatedAt: string;
  };
  transition: CommittedTransition;
  actionRuns: {
    id: string;
    ordinal: number;
    actionType: string;
    name: string | null;
    connectionId: string;
  }[];
}

/** What came of a start or an event. */
export type Outcome =
  | { kind: 'committed'; answer: TransitionAnswer; replayed: boolean }
  | { kind: 'refused'; refused: Refused; job: JobRow }
  | { kind: 'failed'; failure: UnitFailure };

/** The transition, and the job after all that it led to: events may have come back to it from itself or from others. */
export function answerOf(job: WorkingJob, transition: CommittedTransition): TransitionAnswer {
  return {
    job: {
      id: job.id,
      workflowId: job.version.workflowId,
      workflowVersionId: job.version.id,
      key: job.key,
      parentJobId: job.parentJobId,
      status: job.status,
      currentState: job.currentState,
      context: contextOf(job),
      output: outputOf(job),
      revision: job.revision,
      createdAt: job.createdAt,
      updatedAt: job.change.at,
    },
    transition,
    actionRuns: job.change.runs
      .filter((run) => run.transitionId === transition.id)
      .map(({ id, ordinal, actionType, name, connectionId }) => ({
        id,
        ordinal,
        actionType,
        name,
        connectionId,
      })),
  };
}
