// A delivery as the API shows it: what was due, and what its action run says became of it.
import { z } from '@hono/zod-openapi';
import { ACTION_RUN_STATUSES, type AttemptRow } from '../../db/statements/action-runs.ts';
import type { DeliveryRow, FullDeliveryRow } from '../../db/statements/deliveries.ts';
import { json, jsonObject } from '../routing.ts';
import { attemptSchema, presentAttempt } from './action-runs.ts';

const listed = {
  id: z.string().openapi({ description: 'Also its `webhook-id` and `Idempotency-Key`.' }),
  subscription_id: z.string(),
  occurrence_id: z.string().openapi({ description: 'Entry of the log of the job that it tells of.' }),
  kind: z.string().openapi({ description: 'The kind of its trigger, or `test`.' }),
  job_id: z.string(),
  workflow_id: z.string(),
  connection_id: z.string().nullable(),
  endpoint_id: z.string().nullable(),
  status: z.enum(ACTION_RUN_STATUSES),
  attempts: z.int(),
  error: jsonObject.nullable().openapi({ description: 'Why it failed or was skipped.' }),
  sink_message_id: z.string().nullable().openapi({ description: "The receiver's id of what it made." }),
  next_attempt_at: z.string().nullable(),
  created_at: z.string(),
  finished_at: z.string().nullable(),
};

export const listedDeliverySchema = z.object(listed).openapi('ListedDelivery');
export const deliverySchema = z
  .object({ ...listed, request: json, response: json, attempt_log: z.array(attemptSchema) })
  .openapi('Delivery', {
    description:
      '`request` and `response`, of the attempts too, are null for whoever may not read jobs: they may say all there is of one.',
  });

export function presentListedDelivery(row: DeliveryRow): z.infer<typeof listedDeliverySchema> {
  return {
    id: row.id,
    subscription_id: row.subscriptionId,
    occurrence_id: row.occurrenceId,
    kind: row.kind,
    job_id: row.jobId,
    workflow_id: row.workflowId,
    connection_id: row.connectionId,
    endpoint_id: row.endpointId,
    status: row.status,
    attempts: row.attempts,
    error: row.error,
    sink_message_id: row.sinkMessageId,
    next_attempt_at: row.nextAttemptAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    finished_at: row.finishedAt?.toISOString() ?? null,
  };
}

/** @param bodies whether what was sent and answered is shown, which may say all there is of a job */
export function presentDelivery(
  row: FullDeliveryRow,
  attempts: readonly AttemptRow[],
  bodies: boolean,
): z.infer<typeof deliverySchema> {
  const hidden = bodies ? {} : { request: null, response: null };
  return {
    ...presentListedDelivery(row),
    request: row.request,
    response: row.response,
    ...hidden,
    attempt_log: attempts.map((attempt) => ({ ...presentAttempt(attempt), ...hidden })),
  };
}
