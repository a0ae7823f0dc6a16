// Where a machine can go, without running it: guards are taken to pass. What is found unreachable here never is reached;
// what is found reachable may still be shut by its guards.
import {
  downwards,
  isLeaf,
  type StateInfo,
  type StateTree,
  type TransitionInfo,
  upwards,
} from './state-tree.ts';

/** Every state that entering one enters: what is above it, and inside it the initial states (all regions of a parallel). */
export function entered(state: StateInfo): ReadonlySet<StateInfo> {
  const before = enteredBy.get(state);
  if (before !== undefined) return before;
  const into = new Set<StateInfo>();
  enterDown(state, into);
  enterAbove(state, into);
  enteredBy.set(state, into);
  return into;
}

// Asked for every transition that has the state as its target; kept as long as the tree is.
const enteredBy = new WeakMap<StateInfo, ReadonlySet<StateInfo>>();

/** States that a job can be in, from the start of the machine. */
export function reachableStates(tree: StateTree): Set<StateInfo> {
  return reach(entered(tree.root));
}

/**
 * The leaves a job can be in after a step from each leaf. Leaves only: an active state is known by the leaves inside it.
 */
export interface LeafGraph {
  /** Everything reachable from these states (with those entered by default), themselves included. */
  from(states: Iterable<StateInfo>): Set<StateInfo>;
  /** The leaves from which one of the given leaves can be reached, those included. */
  leadingTo(goals: Iterable<StateInfo>): Set<StateInfo>;
}

export function createLeafGraph(tree: StateTree): LeafGraph {
  const leaves = tree.states.filter(isLeaf);
  // What leaves of one parallel state share is kept once: a list of sets, not a set for each leaf.
  const next = new Map(leaves.map((leaf) => [leaf, targetSets(leaf)]));
  const previous = new Map<StateInfo, StateInfo[]>(leaves.map((leaf) => [leaf, []]));
  for (const [leaf, sets] of next) {
    for (const set of sets) for (const target of set) previous.get(target)?.push(leaf);
  }
  const leavesIn = (state: StateInfo): StateInfo[] => [...entered(state)].filter(isLeaf);
  return {
    from: (states) =>
      spread([...states].flatMap(leavesIn), (leaf) => (next.get(leaf) ?? []).flatMap((set) => [...set])),
    leadingTo: (goals) => spread(goals, (leaf) => previous.get(leaf) ?? []),
  };
}

/** Leaves that complete the machine, or their part of it where the machine is parallel. */
export function endingLeaves(tree: StateTree): StateInfo[] {
  const completing = (state: StateInfo): StateInfo[] => {
    if (state.kind === 'final') return [state];
    if (state.kind === 'parallel') return state.children.flatMap(completing);
    return state.children.filter(({ kind }) => kind === 'final');
  };
  return completing(tree.root);
}

/**
 * Eventless transitions that are sure to go in a circle: each is the first its state asks for and has no guard. Gives one
 * transition of each circle.
 */
export function alwaysCycles(tree: StateTree): TransitionInfo[] {
  const sure = new Map<StateInfo, TransitionInfo>();
  // It stays where it is and is taken again, as long as it changes something.
  const stayingCycles: TransitionInfo[] = [];
  for (const state of tree.states) {
    const first = state.transitions.find(({ trigger }) => trigger === 'always');
    if (first === undefined || first.config.guard !== undefined) continue;
    if (first.target !== null) sure.set(state, first);
    else if (assigns(first)) stayingCycles.push(first);
  }
  const cycles = [...stayingCycles];
  const done = new Set<StateInfo>();
  for (const start of sure.keys()) {
    const path: StateInfo[] = [];
    for (let at: StateInfo | undefined = start; at !== undefined && !done.has(at); at = following(sure, at)) {
      if (path.includes(at)) {
        cycles.push(sure.get(at) as TransitionInfo);
        break;
      }
      path.push(at);
    }
    for (const state of path) done.add(state);
  }
  return cycles;
}

// The state whose sure eventless transition is taken after that of another: the innermost one among those entered.
function following(sure: ReadonlyMap<StateInfo, TransitionInfo>, state: StateInfo): StateInfo | undefined {
  const target = sure.get(state)?.target;
  if (target === null || target === undefined) return undefined;
  return [...entered(target)].filter((next) => sure.has(next)).sort((a, b) => b.order - a.order)[0];
}

function enterDown(state: StateInfo, into: Set<StateInfo>): void {
  if (into.has(state)) return;
  into.add(state);
  if (state.kind === 'history') {
    const fallback = state.historyTarget ?? state.parent;
    if (fallback === null) return;
    enterDown(fallback, into);
    enterAbove(fallback, into);
  } else if (state.kind === 'parallel') {
    enterRegions(state, into);
  } else if (state.kind === 'compound') {
    const initial = state.children.find(({ key }) => key === state.config.initial);
    if (initial !== undefined) enterDown(initial, into);
  }
}

// Entering one region of a parallel state enters the others too.
function enterAbove(state: StateInfo, into: Set<StateInfo>): void {
  for (const above of upwards(state.parent)) {
    into.add(above);
    if (above.kind === 'parallel') enterRegions(above, into);
  }
}

function enterRegions(parallel: StateInfo, into: Set<StateInfo>): void {
  for (const region of parallel.children) if (region.kind !== 'history') enterDown(region, into);
}

function reach(start: Iterable<StateInfo>): Set<StateInfo> {
  return spread(start, (state) =>
    state.transitions.flatMap(({ target }) => (target === null ? [] : [...entered(target)])),
  );
}

function spread(start: Iterable<StateInfo>, next: (state: StateInfo) => Iterable<StateInfo>): Set<StateInfo> {
  const seen = new Set(start);
  // A set is walked in order of insertion, and what is added on the way is walked too.
  for (const state of seen) for (const one of next(state)) seen.add(one);
  return seen;
}

// Where transitions may lead while the leaf is active: its own, its ancestors', and where an ancestor is parallel,
// those of everything that stands in the other regions beside it.
function targetSets(leaf: StateInfo): ReadonlySet<StateInfo>[] {
  let outermost: StateInfo | null = null;
  for (const above of upwards(leaf)) if (above.kind === 'parallel') outermost = above;
  const sets = [...upwards(leaf)].map(ownTargets);
  if (outermost !== null) sets.push(innerTargets(outermost));
  return sets.filter((set) => set.size > 0);
}

const ownTargets = remembered((state) => leavesEntered(state.transitions));
const innerTargets = remembered((state) =>
  leavesEntered([...downwards(state)].flatMap((one) => one.transitions)),
);

function leavesEntered(transitions: readonly TransitionInfo[]): Set<StateInfo> {
  const leaves = new Set<StateInfo>();
  for (const target of new Set(transitions.map((transition) => transition.target))) {
    if (target !== null) for (const state of entered(target)) if (isLeaf(state)) leaves.add(state);
  }
  return leaves;
}

function remembered(
  make: (state: StateInfo) => ReadonlySet<StateInfo>,
): (state: StateInfo) => ReadonlySet<StateInfo> {
  const made = new WeakMap<StateInfo, ReadonlySet<StateInfo>>();
  return (state) => {
    const set = made.get(state) ?? make(state);
    made.set(state, set);
    return set;
  };
}

const assigns = ({ config: { actions = [] } }: TransitionInfo): boolean =>
  [actions].flat().some((action) => action.action_type === 'ASSIGN');
