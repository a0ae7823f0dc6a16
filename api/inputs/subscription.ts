// What a subscription waits for. Pure, as names.ts is.
import { z } from 'zod';
import { jobEventType } from './trigger.ts';

const STATE_CHARS_MAX = 2_000;
const ACTION_NAME_CHARS_MAX = 100;

const state = z
  .string()
  .min(1)
  .max(STATE_CHARS_MAX)
  .meta({ description: 'Path of a state, such as `review.legal`.' });

/** One shape for each kind. */
export const SUBSCRIPTION_TRIGGERS = [
  z.strictObject({ kind: z.literal('job_started') }),
  z.strictObject({
    kind: z.literal('transition_taken'),
    from: state.optional(),
    to: state.optional(),
    event: jobEventType.optional(),
  }),
  z.strictObject({ kind: z.literal('state_entered'), state }),
  z.strictObject({ kind: z.literal('job_done') }),
  z.strictObject({
    kind: z.literal('action_failed'),
    action: z.string().min(1).max(ACTION_NAME_CHARS_MAX).optional(),
  }),
  z.strictObject({ kind: z.literal('milestone_reached'), state: state.optional() }),
] as const;
