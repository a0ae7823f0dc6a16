// A validated definition becomes an XState machine and everything known about it ahead of time. Once per version; cache it.
import { type AnyStateMachine, createMachine } from 'xstate';
import type { Definition } from './definition.ts';
import { MAX_MICROSTEPS } from './effects.ts';
import { PawlError } from './errors.ts';
import { createEvaluationCell, type EngineEvent, type EvaluationCell } from './evaluation.ts';
import type { Expression } from './expression.ts';
import { createFactIndex } from './facts.ts';
import type { Json, JsonObject } from './json.ts';
import { createMachineConfig } from './machine-config.ts';
import { childPointer } from './pointer.ts';
import type { QueuedAction } from './queued-action.ts';
import { createStateTree, hears, isWildcard, type StateTree } from './state-tree.ts';

export type { QueuedAction } from './queued-action.ts';

export interface CompiledWorkflow {
  readonly definition: Definition;
  /** States, transitions and actions with their pointers, for whoever draws or explains the machine. */
  readonly stateTree: StateTree;
  /** Every queued action (WEBHOOK, INTEGRATION, invoke), in the order of the states that have them. */
  readonly queuedActions: readonly QueuedAction[];
  /** What those of them that have a name are called, each once. */
  readonly actionNames: readonly string[];
  /** The queued action at a JSON pointer; Corrupt when there is none. */
  actionAt(pointer: string): QueuedAction;
  /**
   * Names of the actions whose facts a decision on this event may read from this state value. Never too few; empty for
   * most machines. A job that starts has no facts.
   */
  factsFor(stateValue: Json, eventType: string): readonly string[];
  /** Event types and wildcards that can be sent from outside, each once, in document order. */
  readonly eventTypes: readonly string[];

  // What follows is for the engine's own files.
  readonly machine: AnyStateMachine;
  readonly evaluation: EvaluationCell;
  /** The guard of the transition at a pointer. */
  guardAt(transitionPointer: string): Expression | null;
  /**
   * The type to hand to XState for an event: its own when the machine names it, otherwise one for the longest wildcard that
   * hears it, null when nothing does. XState remembers every type it was ever asked about, so strangers' types must not reach it.
   */
  canonicalType(eventType: string): string | null;
}

/**
 * Compiles a definition that validateDefinition accepted; throws Corrupt when it is not one. The result may be shared by
 * all jobs of the version: it keeps nothing between calls.
 */
export function compileWorkflow(definition: Definition): CompiledWorkflow {
  const stateTree = createStateTree(definition);
  const evaluation = createEvaluationCell();
  const built = createMachineConfig(stateTree, evaluation);
  const queuedActions = [...built.queued.values()];
  const { eventTypes, canonicalType } = eventIndex(stateTree);
  let machine: AnyStateMachine | null = null;

  return {
    definition,
    stateTree,
    queuedActions,
    actionNames: [...new Set(queuedActions.flatMap(({ name }) => name ?? []))],
    actionAt(pointer) {
      const found = built.queued.get(pointer);
      if (found !== undefined) return found;
      throw new PawlError(
        'Corrupt',
        'no_such_action',
        `The definition has no queued action at "${pointer}".`,
      );
    },
    factsFor: createFactIndex(stateTree, built.expressions, queuedActions),
    eventTypes,
    // Made when a decision first asks for it: it is half of the work, and who only sends what was queued never does.
    get machine() {
      machine ??= createXStateMachine(definition, built);
      return machine;
    },
    evaluation,
    guardAt: (pointer) => built.expressions.get(childPointer(pointer, 'guard')) ?? null,
    canonicalType,
  };
}

// Our config is assembled at run time, so XState's types have nothing to infer from it; hence the casts.
function createXStateMachine(
  definition: Definition,
  { config, guards }: ReturnType<typeof createMachineConfig>,
): AnyStateMachine {
  const start = definition.context ?? {};
  return createMachine(
    {
      ...config,
      context: ({ input }: { input: JsonObject | undefined }) => ({ ...start, ...input }),
      // Without one of its own, the job's output is that of the final state it ended in.
      output: definition.output ?? (({ event }: { event: EngineEvent }) => event.output),
      options: { maxIterations: MAX_MICROSTEPS },
    } as never,
    {
      guards,
      actions: Object.create(null),
      actors: Object.create(null),
      delays: Object.create(null),
    } as never,
  ) as unknown as AnyStateMachine;
}

function eventIndex(tree: StateTree): Pick<CompiledWorkflow, 'eventTypes' | 'canonicalType'> {
  const exact = new Set<string>();
  const wildcards = new Set<string>();
  const sendable = new Set<string>();
  for (const { event, trigger } of tree.states.flatMap((state) => state.transitions)) {
    if (trigger === 'event') sendable.add(event);
    (isWildcard(event) ? wildcards : exact).add(event);
  }
  const longestFirst = [...wildcards].sort((a, b) => b.length - a.length);
  return {
    eventTypes: [...sendable],
    canonicalType(type) {
      if (exact.has(type)) return type;
      const heard = longestFirst.find((descriptor) => hears(descriptor, type));
      return heard === '*' ? ONLY_WILDCARD : (heard ?? null);
    },
  };
}

// Heard by "*" and by nothing else, since no name has control characters. XState refuses "*" itself as a type.
const ONLY_WILDCARD = '\u0000';
