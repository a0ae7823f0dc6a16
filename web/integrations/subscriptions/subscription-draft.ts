// A subscription while it is being written: what its fields hold, and the subscription that they make.
import type { Resource } from '../../api/client.ts';
import type { Trigger } from './spoken-trigger.ts';

export interface SubscriptionDraft {
  name: string;
  /** '' is the organisation. */
  scope: string;
  kind: Trigger['kind'];
  /** Only those that the kind has are looked at. */
  state: string;
  from: string;
  to: string;
  event: string;
  action: string;
  filter: string;
  /** `connection:<id>` or `endpoint:<id>`. */
  target: string;
  /** Of a connection: `WEBHOOK`, or an operation of its provider. */
  operation: string;
  /** JSON of templates: the params of a WEBHOOK, the input of an operation, or the body for an endpoint. */
  message: string;
  /** What the fields do not show, such as retries: kept while the target stays. */
  kept: { target: string; options: Readonly<Record<string, unknown>> };
}

export const WEBHOOK = 'WEBHOOK';

export const NEW_SUBSCRIPTION: SubscriptionDraft = {
  name: '',
  scope: '',
  kind: 'job_done',
  state: '',
  from: '',
  to: '',
  event: '',
  action: '',
  filter: '',
  target: '',
  operation: WEBHOOK,
  message: '',
  kept: { target: '', options: {} },
};

export type SubscriptionSpec = Omit<Resource<'NewSubscription'>, 'name' | 'enabled'>;

const text = (value: unknown): string => JSON.stringify(value, null, 2);

export function subscriptionDraftOf(of: Resource<'Subscription'>): SubscriptionDraft {
  const { trigger, endpoint } = of;
  const whole: SubscriptionDraft = {
    ...NEW_SUBSCRIPTION,
    name: of.name,
    scope: of.scope_id ?? '',
    kind: trigger.kind,
    ...('state' in trigger && { state: trigger.state ?? '' }),
    ...('from' in trigger && { from: trigger.from ?? '' }),
    ...('to' in trigger && { to: trigger.to ?? '' }),
    ...('event' in trigger && { event: trigger.event ?? '' }),
    ...('action' in trigger && { action: trigger.action ?? '' }),
    filter: of.filter ?? '',
  };
  if (endpoint !== null) {
    const { endpoint_id: id, body, ...options } = endpoint;
    const target = `endpoint:${id}`;
    return { ...whole, target, message: text(body), kept: { target, options } };
  }
  const { action_type: type, params, ...options } = of.action as StoredAction;
  const { connection_id: connection, operation, input, ...webhook } = params;
  const target = `connection:${connection}`;
  const kept = { target, options };
  if (type === WEBHOOK) return { ...whole, target, operation: WEBHOOK, message: text(webhook), kept };
  return { ...whole, target, operation: String(operation), message: text(input), kept };
}

type StoredAction = { action_type: string; params: Record<string, unknown> } & Record<string, unknown>;

export function readMessage(message: string): { ok: true; value: unknown } | { ok: false; message: string } {
  if (message.trim() === '') return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(message) };
  } catch (error) {
    return { ok: false, message: `It is not JSON yet: ${(error as Error).message}` };
  }
}

/** @returns null while something is missing that the server would ask for */
export function subscriptionOf(draft: SubscriptionDraft): SubscriptionSpec | null {
  const trigger = triggerOf(draft);
  const said = readMessage(draft.message);
  const [kind, id] = draft.target.split(':');
  if (trigger === null || !said.ok || id === undefined) return null;
  const options = draft.kept.target === draft.target ? draft.kept.options : {};
  const whole = { scope_id: draft.scope || null, trigger, filter: draft.filter.trim() || null };
  if (kind === 'endpoint') {
    const body = said.value === undefined ? {} : { body: said.value };
    return { ...whole, endpoint: { ...options, endpoint_id: id, ...body } };
  }
  if (draft.operation !== WEBHOOK) {
    const params = { connection_id: id, operation: draft.operation, input: said.value ?? {} };
    return { ...whole, action: { ...options, action_type: 'INTEGRATION', params } };
  }
  const given = typeof said.value === 'object' && said.value !== null ? said.value : {};
  const params = { path: '', ...given, connection_id: id };
  return { ...whole, action: { ...options, action_type: WEBHOOK, params } };
}

function triggerOf({ kind, state, from, to, event, action }: SubscriptionDraft): Trigger | null {
  switch (kind) {
    case 'state_entered':
      return state.trim() === '' ? null : { kind, state: state.trim() };
    case 'milestone_reached':
      return { kind, ...named('state', state) };
    case 'transition_taken':
      return { kind, ...named('from', from), ...named('to', to), ...named('event', event) };
    case 'action_failed':
      return { kind, ...named('action', action) };
    default:
      return { kind };
  }
}

const named = <Name extends string>(name: Name, value: string) =>
  (value.trim() === '' ? {} : { [name]: value.trim() }) as { [name in Name]?: string };

/** What a message begins with, so that one sees at once how templates are written. */
export function messageFor(
  target: string,
  operation: string,
  provider: Resource<'Provider'> | undefined,
): string {
  if (target.startsWith('endpoint:')) return '';
  const example = provider?.operations.find(({ id }) => id === operation)?.example;
  if (example !== undefined && example !== null) return text(example);
  return text({
    method: 'POST',
    path: '',
    body: { text: '<<workflow.name>> <<job.key>>: <<job.current_state>>' },
  });
}
