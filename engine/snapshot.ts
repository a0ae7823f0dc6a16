// A job's XState snapshot as stored JSON and back. XState's own pair does the work; what it gets wrong on a server is put right.
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { isLeaf, type StateInfo, type StateTree } from './state-tree.ts';

/** The stored form. A plain JSON object; key order does not matter, so it may go through `jsonb`. */
export type StoredSnapshot = {
  status: 'active' | 'done' | 'error';
  value: Json;
  context: JsonObject;
  historyValue: JsonObject;
  /** Always empty: what a state waits for is a queued action, not a child actor. XState insists on the key. */
  children: JsonObject;
  /**
   * Ids of the active states as XState keeps them, for machines with parallel or history states: it acts on regions in
   * the order in which they were entered, which the value alone does not hold.
   */
  active?: string[];
  output?: Json;
  error?: Json;
};

const NOTHING: JsonObject = {};

/**
 * The stored form of a snapshot. The context is taken as it is: XState's own writer would replace an object that happens
 * to have the keys of an actor reference.
 */
export function storeSnapshot(
  machine: AnyStateMachine,
  tree: StateTree,
  snapshot: AnyMachineSnapshot,
): StoredSnapshot {
  const persisted = machine.getPersistedSnapshot(
    Object.assign({}, snapshot, { context: NOTHING, children: NOTHING }),
  ) as unknown as StoredSnapshot;
  const stored: StoredSnapshot = {
    status: persisted.status,
    value: persisted.value,
    context: snapshot.context as JsonObject,
    historyValue: persisted.historyValue,
    children: {},
  };
  if (tree.needsActive) stored.active = snapshot._nodes.map((node) => node.id);
  if (snapshot.output !== undefined) stored.output = snapshot.output as Json;
  if (snapshot.error !== undefined) stored.error = snapshot.error as Json;
  return stored;
}

/**
 * The snapshot XState continues from; a sentence when the stored form does not fit the machine. Does not touch its
 * argument, whereas XState's own reader writes into the context it is given.
 */
