// The XState config of a definition: states, transitions and actions with every expression and template compiled in place.
import { assign, raise } from 'xstate';
import { MAX_JOB_KEY_LENGTH, type StateNode } from './definition.ts';
import { effectAction } from './effects.ts';
import { PawlError } from './errors.ts';
import { DecisionFailure, type EngineEvent, type EvaluationCell } from './evaluation.ts';
import type { Expression } from './expression.ts';
import type { JsonObject } from './json.ts';
import { childPointer } from './pointer.ts';
import { compileInvoke, compileQueuedAction, expressionAt, type QueuedAction } from './queued-action.ts';
import type { PlacedAction, StateInfo, StateTree, TransitionInfo } from './state-tree.ts';

export interface MachineConfig {
  /** For createMachine. */
  readonly config: Record<string, unknown>;
  /** By the transition's pointer; no prototype, so XState can find no other name in it. */
  readonly guards: Record<string, Guard>;
  /** By pointer, in the order of the states. */
  readonly queued: ReadonlyMap<string, QueuedAction>;
  /** Every expression evaluated inside a transition, by its own pointer. */
  readonly expressions: ReadonlyMap<string, Expression>;
}

type Seen = { context: JsonObject; event: EngineEvent };
type Guard = (seen: Seen) => boolean;

/** Throws Corrupt where the definition has something that validation refuses. */
export function createMachineConfig(tree: StateTree, evaluation: EvaluationCell): MachineConfig {
  const guards: Record<string, Guard> = Object.create(null);
  const queued = new Map<string, QueuedAction>();
  const expressions = new Map<string, Expression>();

  const expression = (source: string, pointer: string): Expression => {
    const compiled = expressionAt(source, pointer);
    expressions.set(pointer, compiled);
    return compiled;
  };
  const action = createActionBuilder(evaluation, expression, queued);

  const transition = (info: TransitionInfo): Record<string, unknown> => {
    const { guard: source, target, reenter } = info.config;
    const built: Record<string, unknown> = { reenter: reenter ?? false, actions: info.actions.map(action) };
    if (target !== undefined) {
      built.target = idOf(tree, info.target, target, childPointer(info.pointer, 'target'));
    }
    const guard = source === undefined ? null : expression(source, childPointer(info.pointer, 'guard'));
    const hearsAll = info.event === '*';
    if (guard !== null || hearsAll) {
      guards[info.pointer] = ({ context, event }) =>
        // XState's own wildcard would also hear timers and done events.
        !(hearsAll && event.type.startsWith('xstate.')) &&
        (guard === null || evaluation.guard(guard, context, event).verdict === 'true');
      built.guard = info.pointer;
    }
    return built;
  };

  const node = (state: StateInfo): Record<string, unknown> => {
    const entry: unknown[] = state.entry.map(action);
    const exit: unknown[] = state.exit.map(action);
    // `invoke` is not handed to XState: to us it is an action queued on entry and forgotten on exit, and an event back.
    for (const { config, pointer, id } of state.invocations) {
      const compiled = compileInvoke(config, pointer);
      queued.set(pointer, compiled);
      entry.push(effectAction('queue', ({ event }) => ({ action: compiled, invokeId: id, event })));
      // Beginning to wait is a change of the job, as a new child is to XState: without it, an eventless transition that
      // comes back here again and again would count as having come to rest.
      entry.push(assign({}));
      exit.push(effectAction('stop', () => ({ invokeId: id })));
    }
    const { config } = state;
    const built: Record<string, unknown> = { id: state.id, type: state.kind, entry, exit };
    Object.assign(built, groupTransitions(state, transition));
    if (config.tags !== undefined) built.tags = config.tags;
    if (config.initial !== undefined) built.initial = config.initial;
    if (config.meta !== undefined) built.meta = config.meta;
    if (config.output !== undefined) built.output = config.output;
    if (state.children.length > 0) {
      built.states = Object.fromEntries(state.children.map((child) => [child.key, node(child)]));
    }
    if (state.kind === 'history') Object.assign(built, historyConfig(tree, state));
    return built;
  };

  return { config: node(tree.root), guards, queued, expressions };
}

type CompileExpression = (source: string, pointer: string) => Expression;

