// What can be wrong with the states of a definition and the ways between them, apart from its shape.
import { MAX_STATE_DEPTH, MAX_STATES, type StateNode } from './definition.ts';
import { childPointer } from './pointer.ts';
import type { Report } from './problem-list.ts';
import { alwaysCycles, createLeafGraph, endingLeaves, reachableStates } from './reachability.ts';
import {
  hears,
  isLeaf,
  isWithin,
  type StateInfo,
  type StateTree,
  type TransitionInfo,
  upwards,
} from './state-tree.ts';

/** Everything about states and transitions except what checkWays tells. */
export function checkStates(tree: StateTree, report: Report): void {
  if (tree.states.length - 1 > MAX_STATES) {
    report.error(
      '',
      'too_many_states',
      `has ${tree.states.length - 1} states; at most ${MAX_STATES} are allowed`,
    );
    return;
  }
  for (const state of tree.states) {
    checkKind(state, report);
    checkInitial(state, report);
    checkDelays(state, report);
    checkInvocations(state, report);
    checkTransitions(state, report);
    if (state.kind === 'history') checkHistory(state, report);
  }
  checkIds(tree, report);
  checkRaised(tree, report);
  checkCycles(tree, report);
}

function checkKind(state: StateInfo, report: Report): void {
  const { config, kind, pointer, children } = state;
  const inner = config as StateNode;
  if ((kind === 'compound' || kind === 'parallel' || state.parent === null) && children.length === 0) {
    report.error(childPointer(pointer, 'states'), 'no_states', `${nameOf(state)} needs inner states`);
  }
  if ((isLeaf(state) || kind === 'history') && children.length > 0) {
    report.error(
      childPointer(pointer, 'states'),
      'states_not_allowed',
      `a ${kind} state has no inner states`,
    );
  }
  if (depthOf(state) === MAX_STATE_DEPTH + 1) {
    report.error(pointer, 'too_deep', `states are nested at most ${MAX_STATE_DEPTH} deep`);
  }
  if (kind !== 'history') {
    for (const key of ['history', 'target'] as const) {
      if (inner[key] !== undefined) {
        report.error(
          childPointer(pointer, key),
          'not_history',
          `only a state of type "history" has "${key}"`,
        );
      }
    }
  }
  if (inner.output !== undefined && kind !== 'final' && state.parent !== null) {
    report.warning(
      childPointer(pointer, 'output'),
      'output_ignored',
      'only final states and the root have an output',
    );
  }
  if (inner.onDone !== undefined && !canBeDone(state)) {
    report.warning(
      childPointer(pointer, 'onDone'),
      'never_done',
      'is never taken: nothing inside this state is final, or a region of it never ends',
    );
  }
  if (kind === 'final' && state.transitions.length > 0) {
    const first = state.transitions[0] as TransitionInfo;
    report.warning(
      first.pointer,
      'final_with_transitions',
      `${nameOf(state)} is final and should have no way on`,
    );
  }
}

// XState finds a wrong `initial` only when the state is entered, and does not mind one that is missing at the root.
function checkInitial(state: StateInfo, report: Report): void {
  const { initial } = state.config;
  const pointer = childPointer(state.pointer, 'initial');
  if (state.kind !== 'compound') {
    if (initial !== undefined) {
      report.warning(
        pointer,
        'initial_ignored',
        `${nameOf(state)} is ${state.kind} and has no initial state`,
      );
    }
    return;
  }
  const keys = state.children.filter(({ kind }) => kind !== 'history').map(({ key }) => key);
  if (initial === undefined) {
    report.error(
      pointer,
      'bad_initial',
      `${nameOf(state)} must say which of its states is first: ${keys.join(', ')}`,
    );
  } else if (!keys.includes(initial)) {
    report.error(
      pointer,
      'bad_initial',
      `${nameOf(state)} cannot start in "${initial}"; its states are ${keys.join(', ')}`,
    );
  }
}

function checkHistory(state: StateInfo, report: Report): void {
  const { target } = state.config as StateNode;
  const { historyTarget, parent } = state;
  if (target !== undefined) {
    const good = historyTarget !== null && historyTarget.kind !== 'history' && historyTarget !== parent;
    if (!good || parent === null || !isWithin(historyTarget, parent)) {
      report.error(
        childPointer(state.pointer, 'target'),
        'bad_target',
        `a history state goes to a state beside it; there is no such state "${target}"`,
      );
    }
  }
  const ignored = ['on', 'always', 'after', 'entry', 'exit', 'invoke', 'onDone'].find(
    (key) => key in state.config,
  );
  if (ignored !== undefined) {
    report.error(
      childPointer(state.pointer, ignored),
      'history_has_behaviour',
      'a history state is never active and cannot do anything',
    );
  }
}

