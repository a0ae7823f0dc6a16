// To and from a plain XState v5 machine config. Actions and guards become objects that name what Pawl does
// (`{ type: "WEBHOOK", params }`, `{ type: "cel", params }`), so that nothing is lost on the way there and back.
import type {
  Action,
  Definition,
  InvokeConfig,
  StateNode,
  TransitionConfig,
} from '../../../engine/definition.ts';
import { delayMs } from '../../machine/delay.ts';
import { DEFAULT_MACHINE_ID } from '../document/targets.ts';
import type { Imported } from './imported.ts';

type Plain = Record<string, unknown>;

const STATE_LISTS = ['on', 'after'] as const;

export function toXState(definition: Definition): Plain {
  // Targets such as #workflow.a count on the name that Pawl gives a machine without one.
  return { id: DEFAULT_MACHINE_ID, ...stateOut(definition) };
}

function stateOut(state: Definition | StateNode): Plain {
  return mapped(state as Plain, {
    states: (value) => membersOf(value, (one) => stateOut(one as StateNode)),
    on: (value) => membersOf(value, (one) => each(one, transitionOut)),
    after: (value) =>
      Object.fromEntries(
        Object.entries(value as Plain).map(([key, one]) => [
          // XState knows milliseconds and names; a duration would be a name to it.
          String(delayMs(key) ?? key),
          each(one, transitionOut),
        ]),
      ),
    always: (value) => each(value, transitionOut),
    onDone: (value) => each(value, transitionOut),
    entry: (value) => each(value, actionOut),
    exit: (value) => each(value, actionOut),
    invoke: (value) => each(value, invokeOut),
  });
}

function transitionOut(transition: unknown): unknown {
  if (typeof transition === 'string') return transition;
  return mapped(transition as Plain, {
    guard: (expression) => ({ type: 'cel', params: { expression } }),
    actions: (value) => each(value, actionOut),
  });
}

function actionOut(action: unknown): unknown {
  const { action_type: type, ...params } = action as Action & Plain;
  return { type, params };
}

function invokeOut(invoke: unknown): unknown {
  const { id, src, input, onDone, onError, ...options } = invoke as InvokeConfig;
  return withoutUndefined({
    id,
    src,
    input: { request: input, ...(Object.keys(options).length > 0 && { options }) },
    onDone: onDone && each(onDone, transitionOut),
    onError: onError && each(onError, transitionOut),
  });
}

/** What Pawl has no word for is left out, and said in `notes`. */
export function fromXState(config: Plain): Imported {
  const notes = new Set<string>();
  const definition = stateIn(config, notes) as Definition;
  return { definition, notes: [...notes] };
}

const ROOT_AND_STATES = new Set([
  ...['id', 'version', 'context', 'type', 'initial', 'states', 'on', 'always', 'after', 'onDone', 'entry'],
  ...['exit', 'invoke', 'history', 'target', 'output', 'tags', 'meta', 'description'],
]);

function stateIn(state: unknown, notes: Set<string>): unknown {
  if (!isObject(state)) return {};
  const known = Object.entries(state).filter(([key]) => {
    if (!ROOT_AND_STATES.has(key)) notes.add(`"${key}" of a state means nothing to Pawl and was left out.`);
    return ROOT_AND_STATES.has(key);
  });
  const transitions = (value: unknown) => each(value, (one) => transitionIn(one, notes));
  const actions = (value: unknown) => actionsIn(value, notes);
  return mapped(Object.fromEntries(known), {
    context: (value) => (isObject(value) ? value : dropped(notes, 'A context that is no plain object')),
    states: (value) => membersOf(value, (one) => stateIn(one, notes)),
    ...Object.fromEntries(STATE_LISTS.map((key) => [key, (value: unknown) => membersOf(value, transitions)])),
    always: transitions,
    onDone: transitions,
    entry: actions,
    exit: actions,
    invoke: (value) => each(value, (one) => invokeIn(one, notes)),
  });
}

function transitionIn(transition: unknown, notes: Set<string>): unknown {
  if (!isObject(transition)) return transition;
  const { cond, guard = cond, ...rest } = transition;
  return mapped(withoutUndefined({ ...rest, guard }), {
    guard: (value) => guardIn(value, notes),
    actions: (value) => actionsIn(value, notes),
    target: (value) => (Array.isArray(value) ? value[0] : value),
  }) as TransitionConfig;
}

function guardIn(guard: unknown, notes: Set<string>): unknown {
  if (isObject(guard) && guard.type === 'cel') return (guard.params as Plain | undefined)?.expression;
  const name = isObject(guard) ? guard.type : guard;
  if (typeof name !== 'string') return dropped(notes, 'A guard that is code');
  notes.add(`The guard "${name}" names code: write it in CEL.`);
  return name;
}

function actionsIn(value: unknown, notes: Set<string>): unknown {
  const list = (Array.isArray(value) ? value : [value]).flatMap((action) => {
    if (
      isObject(action) &&
      typeof action.type === 'string' &&
      isObject(action.params) &&
      OURS.has(action.type)
    ) {
      return [{ action_type: action.type, ...action.params }];
    }
    const name = isObject(action) ? action.type : action;
    notes.add(`The action ${typeof name === 'string' ? `"${name}"` : 'that is code'} was left out.`);
    return [];
  });
  if (list.length === 0) return Array.isArray(value) && value.length === 0 ? [] : undefined;
  return Array.isArray(value) ? list : list[0];
}

const OURS = new Set(['WEBHOOK', 'INTEGRATION', 'ASSIGN', 'RAISE', 'SEND_EVENT', 'START_JOB']);

function invokeIn(invoke: unknown, notes: Set<string>): unknown {
  if (!isObject(invoke)) return undefined;
  const { id, src, input, onDone, onError } = invoke;
  const { request, options } = isObject(input) ? input : {};
  if (request === undefined) notes.add(`What ${String(src)} is given has to be written anew.`);
  return withoutUndefined({
    ...(isObject(options) && options),
    id,
    src,
    input: request ?? {},
    onDone: onDone === undefined ? undefined : each(onDone, (one) => transitionIn(one, notes)),
    onError: onError === undefined ? undefined : each(onError, (one) => transitionIn(one, notes)),
  });
}

function dropped(notes: Set<string>, what: string): undefined {
  notes.add(`${what} was left out.`);
}

const isObject = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One, or each of a list. */
const each = (value: unknown, change: (one: unknown) => unknown): unknown =>
  Array.isArray(value) ? value.map(change) : change(value);

const membersOf = (value: unknown, change: (one: unknown) => unknown): unknown =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, change(one)])) : value;

/** Some members changed, in the order they had; what becomes undefined goes. */
const mapped = (value: Plain, changes: Record<string, (member: unknown) => unknown>): Plain =>
  withoutUndefined(
    Object.fromEntries(
      Object.entries(value).map(([key, member]) => [
        key,
        Object.hasOwn(changes, key) ? changes[key]?.(member) : member,
      ]),
    ),
  );

const withoutUndefined = (value: Plain): Plain =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
