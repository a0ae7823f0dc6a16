import { expect, test } from 'vitest';
import { NEW_SUBSCRIPTION, subscriptionDraftOf, subscriptionOf } from './subscription-draft.ts';

const stored = {
  id: 'x',
  name: 'failures',
  scope_id: 'shop',
  trigger: { kind: 'transition_taken', from: 'a', event: 'GO' } as const,
  filter: 'context.n > 3',
  enabled: true,
  reach: { supply: 'all', blocked: null } as const,
  created_by: 'key:1',
  created_at: '',
  updated_at: '',
};
const targets = [
  {
    endpoint: null,
    action: {
      action_type: 'WEBHOOK',
      timeout_ms: 7,
      params: { connection_id: 'c', path: '/x', body: { id: '<<job.id>>' } },
    },
  },
  {
    endpoint: null,
    action: {
      action_type: 'INTEGRATION',
      params: { connection_id: 'c', operation: 'slack.post_message', input: { text: 'x' } },
    },
  },
];

test('a subscription that is opened and saved again is the same', () => {
  const { scope_id, trigger, filter } = stored;
  for (const target of targets) {
    const made = subscriptionOf(subscriptionDraftOf({ ...stored, ...target }));
    expect(made).toEqual({ scope_id, trigger, filter, action: target.action });
  }
  const endpoint = {
    endpoint_id: 'e',
    body: { id: '<<job.id>>' },
    retry: { max_attempts: 3 },
    timeout_ms: 1,
  };
  const made = subscriptionOf(subscriptionDraftOf({ ...stored, action: null as never, endpoint }));
  expect(made).toEqual({ scope_id, trigger, filter, endpoint });
});

test('a draft that lacks something is no subscription yet', () => {
  expect(subscriptionOf(NEW_SUBSCRIPTION)).toBeNull();
  expect(subscriptionOf({ ...NEW_SUBSCRIPTION, target: 'endpoint:e', kind: 'state_entered' })).toBeNull();
  expect(subscriptionOf({ ...NEW_SUBSCRIPTION, target: 'endpoint:e', message: '{' })).toBeNull();
});
