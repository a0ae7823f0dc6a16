// An action run as the API shows it.
import { z } from '@hono/zod-openapi';
import {
  ACTION_RUN_STATUSES,
  type ActionRunRow,
  type AttemptRow,
  type FullActionRunRow,
} from '../../db/statements/action-runs.ts';
import type { Json } from '../../engine/json.ts';
import { json, jsonObject } from '../routing.ts';

const listed = {
  id: z.string(),
  job_id: z.string(),
  transition_id: z.string(),
  ordinal: z.int().openapi({ description: 'Place in the list of its transition, from 0.' }),
  workflow_version_id: z.string(),
  pointer: z.string().openapi({ description: 'Where the action stands in the definition (JSON pointer).' }),
  action_type: z.enum(['WEBHOOK', 'INTEGRATION']),
  name: z.string().nullable(),
  connection_id: z.string(),
  invoke_id: z.string().nullable(),
  status: z.enum(ACTION_RUN_STATUSES),
  attempts: z.int(),
  error: jsonObject.nullable(),
  next_attempt_at: z.string().nullable().openapi({
    description: 'When it is fired at the earliest; null while it waits for an earlier one, or for a person.',
  }),
  created_at: z.string(),
  finished_at: z.string().nullable(),
};

export const listedActionRunSchema = z.object(listed).openapi('ListedActionRun');
export type ListedActionRun = z.infer<typeof listedActionRunSchema>;

export const attemptSchema = z.object({
  id: z.string(),
  at: z.string(),
  /** Recorded after its worker had been declared dead: metered, but it moved nothing. */
  late: z.boolean(),
  number: z.int().nullable(),
  outcome: z.string().nullable(),
  code: z.string().nullable(),
  message: z.string().nullable(),
  duration_ms: z.int().nullable(),
  request: json,
  response: json,
});

export const actionRunSchema = z
  .object({ ...listed, request: json, response: json, attempt_log: z.array(attemptSchema) })
  .openapi('ActionRun');
export type ActionRunResource = z.infer<typeof actionRunSchema>;

export function presentListedRun(row: ActionRunRow): ListedActionRun {
  return {
    id: row.id,
    job_id: row.jobId,
    transition_id: row.transitionId,
    ordinal: row.ordinal,
    workflow_version_id: row.workflowVersionId,
    pointer: row.pointer,
    action_type: row.actionType,
    name: row.name,
    connection_id: row.connectionId,
    invoke_id: row.invokeId,
    status: row.status,
    attempts: row.attempts,
    error: row.error,
    next_attempt_at: row.nextAttemptAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    finished_at: row.finishedAt?.toISOString() ?? null,
  };
}

export function presentRun(row: FullActionRunRow, attempts: readonly AttemptRow[]): ActionRunResource {
  return {
    ...presentListedRun(row),
    request: row.request,
    response: row.response,
    attempt_log: attempts.map(presentAttempt),
  };
}

export function presentAttempt({ id, at, kind, data }: AttemptRow): z.infer<typeof attemptSchema> {
  return {
    id,
    at: at.toISOString(),
    late: kind === 'attempt_late',
    number: numberOrNull(data.attempt),
    outcome: textOrNull(data.outcome),
    code: textOrNull(data.code),
    message: textOrNull(data.message),
    duration_ms: numberOrNull(data.duration_ms),
    request: data.request ?? null,
    response: data.response ?? null,
  };
}

const numberOrNull = (value: Json | undefined) => (typeof value === 'number' ? value : null);
const textOrNull = (value: Json | undefined) => (typeof value === 'string' ? value : null);
