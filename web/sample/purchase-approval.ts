// A machine to begin with: it needs no connection, and shows guards, context, a timer and final states.
import type { Definition } from '../../engine/definition.ts';

export const SAMPLE_NAME = 'purchase-approval';

export const purchaseApproval: Definition = {
  id: SAMPLE_NAME,
  context: { amount: 0, approvals: 0 },
  initial: 'draft',
  states: {
    draft: {
      description: 'Whoever wants something says what it costs.',
      on: {
        SUBMIT: {
          target: 'review',
          guard: 'event.amount > 0',
          actions: [{ action_type: 'ASSIGN', params: { amount: 'event.amount' } }],
        },
      },
    },
    review: {
      description: 'What is expensive takes two approvals.',
      after: { PT48H: { target: 'expired' } },
      on: {
        APPROVE: [
          { target: 'approved', guard: 'context.amount < 1000 || context.approvals > 0' },
          { actions: [{ action_type: 'ASSIGN', params: { approvals: 'context.approvals + 1' } }] },
        ],
        REJECT: { target: 'rejected' },
      },
    },
    approved: { type: 'final' },
    rejected: { type: 'final' },
    expired: { type: 'final' },
  },
};
