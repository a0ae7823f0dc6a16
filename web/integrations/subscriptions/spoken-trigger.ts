// What a subscription waits for, as people say it.
import type { Resource } from '../../api/client.ts';

export type Trigger = Resource<'SubscriptionTrigger'>;

export const TRIGGER_KINDS: readonly { value: Trigger['kind']; label: string }[] = [
  { value: 'job_started', label: 'A job starts' },
  { value: 'state_entered', label: 'A job enters a state' },
  { value: 'transition_taken', label: 'A job takes a transition' },
  { value: 'milestone_reached', label: 'A job reaches a milestone' },
  { value: 'job_done', label: 'A job is over' },
  { value: 'action_failed', label: 'An action has failed for good' },
];

export function spokenTrigger(trigger: Trigger): string {
  switch (trigger.kind) {
    case 'job_started':
      return 'a job starts';
    case 'state_entered':
      return `a job enters ${trigger.state}`;
    case 'transition_taken':
      return ['a job moves', said('from', trigger.from), said('to', trigger.to), said('on', trigger.event)]
        .join('')
        .trim();
    case 'milestone_reached':
      return trigger.state === undefined ? 'a job reaches a milestone' : `a job reaches ${trigger.state}`;
    case 'job_done':
      return 'a job is over';
    case 'action_failed':
      return trigger.action === undefined ? 'an action fails' : `the action ${trigger.action} fails`;
  }
}

const said = (word: string, value: string | undefined): string =>
  value === undefined ? '' : ` ${word} ${value}`;