export function restoreSnapshot(
  machine: AnyStateMachine,
  tree: StateTree,
  given: Json,
): { ok: true; snapshot: AnyMachineSnapshot } | { ok: false; message: string } {
  const stored = readStored(given);
  if (typeof stored === 'string') return { ok: false, message: stored };
  const strange = strangeState(tree.root, stored.value) ?? strangeHistory(tree, stored.historyValue);
  if (strange !== null) return { ok: false, message: strange };
  try {
    const restored = machine.restoreSnapshot(
      { ...stored, context: {}, children: {} } as never,
      null as never,
    );
    const snapshot = restored as AnyMachineSnapshot;
    if (stored.active !== undefined) asEntered(machine, snapshot, stored.active);
    snapshot.context = stored.context;
    return { ok: true, snapshot };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

/** Active states of a snapshot in document order. */
export function activeStates(tree: StateTree, snapshot: AnyMachineSnapshot): StateInfo[] {
  const active: StateInfo[] = [];
  for (const node of snapshot._nodes) {
    const state = tree.byId.get(node.id);
    if (state !== undefined) active.push(state);
  }
  return active.sort((a, b) => a.order - b.order);
}

/** "review", "a.b", "p.x.1,p.y.2". */
export function currentStateOf(active: readonly StateInfo[]): string {
  const leaves = active.filter(isLeaf);
  return leaves.length === 1 ? (leaves[0] as StateInfo).path : leaves.map((leaf) => leaf.path).join(',');
}

/** Active states named by a state value, in document order; states the machine does not have are left out. */
export function statesOfValue(tree: StateTree, value: Json): StateInfo[] {
  const active: StateInfo[] = [tree.root];
  const walk = (state: StateInfo, inner: Json): void => {
    const keys = typeof inner === 'string' ? [inner] : isJsonObject(inner) ? Object.keys(inner) : [];
    for (const child of state.children) {
      if (!keys.includes(child.key)) continue;
      active.push(child);
      if (isJsonObject(inner)) walk(child, inner[child.key] as Json);
    }
  };
  walk(tree.root, value);
  return active;
}

function readStored(given: Json): StoredSnapshot | string {
  if (!isJsonObject(given)) return 'the snapshot is not an object';
  const { status, value, context, historyValue } = given;
  if (status !== 'active' && status !== 'done' && status !== 'error')
    return 'the snapshot has no known status';
  if (!isJsonObject(context)) return 'the snapshot has no context';
  if (typeof value !== 'string' && !isJsonObject(value)) return 'the snapshot has no state value';
  if (historyValue !== undefined && !isJsonObject(historyValue))
    return 'the snapshot’s history is not an object';
  return { ...(given as StoredSnapshot), historyValue: historyValue ?? {} };
}

// XState would take a leaf that became compound by entering its first child, and an inherited name for a state.
function strangeState(state: StateInfo, value: Json | undefined): string | null {
  const name = state.path === '' ? 'the machine' : `state ${state.path}`;
  if (typeof value === 'string') {
    const child = state.children.find(({ key }) => key === value);
    if (child === undefined) return `${name} has no inner state ${value}`;
    return isLeaf(child) ? null : `state ${child.path} now has inner states`;
  }
  if (!isJsonObject(value)) return `${name} has no value`;
  const keys = Object.keys(value);
  const expected =
    state.kind === 'parallel' ? state.children.filter(({ kind }) => kind !== 'history').length : 1;
  if (keys.length !== expected) return `${name} is in ${keys.length} inner states, not ${expected}`;
  for (const key of keys) {
    const child = state.children.find((candidate) => candidate.key === key);
    if (child === undefined || child.kind === 'history') return `${name} has no inner state ${key}`;
    if (isLeaf(child)) {
      // A leaf region of a parallel state has nothing inside.
      if (isJsonObject(value[key]) && Object.keys(value[key]).length === 0) continue;
      return `state ${child.path} has no inner states`;
    }
    const strange = strangeState(child, value[key]);
    if (strange !== null) return strange;
  }
  return null;
}

// XState drops what it does not find, and the job would go to the default instead of where it was.
function strangeHistory(tree: StateTree, historyValue: JsonObject): string | null {
  for (const [id, remembered] of Object.entries(historyValue)) {
    if (tree.byId.get(id)?.kind !== 'history') return `the machine has no history state ${id}`;
    if (!Array.isArray(remembered)) return `the history of ${id} is not a list`;
    for (const item of remembered) {
      const known = isJsonObject(item) && typeof item.id === 'string' && tree.byId.has(item.id);
      if (!known) return `the history of ${id} names a state that the machine does not have`;
    }
  }
  return null;
}

function asEntered(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, ids: readonly string[]): void {
  const nodes = ids.map((id) => machine.getStateNodeById(id));
  const everyNode = new Set(nodes);
  for (const node of everyNode) if (node.parent !== undefined) everyNode.add(node.parent);
  const place = new Map([...everyNode].map((node, index) => [node, index]));
  snapshot._nodes = nodes as typeof snapshot._nodes;
  snapshot.value = inOrder(snapshot.value as Json, machine.root, place) as typeof snapshot.value;
}

// XState writes the keys of a value in the order in which the states were entered, and goes by it.
function inOrder(value: Json, node: XStateNode, place: ReadonlyMap<XStateNode, number>): Json {
  if (!isJsonObject(value)) return value;
  const inner = Object.keys(value).map((key) => ({ key, child: node.states[key] as XStateNode }));
  const placeOf = (child: XStateNode): number => place.get(child) ?? place.size;
  inner.sort((a, b) => placeOf(a.child) - placeOf(b.child));
  return Object.fromEntries(inner.map(({ key, child }) => [key, inOrder(value[key] as Json, child, place)]));
}

type XStateNode = AnyStateMachine['root'];
