// A job's snapshot carried over to another version of its workflow. Nothing is left, entered or set off on the way: the
// job stands where it stood, or where the map says. What cannot be carried over is refused, all of it at once.
import type { CompiledWorkflow } from './compile.ts';
import type { TimerSet } from './decision.ts';
import { isPawlError, type Problem } from './errors.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { childPointer } from './pointer.ts';
import { createProblemList, type Report } from './problem-list.ts';
import { currentStateOf, restoreSnapshot, type StoredSnapshot, statesOfValue } from './snapshot.ts';
import { snapshotIn } from './standing.ts';
import { isLeaf, type StateInfo, type StateTree } from './state-tree.ts';

/** Paths of states of the old version to paths of the new one. What is not in it keeps its path. */
export type StateMap = Readonly<Record<string, string>>;

export interface Migrated {
  snapshot: JsonObject;
  /** As jobs show it. */
  currentState: string;
  timers: {
    /** They go on as they are due, under another id where that has changed. */
    kept: { id: string; as: string }[];
    /** Begin anew. */
    set: TimerSet[];
    cancelled: string[];
  };
}

export type Migration = { ok: true; migrated: Migrated } | { ok: false; problems: Problem[] };

/**
 * Pure, so that replaying a log comes to the same. `snapshot` is the stored one of a job that is ACTIVE in `from`.
 * Pointers of problems begin at the map: `/<state>`. The context is kept; keys that are new in `to` come with its values.
 */
export function migrate(
  from: CompiledWorkflow,
  to: CompiledWorkflow,
  given: { snapshot: Json; stateMap: StateMap },
): Migration {
  const { problems, report } = createProblemList();
  const stored = given.snapshot as StoredSnapshot;
  const before = statesOfValue(from.stateTree, stored.value);
  const pathIn = (path: string): string => mappedPath(given.stateMap, path);
  checkMap(given.stateMap, from.stateTree, to.stateTree, report);
  for (const leaf of before.filter(isLeaf)) checkLeaf(leaf, pathIn(leaf.path), given.stateMap, to, report);
  if (problems.length > 0) return { ok: false, problems };

  const paths = [...new Set(before.filter(isLeaf).map(({ path }) => pathIn(path)))];
  const snapshot = standingIn(to, paths, stored.context, report);
  if (snapshot === null) return { ok: false, problems };
  snapshot.historyValue = historyIn(from.stateTree, to.stateTree, stored.historyValue, pathIn, report);
  if (stored.active && snapshot.active) {
    snapshot.active = asEntered(from.stateTree, to.stateTree, stored.active, snapshot.active, pathIn);
  }
  const after = statesOfValue(to.stateTree, snapshot.value);
  checkInvocations(before, after, report);
  checkEnd(snapshot, after, paths, report);
  const restored = restoreSnapshot(to.machine, to.stateTree, snapshot as JsonObject);
  if (problems.length === 0 && !restored.ok) report.error('', 'not_mappable', restored.message);
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    migrated: {
      snapshot: snapshot as JsonObject,
      currentState: currentStateOf(after),
      timers: timersIn(before, after, pathIn),
    },
  };
}

/** The nearest state around it that is mapped decides. */
function mappedPath(map: StateMap, path: string): string {
  const keys = path.split('.');
  for (let depth = keys.length; depth > 0; depth--) {
    const outer = keys.slice(0, depth).join('.');
    if (Object.hasOwn(map, outer)) return [map[outer] as string, ...keys.slice(depth)].join('.');
  }
  return path;
}

const stateAt = (tree: StateTree, path: string): StateInfo | undefined =>
  tree.states.find((state) => state.path === path && state.parent !== null);

function checkMap(map: StateMap, from: StateTree, to: StateTree, report: Report): void {
  for (const [path, target] of Object.entries(map)) {
    const at = childPointer('', path);
    if (stateAt(from, path) === undefined) {
      report.error(at, 'unknown_state', `the version that jobs come from has no state "${path}"`);
    }
    const found = stateAt(to, target);
    if (found === undefined || found.kind === 'history') {
      report.error(at, 'unknown_state', `the version that jobs go to cannot be in a state "${target}"`);
    }
  }
}

function checkLeaf(
  leaf: StateInfo,
  target: string,
  map: StateMap,
  { stateTree }: CompiledWorkflow,
  report: Report,
): void {
  const at = childPointer('', leaf.path);
  const found = stateAt(stateTree, target);
  if (found === undefined || found.kind === 'history') {
    report.error(at, 'state_gone', `the version has no state "${target}": say which one to go to`);
  } else if (!isLeaf(found) && !Object.hasOwn(map, leaf.path)) {
    report.error(at, 'state_has_inner', `"${target}" has inner states now: say which one to go to`);
  } else if ((found.kind === 'final') !== (leaf.kind === 'final')) {
    const why =
      found.kind === 'final' ? 'is final: jobs end by events, not by being moved' : 'is not final any more';
    report.error(at, 'state_final', `"${target}" ${why}`);
  }
}

