// A definition as a tree that can be asked: its states in document order, what their targets mean, what may leave them.
import type {
  Action,
  Definition,
  InvokeConfig,
  OneOrMany,
  StateNode,
  TransitionConfig,
} from './definition.ts';
import { parseDelay } from './delay.ts';
import { childPointer, listOf } from './pointer.ts';

export type StateKind = 'atomic' | 'compound' | 'parallel' | 'final' | 'history';

export interface StateInfo {
  /** Key under `states`; the machine's id for the root. */
  readonly key: string;
  /** "a.b"; "" for the root. */
  readonly path: string;
  /** The id XState knows it by. */
  readonly id: string;
  readonly pointer: string;
  readonly kind: StateKind;
  readonly config: Definition | StateNode;
  readonly parent: StateInfo | null;
  readonly children: readonly StateInfo[];
  /** Position in the document, root 0. */
  readonly order: number;
  /** Everything that may leave or act in this state, in the order XState sees it. */
  readonly transitions: readonly TransitionInfo[];
  readonly invocations: readonly Invocation[];
  /** Entry and exit actions. */
  readonly entry: readonly PlacedAction[];
  readonly exit: readonly PlacedAction[];
  /** History states only: where their target leads; null without a target, or when there is no such state. */
  readonly historyTarget: StateInfo | null;
}

export interface TransitionInfo {
  readonly source: StateInfo;
  readonly trigger: 'event' | 'always' | 'after' | 'done' | 'invocation';
  /** The event type it listens to, as XState names it; "" for `always`. */
  readonly event: string;
  readonly pointer: string;
  readonly config: TransitionConfig;
  /** Written as its target alone, so that `pointer` is also the target's. */
  readonly isShort: boolean;
  /** The state the target names; null without a target, or when there is no such state. */
  readonly target: StateInfo | null;
  readonly actions: readonly PlacedAction[];
  /** `after` only. */
  readonly delayMs: number | null;
}

export interface PlacedAction {
  readonly action: Action;
  readonly pointer: string;
}

export interface Invocation {
  /** As in `xstate.done.actor.<id>`. */
  readonly id: string;
  readonly config: InvokeConfig;
  readonly pointer: string;
}

export interface StateTree {
  readonly root: StateInfo;
  /** Document order, parents before children. */
  readonly states: readonly StateInfo[];
  /** By the id XState knows a state by. When ids are doubled (a problem), the first. */
  readonly byId: ReadonlyMap<string, StateInfo>;
  /** There are parallel or history states, so that a state value does not say everything (see StoredSnapshot.active). */
  readonly needsActive: boolean;
}

/** Id of a machine whose definition says none. */
export const DEFAULT_MACHINE_ID = 'workflow';

/** Builds the tree. Tolerates what validation will complain of: unknown targets and initial states, doubled ids. */
export function createStateTree(definition: Definition): StateTree {
  const rootId = definition.id ?? DEFAULT_MACHINE_ID;
  const states: Building[] = [];
  const byId = new Map<string, Building>();

  const grow = (
    config: Definition | StateNode,
    key: string,
    parent: Building | null,
    pointer: string,
  ): Building => {
    const path = parent === null ? '' : parent.path === '' ? key : `${parent.path}.${key}`;
    const node: Building = {
      key,
      path,
      id: config.id ?? (parent === null ? rootId : `${rootId}.${path}`),
      pointer,
      kind: kindOf(config),
      config,
      parent,
      children: [],
      order: states.length,
      transitions: [],
      invocations: [],
      entry: placed(config.entry, childPointer(pointer, 'entry')),
      exit: placed(config.exit, childPointer(pointer, 'exit')),
      historyTarget: null,
    };
    states.push(node);
    if (!byId.has(node.id)) byId.set(node.id, node);
    for (const [childKey, child] of Object.entries(config.states ?? {})) {
      node.children.push(grow(child, childKey, node, childPointer(pointer, 'states', childKey)));
    }
    return node;
  };

  const root = grow(definition, rootId, null, '');
  const needsActive = states.some(({ kind }) => kind === 'parallel' || kind === 'history');
  const tree: StateTree = { root, states, byId, needsActive };
  for (const node of states) {
    node.invocations = invocationsOf(node);
    node.transitions = transitionsOf(tree, node);
    const { target } = node.config as StateNode;
    if (target !== undefined) node.historyTarget = resolveTarget(tree, node, target);
  }
  return tree;
}

/**
 * The state a target names, seen from a state: `sibling`, `sibling.child`, `.child`, `#id`, `#id.child`.
 * Null when there is none, or when it is written so that XState would not find it.
 */
export function resolveTarget(tree: StateTree, from: StateInfo, target: string): StateInfo | null {
  if (target.startsWith('#')) {
    const [id = '', ...rest] = target.slice(1).split('.');
    return descend(tree.byId.get(id) ?? null, rest);
  }
  if (target.startsWith('.')) return descend(from, target.slice(1).split('.'));
  return descend(from.parent, target.split('.'));
}

