// The demo's machine: the work order of the documentation, and beside its straight way one place for each thing that
// can go wrong with a webhook.
import type { Definition } from '../../engine/definition.ts';
import { workOrder } from '../work-order.ts';

const QUICK_RETRIES = { max_attempts: 3, backoff: { initial_ms: 100, factor: 2, max_ms: 400 } };

/** How long a reminded job waits: a timer that the demo has time for. */
export const REMINDER_MS = 500;
/** Longer than the fast receiver ever takes, shorter than the slow one. */
const IMPATIENT_MS = 300;

export function demoMachine(connectionId: string): Definition {
  const machine = workOrder(connectionId);
  const review = machine.states?.review;
  const hook = (path: string) => ({
    connection_id: connectionId,
    path,
    body: { job_id: '<<job.id>>', state: '<<job.current_state>>' },
  });
  return {
    ...machine,
    states: {
      ...machine.states,
      review: {
        ...review,
        on: {
          ...review?.on,
          // The straight way on: a state that waits for its webhook.
          BOOK: { target: 'booking', guard: "actions.notify.status == 'SUCCEEDED'" },
          // The receiver answers 500: tried three times, FAILED, and the action behind it is SKIPPED.
          REPORT: {
            actions: [
              {
                action_type: 'WEBHOOK',
                name: 'report',
                idempotent: true,
                retry: QUICK_RETRIES,
                params: hook('/hooks/failing'),
              },
              { action_type: 'WEBHOOK', name: 'after_report', params: hook('/hooks/never') },
            ],
          },
          // The receiver takes too long: it may have got it or not, so the run is UNKNOWN and waits for a person.
          ARCHIVE: {
            actions: {
              action_type: 'WEBHOOK',
              name: 'archive',
              timeout_ms: IMPATIENT_MS,
              on_unknown: 'park',
              params: hook('/hooks/slow'),
            },
          },
          // Not wanted for small amounts: SKIPPED, and the list goes on.
          AUDIT: {
            actions: [
              {
                action_type: 'WEBHOOK',
                name: 'audit',
                when: 'context.amount > 1000',
                params: hook('/hooks/audit'),
              },
              { action_type: 'WEBHOOK', name: 'file', params: hook('/hooks/file') },
            ],
          },
          REMIND: { target: 'waiting' },
        },
      },
      booking: {
        invoke: {
          src: 'webhook',
          name: 'book',
          input: hook('/hooks/book'),
          onDone: 'done',
          onError: 'review',
        },
      },
      waiting: {
        after: {
          [REMINDER_MS]: {
            target: 'review',
            actions: { action_type: 'WEBHOOK', name: 'remind', params: hook('/hooks/remind') },
          },
        },
      },
    },
  };
}
