// The sample machine of the documentation: a work order that is submitted, reviewed and approved.
import type { Definition } from '../engine/definition.ts';

const DAY_MS = 86_400_000;

/** @param connectionId the connection its webhook goes through */
export function workOrder(connectionId: string): Definition {
  return {
    id: 'work-order',
    context: { amount: 0 },
    initial: 'draft',
    states: {
      draft: {
        on: {
          SUBMIT: {
            target: 'review',
            guard: 'event.amount > 0',
            actions: [
              { action_type: 'ASSIGN', params: { amount: 'event.amount' } },
              {
                action_type: 'WEBHOOK',
                name: 'notify',
                params: {
                  connection_id: connectionId,
                  path: '/hooks/job-started',
                  body: {
                    job_id: '<<job.id>>',
                    state: '<<job.current_state>>',
                    amount: '<<context.amount>>',
                  },
                },
              },
            ],
          },
        },
      },
      review: {
        after: { [DAY_MS]: { target: 'escalated' } },
        on: { APPROVE: { target: 'done', guard: "actions.notify.status == 'SUCCEEDED'" } },
      },
      escalated: { type: 'final' },
      done: { type: 'final' },
    },
  };
}