/** The state and everything above it, nearest first. */
export function* upwards(state: StateInfo | null): Generator<StateInfo> {
  for (let at = state; at !== null; at = at.parent) yield at;
}

/** The state and everything below it. */
export function* downwards(state: StateInfo): Generator<StateInfo> {
  yield state;
  for (const child of state.children) yield* downwards(child);
}

/** Whether a state is, or is inside, another. */
export function isWithin(state: StateInfo, outer: StateInfo): boolean {
  for (const above of upwards(state)) if (above === outer) return true;
  return false;
}

export const isLeaf = (state: StateInfo): boolean => state.kind === 'atomic' || state.kind === 'final';

/** Whether an event type is heard by what stands under a key of `on`. `*` never hears the engine's own events. */
export function hears(descriptor: string, eventType: string): boolean {
  if (descriptor === eventType) return true;
  if (descriptor === '*') return !eventType.startsWith('xstate.');
  if (!descriptor.endsWith('.*')) return false;
  const prefix = descriptor.slice(0, -2);
  return eventType === prefix || eventType.startsWith(`${prefix}.`);
}

/** A key of `on` that stands for many events: `*`, `order.*`. */
export const isWildcard = (descriptor: string): boolean => descriptor === '*' || descriptor.endsWith('.*');

type Building = { -readonly [K in keyof StateInfo]: StateInfo[K] } & { children: StateInfo[] };

function kindOf(config: Definition | StateNode): StateKind {
  if (config.type !== undefined) return config.type;
  if (config.states !== undefined && Object.keys(config.states).length > 0) return 'compound';
  return 'history' in config && config.history !== undefined ? 'history' : 'atomic';
}

function descend(from: StateInfo | null, keys: readonly string[]): StateInfo | null {
  let at = from;
  for (const key of keys) at = at?.children.find((child) => child.key === key) ?? null;
  return at;
}

const placed = (actions: OneOrMany<Action> | undefined, pointer: string): PlacedAction[] =>
  listOf(actions, pointer).map(([action, at]) => ({ action, pointer: at }));

function invocationsOf(state: StateInfo): Invocation[] {
  return listOf(state.config.invoke, childPointer(state.pointer, 'invoke')).map(
    ([config, pointer], index) => ({
      // The default is XState's own, so that definitions drawn elsewhere keep their event names.
      id: config.id ?? `${index}.${state.id}`,
      config,
      pointer,
    }),
  );
}

function transitionsOf(tree: StateTree, state: StateInfo): TransitionInfo[] {
  const { config, pointer } = state;
  const found: TransitionInfo[] = [];
  const add = (
    configs: OneOrMany<string | TransitionConfig> | undefined,
    at: string,
    trigger: TransitionInfo['trigger'],
    event: string,
    delayMs: number | null = null,
  ): void => {
    for (const [written, itsPointer] of listOf(configs, at)) {
      const transition = typeof written === 'string' ? { target: written } : written;
      found.push({
        source: state,
        trigger,
        event,
        pointer: itsPointer,
        config: transition,
        isShort: typeof written === 'string',
        target: transition.target === undefined ? null : resolveTarget(tree, state, transition.target),
        actions: placed(transition.actions, childPointer(itsPointer, 'actions')),
        delayMs,
      });
    }
  };

  for (const [event, configs] of Object.entries(config.on ?? {})) {
    add(configs, childPointer(pointer, 'on', event), 'event', event);
  }
  if ('onDone' in config) {
    add(config.onDone, childPointer(pointer, 'onDone'), 'done', `xstate.done.state.${state.id}`);
  }
  for (const invocation of state.invocations) {
    const { onDone, onError } = invocation.config;
    add(onDone, childPointer(invocation.pointer, 'onDone'), 'invocation', doneEventOf(invocation.id));
    add(onError, childPointer(invocation.pointer, 'onError'), 'invocation', errorEventOf(invocation.id));
  }
  for (const [key, configs] of Object.entries(config.after ?? {})) {
    const delayMs = parseDelay(key) ?? 0;
    const at = childPointer(pointer, 'after', key);
    add(configs, at, 'after', `xstate.after.${delayMs}.${state.id}`, delayMs);
  }
  add(config.always, childPointer(pointer, 'always'), 'always', '');
  return found;
}

/** Event type by which the success of an invoked action comes back; its payload is `{ output }`. */
export const doneEventOf = (invokeId: string): string => `${DONE_EVENT_PREFIX}${invokeId}`;
export const DONE_EVENT_PREFIX = 'xstate.done.actor.';
/** Event type by which the failure of an invoked action comes back; its payload is `{ error }`. */
export const errorEventOf = (invokeId: string): string => `${ERROR_EVENT_PREFIX}${invokeId}`;
export const ERROR_EVENT_PREFIX = 'xstate.error.actor.';
/** A failure that `onError` could not be told of either: nothing but a wildcard takes it, else the job ends in ERROR. */
export const UNHANDLED_ERROR_EVENT = 'xstate.error.actor';
