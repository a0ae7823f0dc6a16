// The same definitions run the way XState is meant to be used: one actor in memory, code in place of CEL, real child
// actors for invocations. Written apart from the compiler, so that agreeing with it proves something. Knows only what
// arbitraries.testkit.ts makes.
import { type AnyActorRef, assign, createActor, createMachine, fromCallback, raise } from 'xstate';
import { GUARDS } from './arbitraries.testkit.ts';
import type {
  Action,
  Definition,
  InvokeConfig,
  OneOrMany,
  StateNode,
  TransitionConfig,
} from './definition.ts';
import { parseDelay } from './delay.ts';

export interface ReferenceRun {
  status: string;
  value: unknown;
  context: unknown;
  output: unknown;
  /** Pointer-less: names of webhooks, ids of invocations, in order. */
  queued: string[];
  sent: unknown[];
  started: unknown[];
  timersSet: string[];
  timersCancelled: string[];
  stopped: string[];
}

/** An actor that runs in memory and says what each event made it do. */
export function createReference(definition: Definition) {
  const machine = createMachine(
    {
      id: 'workflow',
      ...toNode(definition),
      context: definition.context,
      output: ({ event }: { event: { output?: unknown } }) => event.output,
      options: { maxIterations: 250 },
    } as never,
    { actors: { waiting: fromCallback(() => {}) } } as never,
  );
  let run = emptyRun();
  const actor = createActor(machine, {
    // Time stands still: timers are sent by the test.
    clock: { setTimeout: () => 0, clearTimeout: () => {} },
    inspect: (inspected) => {
      if (inspected.type !== '@xstate.action') return;
      if (inspected.actorRef === actor) record(run, inspected.action as { type: string; params: never });
    },
  });
  actor.subscribe({ error: () => {} });
  const take = (): ReferenceRun => {
    const { status, value, context, output } = actor.getSnapshot() as never as ReferenceRun;
    const taken = { ...run, status, value, context, output };
    run = emptyRun();
    return taken;
  };
  return {
    start(): ReferenceRun {
      actor.start();
      return take();
    },
    send(event: { type: string }): ReferenceRun {
      (actor as AnyActorRef).send(event);
      return take();
    },
    hears: (event: { type: string }): boolean =>
      machine.getTransitionData(actor.getSnapshot() as never, event as never).length > 0,
  };
}

const emptyRun = () => ({
  queued: [] as string[],
  sent: [] as unknown[],
  started: [] as unknown[],
  timersSet: [] as string[],
  timersCancelled: [] as string[],
  stopped: [] as string[],
});

function record(run: ReturnType<typeof emptyRun>, action: { type: string; params: never }): void {
  const { type, params } = action as { type: string; params: Record<string, unknown> };
  const withdraw = (begun: string[], ended: string[], id: string): void => {
    if (begun.includes(id)) begun.splice(begun.indexOf(id), 1);
    else if (!ended.includes(id)) ended.push(id);
  };
  if (type === 'hook') run.queued.push(`${params.name} on ${params.type}`);
  else if (type === 'send') run.sent.push(params);
  else if (type === 'start') run.started.push(params);
  else if (type === 'xstate.spawnChild') run.queued.push(`invoke ${params.id}`);
  else if (type === 'xstate.stopChild') {
    // Also reported for children that are not there (any more): XState passes undefined then.
    if (params !== undefined) withdrawInvoke(run, String(params.id));
  } else if (type === 'xstate.cancel') withdraw(run.timersSet, run.timersCancelled, String(params.sendId));
  else if (type === 'xstate.raise' && params.delay !== undefined) run.timersSet.push(String(params.id));
}

function withdrawInvoke(run: ReturnType<typeof emptyRun>, id: string): void {
  const at = run.queued.indexOf(`invoke ${id}`);
  if (at >= 0) run.queued.splice(at, 1);
  else if (!run.stopped.includes(id)) run.stopped.push(id);
}

type Seen = { context: { n: number; last: unknown }; event: { type: string; v?: unknown } };

const list = <T>(value: OneOrMany<T> | undefined): T[] =>
  value === undefined ? [] : ([value].flat() as T[]);

// XState's own default for the history of a parallel state loses the state when it is gone to from inside; see compile.
const regionsOf = ({ states }: Definition | StateNode): string[] =>
  Object.entries(states ?? {}).flatMap(([key, { type }]) => (type === 'history' ? [] : [key]));

function toNode(state: Definition | StateNode, parent?: Definition | StateNode): Record<string, unknown> {
  const {
    on,
    after,
    always,
    entry,
    exit,
    invoke,
    states,
    context: _,
    ...rest
  } = state as StateNode & Definition;
  const onDone = 'onDone' in rest ? { onDone: list(rest.onDone).map((t) => toTransition(t)) } : {};
  return {
    ...rest,
    ...onDone,
    entry: list(entry).map(toAction),
    exit: list(exit).map(toAction),
    always: list(always).map((t) => toTransition(t)),
    on: Object.fromEntries(
      Object.entries(on ?? {}).map(([type, ts]) => [
        type,
        list(ts).map((t) => toTransition(t, type === '*')),
      ]),
    ),
    after: Object.fromEntries(
      Object.entries(after ?? {}).map(([key, ts]) => [
        String(parseDelay(key)),
        list(ts).map((t) => toTransition(t)),
      ]),
    ),
    invoke: list(invoke).map(toInvoke),
    ...(states === undefined
      ? {}
      : {
          states: Object.fromEntries(
            Object.entries(states).map(([key, inner]) => [key, toNode(inner, state)]),
          ),
        }),
    ...(rest.type === 'history' && parent?.type === 'parallel' ? { target: regionsOf(parent) } : {}),
  };
}

function toInvoke({ onDone, onError }: InvokeConfig): Record<string, unknown> {
  return {
    src: 'waiting',
    onDone: list(onDone).map((t) => toTransition(t)),
    onError: list(onError).map((t) => toTransition(t)),
  };
}

function toTransition(written: string | TransitionConfig, wildcard = false): Record<string, unknown> {
  const { guard, actions, ...rest } = written as TransitionConfig;
  return {
    ...rest,
    guard: ({ context, event }: Seen) =>
      !(wildcard && event.type.startsWith('xstate.')) &&
      (guard === undefined || GUARDS[guard]?.(context, event.v) === true),
    actions: list(actions).map(toAction),
  };
}

function toAction(action: Action): unknown {
  switch (action.action_type) {
    case 'ASSIGN':
      return 'n' in action.params
        ? assign((({ context }: Seen) => ({ n: context.n + 1 })) as never)
        : assign((({ event }: Seen) => ({ last: event.v === undefined ? 'none' : event.v })) as never);
    case 'RAISE':
      return raise((({ context }: Seen) => ({ type: action.params.type, v: context.n })) as never);
    case 'WEBHOOK':
      return { type: 'hook', params: ({ event }: Seen) => ({ name: action.name, type: event.type }) };
    case 'SEND_EVENT':
      return {
        type: 'send',
        params: ({ context }: Seen) => ({
          jobId: 'other',
          event: { type: 'TOLD', payload: { n: context.n } },
        }),
      };
    case 'START_JOB':
      return {
        type: 'start',
        params: ({ context }: Seen) => ({ workflow: 'other', input: { n: context.n }, key: null }),
      };
    case 'INTEGRATION':
      throw new Error('not made by the arbitraries');
  }
}
