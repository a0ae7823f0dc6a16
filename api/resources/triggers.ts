// A trigger as the API takes and shows it, and what a dry run of one answers.
import { z } from '@hono/zod-openapi';
import type { TriggerRow } from '../../db/statements/triggers.ts';
import type { TriggerAction } from '../../inbound/trigger.ts';
import { workflowRef } from '../existing-workflow.ts';
import { name } from '../inputs/names.ts';
import * as inputs from '../inputs/trigger.ts';
import { jsonObject } from '../routing.ts';

const eventTypes = inputs.eventTypes.meta({
  description: 'Types it is for. `issues.*` is `issues` and all that begin with `issues.`; `*` is all.',
  example: ['pull_request.opened'],
});

const { expression, jobEventType, position } = inputs;
const filter = expression.meta({
  description: 'CEL over `event`, `source` and `inbound_event`; the trigger acts where it is true.',
  example: "event.pull_request.base.ref == 'main'",
});
const templates = z.union([jsonObject, inputs.template]).openapi({
  description: 'Templates: an object of them, or one that comes to an object, such as `<<event.payload>>`.',
});

const actionSchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        type: z.literal('start_job'),
        workflow: workflowRef,
        input: templates.optional(),
        key: expression.optional().meta({
          description: 'CEL: the key of the job. Where a live job holds it already, none is started.',
        }),
      })
      .openapi('StartJobAction'),
    z
      .strictObject({
        type: z.literal('send_event'),
        workflow: workflowRef.optional(),
        key: expression.meta({ description: 'CEL: the key of the live job the event is for.' }),
        event_type: jobEventType,
        payload: templates.optional(),
      })
      .openapi('SendEventAction'),
  ])
  .openapi('TriggerAction', {
    example: {
      type: 'start_job',
      workflow: 'review',
      key: "'pr-' + string(event.pull_request.number)",
      input: { title: '<<event.pull_request.title>>' },
    },
  });

const triggerFields = {
  name: name.meta({ description: 'Unique among those of its source.' }),
  event_types: eventTypes,
  filter: filter.nullable(),
  action: actionSchema,
  enabled: z.boolean(),
  position: position.meta({ description: 'Triggers of a source act in this order.' }),
};

export const newTriggerSchema = z
  .strictObject({
    source_id: z.guid().toLowerCase(),
    ...triggerFields,
    filter: triggerFields.filter.default(null),
    enabled: triggerFields.enabled.default(true),
    position: triggerFields.position.optional(),
  })
  .openapi('NewTrigger');

export const triggerChangeSchema = z.strictObject(triggerFields).partial().openapi('TriggerChange');

export const triggerSchema = z
  .object({
    id: z.string(),
    source_id: z.string(),
    ...triggerFields,
    version: z.int(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('Trigger');

export function presentTrigger(row: TriggerRow): z.infer<typeof triggerSchema> {
  return {
    id: row.id,
    source_id: row.sourceId,
    name: row.name,
    event_types: row.eventTypes,
    filter: row.filter,
    action: row.action as unknown as TriggerAction & z.infer<typeof actionSchema>,
    enabled: row.enabled,
    position: row.position,
    version: row.version,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

const trialFields = {
  inbound_event_id: z.guid().toLowerCase().optional().openapi({ description: 'One that was received.' }),
  type: z.string().min(1).max(200).optional(),
  payload: jsonObject.optional(),
};

interface TrialEvent {
  inbound_event_id?: string | undefined;
  type?: string | undefined;
  payload?: unknown;
}

const namesOneEvent = ({ inbound_event_id: id, type, payload }: TrialEvent) =>
  id === undefined ? type !== undefined : !type && !payload;
const oneEvent = { error: 'name an inbound event, or give a type and a payload' };

export const trialSchema = z
  .strictObject(trialFields)
  .refine(namesOneEvent, oneEvent)
  .openapi('TriggerTrial', { example: { type: 'pull_request.opened', payload: { number: 7 } } });

export const draftTrialSchema = z
  .strictObject({
    source_id: z.guid().toLowerCase(),
    event_types: eventTypes,
    filter: triggerFields.filter.default(null),
    action: actionSchema,
    ...trialFields,
  })
  .refine(namesOneEvent, oneEvent)
  .openapi('DraftTriggerTrial');

export const trialAnswerSchema = z
  .object({
    outcome: z.enum(['unmatched', 'failed', 'acts']),
    code: z.string().nullable().openapi({ description: 'Why it does not match, or why it fails.' }),
    message: z.string().nullable(),
    pointer: z.string().nullable().openapi({ description: 'Where in the trigger it fails.' }),
    wanted: jsonObject.nullable().openapi({ description: 'Its action with everything put in.' }),
    effect: jsonObject.nullable().openapi({ description: 'What that would come to at this moment.' }),
  })
  .openapi('TriggerTrialAnswer');
