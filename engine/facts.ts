// Which facts (`actions.<name>`) a decision may read, known ahead so that they can be fetched before XState runs.
import type { Expression } from './expression.ts';
import type { Json } from './json.ts';
import type { QueuedAction } from './queued-action.ts';
import { statesOfValue } from './snapshot.ts';
import { hears, type PlacedAction, type StateTree, type TransitionInfo } from './state-tree.ts';

/**
 * Builds `factsFor`. What an event reads at once is what the active states' transitions for it read; what may follow in
 * the same step (entry, exit, `always`, and transitions on events that are raised or on inner states being done) is taken
 * from the whole machine, since any of it might be reached.
 */
export function createFactIndex(
  tree: StateTree,
  expressions: ReadonlyMap<string, Expression>,
  queuedActions: readonly QueuedAction[],
): (stateValue: Json, eventType: string) => readonly string[] {
  const everyName = queuedActions.flatMap(({ name }) => (name === null ? [] : [name]));
  const byPointer = [...expressions].flatMap(([pointer, { variables }]) => {
    const names = actionNamesIn(variables, everyName);
    return names.length === 0 ? [] : [{ pointer, names }];
  });
  const none: readonly string[] = [];
  if (byPointer.length === 0) return () => none;

  const readUnder = (pointer: string): string[] =>
    byPointer.flatMap((read) => (read.pointer.startsWith(`${pointer}/`) ? read.names : []));
  const ofActions = (actions: readonly PlacedAction[]): string[] =>
    actions.flatMap((placed) => readUnder(placed.pointer));

  const transitions = tree.states.flatMap((state) => state.transitions);
  const raised = raisedTypes(tree);
  const mayFollow = ({ trigger, event }: TransitionInfo): boolean =>
    trigger === 'always' || trigger === 'done' || raised.some((type) => hears(event, type));
  const always = new Set([
    ...tree.states.flatMap((state) => [...ofActions(state.entry), ...ofActions(state.exit)]),
    ...transitions.filter(mayFollow).flatMap(({ pointer }) => readUnder(pointer)),
  ]);
  const perTransition = new Map<TransitionInfo, readonly string[]>();
  for (const transition of transitions) {
    const names = readUnder(transition.pointer);
    if (names.length > 0) perTransition.set(transition, names);
  }
  const alwaysRead = [...always];

  return (stateValue, eventType) => {
    const names = new Set(alwaysRead);
    for (const state of statesOfValue(tree, stateValue)) {
      for (const transition of state.transitions) {
        const read = perTransition.get(transition);
        if (read !== undefined && hears(transition.event, eventType))
          for (const name of read) names.add(name);
      }
    }
    return [...names];
  };
}

/** Names of actions in dotted paths. A path that stops at `actions` (a computed key) may mean any of them. */
export function actionNamesIn(variables: readonly string[], everyName: readonly string[]): string[] {
  return variables.flatMap((variable) => {
    if (variable === 'actions') return [...everyName];
    const [root, name] = variable.split('.', 2);
    return root === 'actions' && name !== undefined ? [name] : [];
  });
}

function raisedTypes(tree: StateTree): string[] {
  const lists = tree.states.flatMap((state) => [
    state.entry,
    state.exit,
    ...state.transitions.map((transition) => transition.actions),
  ]);
  return lists.flat().flatMap(({ action }) => (action.action_type === 'RAISE' ? [action.params.type] : []));
}
