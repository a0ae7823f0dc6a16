// A definition as something to draw: states inside states, and what leads from one to another. Pure; an invalid
// definition gives the part of the drawing that can be drawn, as the designer shows it while it is being written.
import type {
  Action,
  Definition,
  InvokeConfig,
  OneOrMany,
  StateNode,
  TransitionConfig,
} from '../../engine/definition.ts';

export type StateKind = 'atomic' | 'compound' | 'parallel' | 'final' | 'history';

/** What makes a transition be taken. */
export type Trigger = 'event' | 'always' | 'after' | 'done' | 'invocation';

export interface DrawnAction {
  pointer: string;
  /** `ASSIGN`, `WEBHOOK`, …; of an invocation its `src`. */
  kind: string;
  name: string | null;
}

export interface DrawnTransition {
  /** Where it stands in the definition (JSON pointer). */
  pointer: string;
  trigger: Trigger;
  /** As people say it: `SUBMIT`, `after 1 day`, `always`. */
  label: string;
  /** CEL. */
  guard: string | null;
  actions: readonly DrawnAction[];
  /** Path of the state it stands in. */
  source: string;
  /** Path of the state it leads to; null when it leads nowhere else, or to a state that is not there. */
  target: string | null;
}

export interface DrawnState {
  /** Keys from the root, with dots; the root has ''. The same as in a job's `current_state`. */
  path: string;
  key: string;
  kind: StateKind;
  /** Path of the state around it; null for the root. */
  parent: string | null;
  pointer: string;
  /** The one its parent begins with. */
  initial: boolean;
  deep: boolean;
  description: string | null;
  tags: readonly string[];
  entry: readonly DrawnAction[];
  exit: readonly DrawnAction[];
  invokes: readonly DrawnAction[];
  /** What it answers without leaving it: drawn in the state, not as a line. */
  inner: readonly DrawnTransition[];
}

/** One line between two states, for all transitions that lead the same way. */
export interface DrawnEdge {
  id: string;
  source: string;
  target: string;
  transitions: readonly DrawnTransition[];
}

export interface Graph {
  /** Document order, parents before children; the root first. */
  states: readonly DrawnState[];
  edges: readonly DrawnEdge[];
}

interface Building {
  path: string;
  key: string;
  id: string;
  pointer: string;
  config: Definition | StateNode;
  parent: Building | null;
  children: Building[];
}

/** Id of a machine whose definition says none, as in the engine. */
const DEFAULT_MACHINE_ID = 'workflow';

export function graphOf(definition: Definition): Graph {
  const all: Building[] = [];
  const byId = new Map<string, Building>();
  const rootId = definition.id ?? DEFAULT_MACHINE_ID;

  const grow = (
    config: Definition | StateNode,
    key: string,
    parent: Building | null,
    pointer: string,
  ): Building => {
    const path = parent === null ? '' : parent.path === '' ? key : `${parent.path}.${key}`;
    const id = config.id ?? (parent === null ? rootId : `${rootId}.${path}`);
    const node: Building = { path, key, id, pointer, config, parent, children: [] };
    all.push(node);
    if (!byId.has(id)) byId.set(id, node);
    for (const [childKey, child] of Object.entries(config.states ?? {})) {
      node.children.push(grow(child, childKey, node, `${pointer}/states/${escaped(childKey)}`));
    }
    return node;
  };
  grow(definition, rootId, null, '');

  const edges = new Map<string, DrawnEdge & { transitions: DrawnTransition[] }>();
  const states = all.map((node) => {
    const inner: DrawnTransition[] = [];
    for (const { written, ...drawn } of transitionsOf(node)) {
      const target = written.target === undefined ? null : resolve(byId, node, written.target);
      const transition: DrawnTransition = { ...drawn, source: node.path, target: target?.path ?? null };
      if (target === null || target === node) {
        inner.push(transition);
        continue;
      }
      const id = edgeId(node.path, target.path);
      const edge = edges.get(id) ?? { id, source: node.path, target: target.path, transitions: [] };
      edge.transitions.push(transition);
      edges.set(id, edge);
    }
    return drawnState(node, inner);
  });
  return { states, edges: [...edges.values()] };
}

export const edgeId = (source: string, target: string): string => `${source} → ${target}`;

function drawnState(node: Building, inner: readonly DrawnTransition[]): DrawnState {
  const { config, pointer, parent } = node;
  return {
    path: node.path,
    key: node.key,
    kind: kindOf(config),
    parent: parent?.path ?? null,
    pointer,
    initial: parent?.config.initial === node.key,
    deep: 'history' in config && config.history === 'deep',
    description: config.description ?? null,
    tags: listOf(config.tags),
    entry: actionsOf(config.entry, `${pointer}/entry`),
    exit: actionsOf(config.exit, `${pointer}/exit`),
    invokes: placed(config.invoke, `${pointer}/invoke`).map(([{ src, name }, at]) => ({
      pointer: at,
      kind: src,
      name: name ?? null,
    })),
    inner,
  };
}

