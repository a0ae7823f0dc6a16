// A job put into a state by name: for simulations, and for jobs that are moved to another version.
import type { CompiledWorkflow } from './compile.ts';
import { PawlError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import { currentStateOf, type StoredSnapshot, statesOfValue, storeSnapshot } from './snapshot.ts';
import type { StateInfo, StateTree } from './state-tree.ts';

/**
 * The stored snapshot of a job that stands in a state, without having come there: nothing is entered and nothing set off.
 * @param state as in `currentState` ("a.b", "p.x.1,p.y.2"); inner states left out are as by default
 * @param context laid over the definition's
 * @throws PawlError InvalidInput `unknown_state`
 */
export function snapshotIn(
  workflow: CompiledWorkflow,
  state: string,
  context: JsonObject | undefined,
): StoredSnapshot {
  const { machine, stateTree, definition } = workflow;
  const value = valueOfPaths(stateTree, state.split(','));
  const snapshot = machine.resolveState({
    value: value as never,
    context: { ...definition.context, ...context },
    status: 'active',
  });
  const found = currentStateOf(statesOfValue(stateTree, snapshot.value as Json));
  const asked = state.split(',').every((path) => `,${found}`.includes(`,${path}`));
  if (!asked) throw noSuchState(state);
  return storeSnapshot(machine, stateTree, snapshot);
}

function valueOfPaths(tree: StateTree, paths: readonly string[]): Json {
  const value: JsonObject = {};
  for (const path of paths) {
    let at: JsonObject = value;
    let state: StateInfo | undefined = tree.root;
    for (const key of path.split('.')) {
      state = state?.children.find((child) => child.key === key);
      if (state === undefined || state.kind === 'history') throw noSuchState(path);
      const inner: JsonObject = (at[key] as JsonObject | undefined) ?? {};
      at[key] = inner;
      at = inner;
    }
  }
  return complete(tree.root, value);
}

// XState's state values: the key of a leaf alone, an object where there is more inside; what is left out is the initial.
function complete(state: StateInfo, given: JsonObject): Json {
  if (state.kind === 'parallel') {
    const regions = state.children.filter(({ kind }) => kind !== 'history');
    return Object.fromEntries(
      regions.map((region) => [
        region.key,
        complete(region, (given[region.key] as JsonObject | undefined) ?? {}),
      ]),
    );
  }
  if (state.kind !== 'compound') return {};
  const [key = state.config.initial ?? '', second] = Object.keys(given);
  if (second !== undefined) throw noSuchState(`${key},${second}`);
  const child = state.children.find((candidate) => candidate.key === key);
  if (child === undefined) throw noSuchState(key);
  if (child.children.length === 0) return key;
  return { [key]: complete(child, (given[key] as JsonObject | undefined) ?? {}) };
}

function noSuchState(state: string): PawlError {
  return new PawlError('InvalidInput', 'unknown_state', `The workflow cannot be in "${state}".`);
}