function createActionBuilder(
  evaluation: EvaluationCell,
  expression: CompileExpression,
  queued: Map<string, QueuedAction>,
): (placed: PlacedAction) => unknown {
  // All values of an object see the same context: an ASSIGN of two keys does not see its own first.
  const values = (
    sources: Record<string, string> | undefined,
    pointer: string,
  ): ((seen: Seen) => JsonObject) => {
    const compiled = Object.entries(sources ?? {}).map(([key, source]) => {
      const at = childPointer(pointer, key);
      return { key, at, expression: expression(source, at) };
    });
    return ({ context, event }) =>
      Object.fromEntries(
        compiled.map((one) => [one.key, evaluation.value(one.expression, one.at, context, event)]),
      );
  };
  const text = (
    source: string,
    pointer: string,
    maxLength = Number.POSITIVE_INFINITY,
  ): ((seen: Seen) => string) => {
    const compiled = expression(source, pointer);
    return ({ context, event }) => {
      const value = evaluation.value(compiled, pointer, context, event);
      if (typeof value !== 'string' || value === '') {
        throw new DecisionFailure(
          'evaluation_failed',
          `${source}: must give a text that is not empty`,
          pointer,
        );
      }
      if (value.length <= maxLength) return value;
      throw new DecisionFailure(
        'evaluation_failed',
        `${source}: must give a text of at most ${maxLength} characters`,
        pointer,
      );
    };
  };

  return ({ action, pointer }) => {
    const params = childPointer(pointer, 'params');
    switch (action.action_type) {
      case 'WEBHOOK':
      case 'INTEGRATION': {
        const compiled = compileQueuedAction(action, pointer);
        queued.set(pointer, compiled);
        return effectAction('queue', ({ event }) => ({ action: compiled, invokeId: null, event }));
      }
      case 'ASSIGN':
        return assign(values(action.params, params) as never);
      case 'RAISE': {
        const { type } = action.params;
        const payload = values(action.params.payload, childPointer(params, 'payload'));
        return raise(((seen: Seen) => ({ type, pawl: { type, payload: payload(seen) } })) as never);
      }
      case 'SEND_EVENT': {
        const { type } = action.params;
        const jobId = text(action.params.job_id, childPointer(params, 'job_id'));
        const payload = values(action.params.payload, childPointer(params, 'payload'));
        return effectAction('send', (seen) => ({
          jobId: jobId(seen),
          event: { type, payload: payload(seen) },
        }));
      }
      case 'START_JOB': {
        const { workflow, key: source } = action.params;
        const at = childPointer(params, 'key');
        const key = source === undefined ? () => null : text(source, at, MAX_JOB_KEY_LENGTH);
        const input = values(action.params.input, childPointer(params, 'input'));
        return effectAction('start', (seen) => ({ workflow, input: input(seen), key: key(seen) }));
      }
    }
  };
}

function groupTransitions(
  state: StateInfo,
  build: (info: TransitionInfo) => Record<string, unknown>,
): Record<string, unknown> {
  const on = new Map<string, unknown[]>();
  const after = new Map<number, unknown[]>();
  const grouped: { always: unknown[]; onDone: unknown[] } = { always: [], onDone: [] };
  for (const info of state.transitions) {
    const built = build(info);
    if (info.trigger === 'always') grouped.always.push(built);
    else if (info.trigger === 'done') grouped.onDone.push(built);
    else if (info.trigger === 'after') append(after, info.delayMs ?? 0, built);
    else append(on, info.event, built);
  }
  return {
    on: Object.fromEntries(on),
    after: Object.fromEntries(after),
    ...(grouped.always.length > 0 ? { always: grouped.always } : {}),
    ...(grouped.onDone.length > 0 ? { onDone: grouped.onDone } : {}),
  };
}

function append<K>(lists: Map<K, unknown[]>, key: K, value: unknown): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function historyConfig(tree: StateTree, state: StateInfo): Record<string, unknown> {
  const { history = 'shallow', target } = state.config as StateNode;
  if (target !== undefined) {
    return {
      history,
      target: idOf(tree, state.historyTarget, target, childPointer(state.pointer, 'target')),
    };
  }
  if (state.parent?.kind !== 'parallel') return { history };
  // XState's default is the parallel state itself. Coming from inside it would then exit that state and, now that there
  // is something to remember, enter only what is in it: its exit actions and timers would be lost. Its regions, named
  // one by one, mean the same and are entered where they are.
  const regions = state.parent.children.filter(({ kind }) => kind !== 'history');
  return { history, target: regions.map((region) => idOf(tree, region, region.path, region.pointer)) };
}

// Written from the root, so that XState resolves it the same way whatever the definition's own spelling was.
function idOf(tree: StateTree, target: StateInfo | null, written: string, pointer: string): string {
  if (target !== null) return target.path === '' ? `#${tree.root.id}` : `#${tree.root.id}.${target.path}`;
  throw new PawlError('Corrupt', 'definition_not_valid', `${pointer}: there is no state ${written}`);
}
