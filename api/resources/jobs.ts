// A job as the API shows it.
import { z } from '@hono/zod-openapi';
import type { JobListRow, LogRow, PendingTimer } from '../../db/statements/job-lists.ts';
import type { JobRow } from '../../db/statements/load-jobs.ts';
import type { JobFacts } from '../../engine/decision.ts';
import type { JsonObject } from '../../engine/json.ts';
import { statesOfValue } from '../../engine/snapshot.ts';
import type { TransitionAnswer } from '../../jobs/answer.ts';
import type { Version } from '../../jobs/versions.ts';
import { json, jsonObject } from '../routing.ts';

export const JOB_STATUSES = ['ACTIVE', 'DONE', 'ERROR', 'CANCELLED'] as const;

const listed = {
  id: z.string(),
  workflow_id: z.string(),
  workflow_version_id: z.string(),
  key: z.string().nullable(),
  parent_job_id: z.string().nullable(),
  status: z.enum(JOB_STATUSES),
  current_state: z.string().openapi({
    description: 'Nested states with dots, parallel ones with commas: `review`, `a.b`, `p.x.1,p.y.2`.',
  }),
  revision: z.int().openapi({ description: 'Transitions committed so far, without gaps; the start is 1.' }),
  created_at: z.string(),
  updated_at: z.string(),
  finished_at: z.string().nullable(),
};

export const listedJobSchema = z.object(listed).openapi('ListedJob');
export type ListedJob = z.infer<typeof listedJobSchema>;

const held = { context: jsonObject, output: json };

export const timerSchema = z.object({
  id: z.string(),
  event_type: z.string(),
  kind: z.enum(['after', 'action_outcome']),
  due_at: z.string(),
});

export const jobSchema = z
  .object({
    ...listed,
    ...held,
    workflow_name: z.string(),
    workflow_version: z.int(),
    next_events: z.array(z.string()).openapi({
      description: 'Event types (and wildcards) that the current states know, whatever their guards say.',
    }),
    timers: z.array(timerSchema),
  })
  .openapi('Job');
export type JobResource = z.infer<typeof jobSchema>;

export const transitionAnswerSchema = z
  .object({
    job: z.object({ ...listed, ...held }),
    transition: z.object({
      id: z.string(),
      seq: z.int(),
      from: z.string().nullable(),
      to: z.string(),
      at: z.string(),
    }),
    action_runs: z.array(
      z.object({
        id: z.string(),
        ordinal: z.int(),
        action_type: z.enum(['WEBHOOK', 'INTEGRATION']),
        name: z.string().nullable(),
        connection_id: z.string(),
      }),
    ),
  })
  .openapi('TransitionAnswer');

export const logEntrySchema = z
  .object({
    id: z.string(),
    at: z.string(),
    kind: z.string().openapi({ example: 'transition' }),
    revision: z.int().nullable().openapi({ description: 'Of the job after it, for what moved the job.' }),
    actor: z.string(),
    data: jsonObject,
  })
  .openapi('LogEntry');
export type LogEntry = z.infer<typeof logEntrySchema>;

export function presentListedJob(row: JobListRow): ListedJob {
  return {
    id: row.id,
    workflow_id: row.workflowId,
    workflow_version_id: row.workflowVersionId,
    key: row.key,
    parent_job_id: row.parentJobId,
    status: row.status,
    current_state: row.currentState,
    revision: row.revision,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    finished_at: row.finishedAt?.toISOString() ?? null,
  };
}

export function presentJob(row: JobRow, version: Version, timers: readonly PendingTimer[]): JobResource {
  const { context = {}, output = null } = row.snapshot as {
    context?: JsonObject;
    output?: JobResource['output'];
  };
  return {
    ...presentListedJob(row),
    context,
    output,
    workflow_name: version.workflowName,
    workflow_version: version.version,
    next_events: nextEvents(row, version),
    timers: timers.map(presentTimer),
  };
}

export function presentTimer({ id, event, sendId, dueAt }: PendingTimer): z.infer<typeof timerSchema> {
  const kind = sendId === null ? 'action_outcome' : 'after';
  return { id, event_type: String(event.type), kind, due_at: dueAt.toISOString() };
}

/** What may be sent to the job now: event types of its active states, each once; none when it has ended. */
export function nextEvents(row: Pick<JobRow, 'status' | 'snapshot'>, { compiled }: Version): string[] {
  if (row.status !== 'ACTIVE') return [];
  const { value = null } = row.snapshot as JsonObject;
  const transitions = statesOfValue(compiled.stateTree, value).flatMap((state) => state.transitions);
  return [...new Set(transitions.filter(({ trigger }) => trigger === 'event').map(({ event }) => event))];
}

/** The job as expressions see it. */
export function factsOf(row: JobRow): JobFacts {
  return {
    id: row.id,
    current_state: row.currentState,
    revision: row.revision,
    parent_id: row.parentJobId,
    key: row.key,
    created_at: row.createdAt.toISOString(),
  };
}

/** On the hot path: one object literal for each object of the answer. */
export function presentTransition({ job, transition, actionRuns }: TransitionAnswer) {
  return {
    job: {
      id: job.id,
      workflow_id: job.workflowId,
      workflow_version_id: job.workflowVersionId,
      key: job.key,
      parent_job_id: job.parentJobId,
      status: job.status as JobRow['status'],
      current_state: job.currentState,
      revision: job.revision,
      created_at: job.createdAt,
      updated_at: job.updatedAt,
      finished_at: job.status === 'ACTIVE' ? null : job.updatedAt,
      context: job.context,
      output: job.output,
    },
    transition,
    action_runs: actionRuns.map((run) => ({
      id: run.id,
      ordinal: run.ordinal,
      action_type: run.actionType as 'WEBHOOK' | 'INTEGRATION',
      name: run.name,
      connection_id: run.connectionId,
    })),
  };
}

export function presentLogEntry({ id, at, kind, seq, actor, data }: LogRow): LogEntry {
  return { id, at: at.toISOString(), kind, revision: seq, actor, data };
}
