// Whether what expressions and templates read can be there: known roots and fields, declared actions that can have run,
// context keys that something sets.
import type { Definition } from './definition.ts';
import { isJsonObject } from './json.ts';
import type { Report } from './problem-list.ts';
import { createLeafGraph, type LeafGraph } from './reachability.ts';
import { isWithin, type PlacedAction, type StateInfo, type StateTree } from './state-tree.ts';

/** One expression or template and where it stands. */
export interface Read {
  pointer: string;
  variables: readonly string[];
  /** `transition`: CEL inside the transition. `worker`: `when` and templates of an action fired afterwards. */
  side: 'transition' | 'worker';
  /** The state it belongs to: a transition's source, or whose entry, exit or invoke it is. */
  state: StateInfo;
  /** Names of the actions before it in its list. */
  earlier: readonly string[];
}

/** A queued action's name, and the states a job can be in when the action has been queued. */
export interface NamedAction {
  name: string;
  after: StateInfo;
}

const TRANSITION_ROOTS: ReadonlySet<string> = new Set(['context', 'event', 'job', 'actions']);
const WORKER_ROOTS: ReadonlySet<string> = new Set([...TRANSITION_ROOTS, 'transition', 'tenant', 'workflow']);
const FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  job: new Set(['id', 'current_state', 'revision', 'parent_id', 'key', 'created_at']),
  transition: new Set(['from', 'to', 'seq', 'at']),
  tenant: new Set(['id', 'name']),
  workflow: new Set(['name', 'version']),
};
/** What only templates and `when` know, as the transition has committed by then. */
const FIELDS_AFTERWARDS: Readonly<Record<string, ReadonlySet<string>>> = {
  job: new Set([...(FIELDS.job ?? []), 'status']),
  transition: new Set([...(FIELDS.transition ?? []), 'id']),
  workflow: new Set([...(FIELDS.workflow ?? []), 'id']),
};
/** As `ActionFact` has them. What stands in a body is the receiver's choice. */
const FACT_FIELDS: ReadonlySet<string> = new Set(['status', 'response', 'error', 'attempts']);
const RESPONSE_FIELDS: ReadonlySet<string> = new Set(['status', 'body', 'truncated']);

/** `mentioned` are names that the document as written gives to actions, some perhaps in parts that could not be read. */
export function checkReads(
  tree: StateTree,
  definition: Definition,
  reads: readonly Read[],
  named: readonly NamedAction[],
  mentioned: ReadonlySet<string>,
  report: Report,
): void {
  const contextKeys = new Set([...Object.keys(definition.context ?? {}), ...assignedKeys(tree)]);
  const canRun = createRunCheck(tree, named);
  for (const read of reads) {
    for (const variable of read.variables) {
      const [root = '', field] = variable.split('.', 2);
      const roots = read.side === 'transition' ? TRANSITION_ROOTS : WORKER_ROOTS;
      if (!roots.has(root)) unknownRoot(read, root, report);
      else if (field === undefined) continue;
      else if (root === 'actions') checkFact(read, variable, mentioned, canRun, report);
      else if (root === 'context' && !contextKeys.has(field)) {
        report.warning(
          read.pointer,
          'unknown_context_key',
          `"${variable}": the context has no "${field}" and no ASSIGN sets it; it must come with the input of every job`,
        );
      } else if (fieldsOf(root, read.side)?.has(field) === false) {
        const known = [...(fieldsOf(root, read.side) ?? [])].join(', ');
        report.error(read.pointer, 'unknown_variable', `"${variable}" does not exist; ${root} has ${known}`);
      } else if (fieldsOf(root, read.side) !== undefined) checkPlain(read, variable, 2, report);
    }
  }
}

function fieldsOf(root: string, side: Read['side']): ReadonlySet<string> | undefined {
  const fields = side === 'worker' && Object.hasOwn(FIELDS_AFTERWARDS, root) ? FIELDS_AFTERWARDS : FIELDS;
  return Object.hasOwn(fields, root) ? fields[root] : undefined;
}