function kindOf(config: Definition | StateNode): StateKind {
  if (config.type !== undefined) return config.type;
  if (config.states !== undefined && Object.keys(config.states).length > 0) return 'compound';
  return 'history' in config && config.history !== undefined ? 'history' : 'atomic';
}

type Written = Omit<DrawnTransition, 'source' | 'target'> & { written: TransitionConfig };

function transitionsOf({ config, pointer }: Building): Written[] {
  const found: Written[] = [];
  const add = (
    configs: OneOrMany<string | TransitionConfig> | undefined,
    at: string,
    trigger: Trigger,
    label: string,
  ): void => {
    for (const [one, itsPointer] of placed(configs, at)) {
      const written = typeof one === 'string' ? { target: one } : one;
      const actions = actionsOf(written.actions, `${itsPointer}/actions`);
      found.push({ pointer: itsPointer, trigger, label, guard: written.guard ?? null, actions, written });
    }
  };
  for (const [event, configs] of Object.entries(config.on ?? {})) {
    add(configs, `${pointer}/on/${escaped(event)}`, 'event', event);
  }
  if ('onDone' in config) add(config.onDone, `${pointer}/onDone`, 'done', 'done');
  for (const [invoke, at] of placed<InvokeConfig>(config.invoke, `${pointer}/invoke`)) {
    const name = invoke.name ?? invoke.src;
    add(invoke.onDone, `${at}/onDone`, 'invocation', `${name} succeeded`);
    add(invoke.onError, `${at}/onError`, 'invocation', `${name} failed`);
  }
  for (const [delay, configs] of Object.entries(config.after ?? {})) {
    add(configs, `${pointer}/after/${escaped(delay)}`, 'after', `after ${spokenDelay(delay)}`);
  }
  add(config.always, `${pointer}/always`, 'always', 'always');
  const { target } = config as StateNode;
  if (kindOf(config) === 'history' && target !== undefined)
    add(target, `${pointer}/target`, 'always', 'if new');
  return found;
}

/** `sibling`, `sibling.child`, `.child`, `#id`, `#id.child`: as the engine finds them. */
function resolve(byId: ReadonlyMap<string, Building>, from: Building, target: string): Building | null {
  if (target.startsWith('#')) {
    const [id = '', ...rest] = target.slice(1).split('.');
    return descend(byId.get(id) ?? null, rest);
  }
  if (target.startsWith('.')) return descend(from, target.slice(1).split('.'));
  return descend(from.parent, target.split('.'));
}

function descend(from: Building | null, keys: readonly string[]): Building | null {
  let at = from;
  for (const key of keys) at = at?.children.find((child) => child.key === key) ?? null;
  return at;
}

const actionsOf = (actions: OneOrMany<Action> | undefined, at: string): DrawnAction[] =>
  placed(actions, at).map(([action, pointer]) => ({
    pointer,
    kind: action.action_type === 'INTEGRATION' ? action.params.operation : action.action_type,
    name: ('name' in action && action.name) || null,
  }));

const listOf = <T>(value: OneOrMany<T> | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Each with its pointer: one alone stands where the list would. */
const placed = <T>(value: OneOrMany<T> | undefined, at: string): [T, string][] =>
  Array.isArray(value) ? value.map((one, i) => [one, `${at}/${i}`]) : listOf(value).map((one) => [one, at]);

const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

const UNITS = [
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** Whole milliseconds in the largest unit that leaves no rest; an ISO duration as it is written. */
export function spokenDelay(delay: string): string {
  const ms = Number(delay);
  if (!Number.isFinite(ms)) return delay;
  const [unit, size] = UNITS.find(([, size]) => ms >= size && ms % size === 0) ?? ['ms', 1];
  const count = ms / size;
  return unit === 'ms' ? `${count} ms` : `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/**
 * The states that a job's `current_state` lights: those it names and all around them.
 * @param currentState such as `review`, `a.b`, `p.x.1,p.y.2`
 */
export function litPaths(currentState: string): ReadonlySet<string> {
  const lit = new Set<string>();
  for (const path of currentState.split(',')) {
    const keys = path.split('.');
    for (let depth = 1; depth <= keys.length; depth++) lit.add(keys.slice(0, depth).join('.'));
  }
  return lit;
}
