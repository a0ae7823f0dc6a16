// An inbound event as the API shows it.
import { isUtf8 } from 'node:buffer';
import { z } from '@hono/zod-openapi';
import type { InboundEventDetail, InboundEventRow } from '../../db/statements/inbound-events.ts';
import { jsonObject } from '../routing.ts';

export const INBOUND_STATUSES = ['RECEIVED', 'PROCESSING', 'PROCESSED', 'FAILED'] as const;

export const listedInboundEventSchema = z
  .object({
    id: z.string(),
    source_id: z.string(),
    status: z.enum(INBOUND_STATUSES),
    event_type: z.string().nullable().openapi({ description: 'Null for what was refused or ignored.' }),
    delivery_id: z.string().nullable().openapi({
      description: 'By which a repetition is known; null for another try, whose first try has it.',
    }),
    body_bytes: z.int(),
    error: jsonObject.nullable().openapi({
      description: 'Why it failed: a stable `code`, a sentence, and the trigger it failed in.',
      example: { code: 'workflow_not_published', message: '…', trigger_id: '…', trigger_name: 'open' },
    }),
    effects: z.array(jsonObject).openapi({
      description: 'What each trigger that matched came to: `job_started`, `event_sent` or `no_effect`.',
    }),
    attempts: z.int(),
    replay_of: z.string().nullable().openapi({
      description: 'The first try of the event that this is another try of: by a replay, or delivered again.',
    }),
    received_at: z.string(),
    processed_at: z.string().nullable(),
  })
  .openapi('ListedInboundEvent');

export const inboundEventSchema = listedInboundEventSchema
  .extend({
    headers: z.array(z.object({ name: z.string(), value: z.string() })).openapi({
      description: 'As they came, secrets as `***`.',
    }),
    body: z.string().nullable().openapi({ description: 'Null for a request that was refused.' }),
    body_encoding: z.enum(['utf8', 'base64']).nullable(),
    payload: jsonObject.nullable().openapi({ description: 'What triggers see as `event.payload`.' }),
  })
  .openapi('InboundEvent');

export function presentListedInboundEvent(row: InboundEventRow): z.infer<typeof listedInboundEventSchema> {
  return {
    id: row.id,
    source_id: row.sourceId,
    status: row.status,
    event_type: row.eventType,
    delivery_id: row.deliveryId,
    body_bytes: row.bodyBytes,
    error: row.error,
    effects: row.effects as z.infer<typeof jsonObject>[],
    attempts: row.attempts,
    replay_of: row.replayOf,
    received_at: row.receivedAt.toISOString(),
    processed_at: row.processedAt?.toISOString() ?? null,
  };
}

export function presentInboundEvent(row: InboundEventDetail): z.infer<typeof inboundEventSchema> {
  const encoding = row.body && (isUtf8(row.body) ? 'utf8' : 'base64');
  return {
    ...presentListedInboundEvent(row),
    headers: row.headers.map(([name, value]) => ({ name, value })),
    body: row.body && encoding ? row.body.toString(encoding) : null,
    body_encoding: encoding,
    payload: row.payload,
  };
}