/** Every `name` that stands beside an `action_type` or a `src`, in whatever was given as a definition. */
export function mentionedNames(input: unknown): Set<string> {
  const names = new Set<string>();
  const waiting: unknown[] = [input];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (isJsonObject(next) && typeof next.name === 'string' && ('action_type' in next || 'src' in next)) {
      names.add(next.name);
    }
    if (typeof next === 'object' && next !== null) waiting.push(...Object.values(next));
  }
  return names;
}

type RunCheck = (name: string, state: StateInfo) => boolean;

function createRunCheck(tree: StateTree, named: readonly NamedAction[]): RunCheck {
  let graph: LeafGraph | null = null;
  const reached = new Map<string, ReadonlySet<StateInfo>>();
  return (name, state) => {
    let leaves = reached.get(name);
    if (leaves === undefined) {
      graph ??= createLeafGraph(tree);
      leaves = graph.from(named.filter((action) => action.name === name).map(({ after }) => after));
      reached.set(name, leaves);
    }
    for (const leaf of leaves) if (isWithin(leaf, state)) return true;
    return false;
  };
}

function checkFact(
  read: Read,
  variable: string,
  mentioned: ReadonlySet<string>,
  canRun: RunCheck,
  report: Report,
): void {
  const [, name = '', field] = variable.split('.', 3);
  if (!mentioned.has(name)) {
    report.error(
      read.pointer,
      'unknown_action',
      `"${variable}": no action of this workflow has the name "${name}"`,
    );
    return;
  }
  if (!read.earlier.includes(name) && !canRun(name, read.state)) {
    report.warning(
      read.pointer,
      'action_not_run_before',
      `"${variable}": no way through the machine runs "${name}" before this`,
    );
  }
  if (field !== undefined && !FACT_FIELDS.has(field)) {
    const known = [...FACT_FIELDS].join(', ');
    report.error(
      read.pointer,
      'unknown_variable',
      `"${variable}" does not exist; of an action are known ${known}`,
    );
  } else if (field === 'response') checkResponse(read, variable, report);
  else checkPlain(read, variable, 3, report);
}

function checkResponse(read: Read, variable: string, report: Report): void {
  const [, , , part] = variable.split('.', 4);
  if (part === undefined || part === 'body') return;
  if (RESPONSE_FIELDS.has(part)) checkPlain(read, variable, 4, report);
  else {
    const known = [...RESPONSE_FIELDS].join(', ');
    report.error(
      read.pointer,
      'unknown_variable',
      `"${variable}" does not exist; of a response are known ${known}`,
    );
  }
}

/** The first `length` names of the path lead to a text, a number or a truth value: nothing is inside. */
function checkPlain(read: Read, variable: string, length: number, report: Report): void {
  const names = variable.split('.');
  if (names.length <= length) return;
  const plain = names.slice(0, length).join('.');
  report.error(
    read.pointer,
    'unknown_variable',
    `"${variable}" does not exist; "${plain}" is a single value, with nothing inside`,
  );
}

function unknownRoot(read: Read, root: string, report: Report): void {
  const message = WORKER_ROOTS.has(root)
    ? `"${root}" is known only to templates and "when", after the transition has committed`
    : `"${root}" is not a variable; there are ${[...(read.side === 'transition' ? TRANSITION_ROOTS : WORKER_ROOTS)].join(', ')}`;
  report.error(read.pointer, 'unknown_variable', message);
}

function assignedKeys(tree: StateTree): string[] {
  const keysOf = (actions: readonly PlacedAction[]): string[] =>
    actions.flatMap(({ action }) => (action.action_type === 'ASSIGN' ? Object.keys(action.params) : []));
  return tree.states.flatMap((state) => [
    ...keysOf(state.entry),
    ...keysOf(state.exit),
    ...state.transitions.flatMap(({ actions }) => keysOf(actions)),
  ]);
}
