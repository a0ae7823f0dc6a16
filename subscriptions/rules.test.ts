import { describe, expect, it } from 'vitest';
import type { Json } from '../engine/json.ts';
import { createRules, NO_RULES, type SubscriptionRow } from './rules.ts';

const webhook = (when?: string): Json => ({
  action_type: 'WEBHOOK',
  params: { connection_id: 'c', path: '/x', body: { id: '<<job.id>>' } },
  ...(when && { when }),
});
const subscription = (more: Partial<SubscriptionRow> = {}): SubscriptionRow => ({
  id: 's',
  scopeId: null,
  trigger: { kind: 'job_started' },
  connectionId: 'c',
  endpointId: null,
  messageId: 'm',
  action: webhook(),
  enabled: true,
  ...more,
});
const rulesOf = (...subscriptions: SubscriptionRow[]) =>
  createRules({
    version: 3,
    subscriptions,
    scopes: [{ id: 'stack', parentId: null }],
    supplies: [{ connectionId: 'scoped', scopeId: 'stack' }],
    suppliedToAll: ['c'],
    workflows: [{ id: 'placed', scopeId: 'stack' }],
  });
const started = (workflowId = 'w') => ({
  workflowId,
  fires: ({ kind }: SubscriptionRow['trigger']) => kind === 'job_started',
  scope: () => ({ job: { id: 'j', status: 'ACTIVE' }, context: { amount: 5 } }),
});
const told = (...subscriptions: SubscriptionRow[]) =>
  rulesOf(...subscriptions)
    .notices(started())
    .map(({ scope }) => scope);

describe('notices', () => {
  it('hold what the message reads and no more', () => {
    expect(told(subscription())).toEqual([{ job: { id: 'j' } }]);
  });

  it('are not made of what a filter does not want', () => {
    expect(told(subscription({ action: webhook('context.amount > 5') }))).toEqual([]);
    expect(told(subscription({ action: webhook("'true'") }))).toEqual([]);
    expect(told(subscription({ action: webhook('context.amount > 4') }))).toHaveLength(1);
  });

  it('are made where a filter cannot be evaluated, with what it reads: the delivery fails and says why', () => {
    expect(told(subscription({ action: webhook('context.nothing > 4') }))).toEqual([
      { job: { id: 'j' }, context: {} },
    ]);
  });

  it('are made where many filters before took so long that the process would stand still: they are asked when it goes out', () => {
    const numbers = Array.from({ length: 300 }, (_, i) => i);
    const dear = 'context.numbers.exists(a, context.numbers.exists(b, a == b + 1000))';
    const occurrence = { ...started(), scope: () => ({ job: { id: 'j' }, context: { numbers } }) };
    const toldOf = (count: number) =>
      rulesOf(
        ...Array.from({ length: count }, (_, i) => subscription({ id: `s${i}`, action: webhook(dear) })),
      ).notices(occurrence);
    expect(toldOf(5)).toEqual([]);
    expect(toldOf(50).at(-1)).toMatchObject({ subscription: { id: 's49' }, scope: { context: { numbers } } });
  });

  it('are made where compiling the patterns of many filters would have the process stand still: these are asked when it goes out', () => {
    const dear = Array.from({ length: 120 }, () => String.raw`job.key.matches('\\pL{250}')`).join(' || ');
    const subscriptions = Array.from({ length: 4 }, (_, i) =>
      subscription({ id: `s${i}`, action: webhook(dear) }),
    );
    const rules = rulesOf(...subscriptions);
    const occurrence = { ...started(), scope: () => ({ job: { id: 'j', key: 'k' } }) };
    const told = () => rules.notices(occurrence).map(({ subscription: { id } }) => id);
    expect(told()).toEqual(['s3']);
    // What was compiled for one transition is there for the next.
    expect(told()).toEqual([]);
  });

  it('of a message that does not compile go out empty, and hold up nobody', () => {
    expect(
      told(subscription({ id: 'broken', action: { action_type: 'WEBHOOK', params: {} } }), subscription()),
    ).toEqual([{}, { job: { id: 'j' } }]);
  });

  it('are for those who are enabled, wait for it, cover the workflow and are supplied there', () => {
    expect(told(subscription({ enabled: false }))).toEqual([]);
    expect(told(subscription({ trigger: { kind: 'job_done' } }))).toEqual([]);
    expect(told(subscription({ scopeId: 'stack' }))).toEqual([]);
    expect(told(subscription({ connectionId: 'scoped' }))).toEqual([]);
    expect(told(subscription({ connectionId: null, endpointId: 'e' }))).toHaveLength(1);
    const scoped = rulesOf(subscription({ connectionId: 'scoped', scopeId: 'stack' }));
    expect(scoped.notices(started('placed'))).toHaveLength(1);
  });
});

it('what may go out is asked again: of the subscription as it is, and of the connection it was to go to', () => {
  const rules = rulesOf(subscription(), subscription({ id: 'off', enabled: false }));
  const at = { workflowId: 'w', connectionId: 'c' };
  expect(rules.standing('s', at)).toBe('notify');
  expect(rules.standing('s', { ...at, connectionId: 'scoped' })).toBe('not_supplied');
  expect(rules.standing('off', at)).toBe('disabled');
  expect(rules.standing('gone', at)).toBe('deleted');
  expect(NO_RULES.standing('s', at)).toBe('deleted');
});