function checkDelays(state: StateInfo, report: Report): void {
  const seen = new Map<string, string>();
  for (const { trigger, event, pointer, delayMs } of state.transitions) {
    if (trigger !== 'after') continue;
    const key = pointer.slice(childPointer(state.pointer, 'after').length + 1).split('/')[0] ?? '';
    const before = seen.get(event);
    if (before !== undefined && before !== key) {
      report.error(
        pointer,
        'duplicate_delay',
        `"${key}" and "${before}" are the same delay of ${delayMs} ms`,
      );
    }
    seen.set(event, key);
  }
}

function checkInvocations(state: StateInfo, report: Report): void {
  for (const { config, pointer } of state.invocations) {
    if (config.onDone === undefined) {
      report.warning(
        pointer,
        'invoke_without_done',
        'nothing happens when this action succeeds: add "onDone"',
      );
    }
    if (config.onError === undefined) {
      report.warning(
        pointer,
        'invoke_without_error',
        'the job ends in ERROR when this action fails: add "onError"',
      );
    }
  }
}

function checkTransitions(state: StateInfo, report: Report): void {
  let sure: TransitionInfo | null = null;
  for (const transition of state.transitions) {
    const { config, pointer, target, trigger } = transition;
    if (config.target !== undefined && target === null) {
      const at = transition.isShort ? pointer : childPointer(pointer, 'target');
      report.error(at, 'bad_target', `there is no state "${config.target}" seen from ${nameOf(state)}`);
    }
    if (sure !== null && sure.event === transition.event && sure.trigger === trigger) {
      report.warning(pointer, 'never_taken', 'the one before it has no guard and is always taken first');
    } else {
      sure = config.guard === undefined ? transition : null;
    }
    if (trigger === 'always' && config.target === undefined && transition.actions.length === 0) {
      report.warning(pointer, 'always_without_effect', 'has neither a target nor actions');
    }
  }
}

function checkIds(tree: StateTree, report: Report): void {
  const ids = new Map<string, StateInfo>();
  const invokeIds = new Map<string, string>();
  for (const state of tree.states) {
    const first = ids.get(state.id);
    if (first === undefined) ids.set(state.id, state);
    else
      report.error(
        childPointer(state.pointer, 'id'),
        'duplicate_id',
        `${nameOf(first)} has the id "${state.id}" too`,
      );
    for (const { id, pointer } of state.invocations) {
      const other = invokeIds.get(id);
      if (other === undefined) invokeIds.set(id, pointer);
      else
        report.error(childPointer(pointer, 'id'), 'duplicate_invoke_id', `${other} has the id "${id}" too`);
    }
  }
}

function checkRaised(tree: StateTree, report: Report): void {
  const heard = tree.states.flatMap((state) => state.transitions.map(({ event }) => event));
  const lists = tree.states.flatMap((state) => [
    state.entry,
    state.exit,
    ...state.transitions.map(({ actions }) => actions),
  ]);
  for (const { action, pointer } of lists.flat()) {
    if (action.action_type !== 'RAISE') continue;
    const { type } = action.params;
    if (!heard.some((event) => event !== '' && hears(event, type))) {
      report.warning(
        childPointer(pointer, 'params', 'type'),
        'raise_unheard',
        `no state has a transition for "${type}"`,
      );
    }
  }
}

function checkCycles(tree: StateTree, report: Report): void {
  for (const transition of alwaysCycles(tree)) {
    report.error(
      transition.pointer,
      'always_cycle',
      `comes back to ${nameOf(transition.source)} without any guard, and would go in a circle forever`,
    );
  }
}

/** Warnings about states that no way leads to, and states from which no way leads to the end. */
export function checkWays(tree: StateTree, report: Report): void {
  const reachable = reachableStates(tree);
  for (const state of tree.states) {
    if (!reachable.has(state) && (state.parent === null || reachable.has(state.parent))) {
      report.warning(state.pointer, 'unreachable_state', `no way leads to ${nameOf(state)}`);
    }
  }
  const endings = endingLeaves(tree);
  if (endings.length === 0) {
    report.warning(
      '',
      'never_ends',
      'has no final state at the top: its jobs stay active until they are cancelled',
    );
    return;
  }
  const ending = createLeafGraph(tree).leadingTo(endings);
  for (const state of tree.states) {
    if (isLeaf(state) && reachable.has(state) && !ending.has(state)) {
      report.warning(state.pointer, 'cannot_end', `no way leads from ${nameOf(state)} to the end of the job`);
    }
  }
}

const nameOf = (state: StateInfo): string =>
  state.parent === null ? 'the machine' : `state "${state.path}"`;

const depthOf = (state: StateInfo): number => [...upwards(state.parent)].length;

function canBeDone(state: StateInfo): boolean {
  if (state.kind === 'parallel') {
    const regions = state.children.filter(({ kind }) => kind !== 'history');
    return regions.length > 0 && regions.every((region) => region.kind === 'final' || canBeDone(region));
  }
  return state.kind === 'compound' && state.children.some(({ kind }) => kind === 'final');
}