function standingIn(
  to: CompiledWorkflow,
  paths: readonly string[],
  context: JsonObject,
  report: Report,
): StoredSnapshot | null {
  try {
    return snapshotIn(to, paths.join(','), context);
  } catch (error) {
    if (!isPawlError(error)) throw error;
    report.error('', 'not_together', `the version cannot be in ${paths.join(' and ')} at once`);
    return null;
  }
}

/** What a history state remembers goes with it; that of one which is no more is read by nobody. */
function historyIn(
  from: StateTree,
  to: StateTree,
  historyValue: JsonObject,
  pathIn: (path: string) => string,
  report: Report,
): JsonObject {
  const carried: JsonObject = {};
  for (const [id, remembered] of Object.entries(historyValue)) {
    const history = from.byId.get(id);
    const now = history && stateAt(to, pathIn(history.path));
    if (now?.kind !== 'history' || !Array.isArray(remembered)) continue;
    carried[now.id] = remembered.map((item) => {
      const was = isJsonObject(item) ? from.byId.get(String(item.id)) : undefined;
      const is = was && stateAt(to, pathIn(was.path));
      if (was !== undefined && is === undefined) {
        const message = `the job remembers it in "${history?.path}", and the version has no state "${pathIn(was.path)}"`;
        report.error(childPointer('', was.path), 'state_gone', message);
      }
      return { id: is?.id ?? '' };
    });
  }
  return carried;
}

/** Regions act in the order in which they were entered, which goes with the job; what is new comes last. */
function asEntered(
  from: StateTree,
  to: StateTree,
  entered: readonly string[],
  active: readonly string[],
  pathIn: (path: string) => string,
): string[] {
  const places = new Map<string, number>();
  for (const [place, id] of entered.entries()) {
    const was = from.byId.get(id);
    const is = was && (was.parent === null ? to.root : stateAt(to, pathIn(was.path)));
    if (is !== undefined) places.set(is.id, place);
  }
  const placeOf = (id: string) => places.get(id) ?? entered.length;
  return active.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/**
 * No end is reached by being moved: neither that of the job, by a final state that was one inside another, nor that of a state that
 * begins in a final one. Nobody would be told.
 */
function checkEnd(
  { status }: StoredSnapshot,
  after: readonly StateInfo[],
  paths: readonly string[],
  report: Report,
): void {
  const ended = after.find(
    ({ kind, path }) => kind === 'final' && (status === 'done' || !paths.includes(path)),
  );
  if (ended === undefined) return;
  report.error('', 'state_final', `"${ended.path}" is an end here: jobs end by events, not by being moved`);
}

/** A state that waits for an action can only be stood in when that very action has begun. */
function checkInvocations(before: readonly StateInfo[], after: readonly StateInfo[], report: Report): void {
  const begun = new Set(before.flatMap(({ invocations }) => invocations.map(({ id }) => id)));
  for (const { path, invocations } of after) {
    for (const { id, config } of invocations) {
      if (begun.has(id)) continue;
      const what = `"${path}" waits for ${config.name ?? config.src} ("${id}"), which the job has not begun`;
      report.error('', 'waits_for_action', `${what}: choose another state, or give both invocations one id`);
    }
  }
}

function timersIn(
  before: readonly StateInfo[],
  after: readonly StateInfo[],
  pathIn: (path: string) => string,
): Migrated['timers'] {
  const delaysOf = (state: StateInfo | undefined) =>
    (state?.transitions ?? []).filter(({ trigger }) => trigger === 'after');
  const kept: Migrated['timers']['kept'] = [];
  const set: TimerSet[] = [];
  for (const state of after) {
    const was = before.find(({ path }) => (path === '' ? '' : pathIn(path)) === state.path);
    for (const { event, delayMs } of delaysOf(state)) {
      if (kept.some(({ as }) => as === event) || set.some(({ id }) => id === event)) continue;
      const same = delaysOf(was).find((one) => one.delayMs === delayMs);
      if (same) kept.push({ id: same.event, as: event });
      else set.push({ id: event, delayMs: delayMs ?? 0, eventType: event });
    }
  }
  const cancelled = before
    .flatMap((state) => delaysOf(state).map(({ event }) => event))
    .filter((event, i, all) => all.indexOf(event) === i && !kept.some(({ id }) => id === event));
  return { kept, set, cancelled };
}
