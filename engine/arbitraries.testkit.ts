// Random machines and the events to send them, for property tests: nested, parallel and history states, eventless and
// delayed transitions, assignments, raised events, webhooks, invocations. Small numbers, so that things meet.
import fc from 'fast-check';
import type { Action, Definition, InvokeConfig, StateNode, TransitionConfig } from './definition.ts';
import type { JsonObject } from './json.ts';
import { validateDefinition } from './validate.ts';

/** What a test does to a job. Outcomes and timers are addressed by place, since ids belong to the machine. */
export type RandomStep =
  | { kind: 'event'; type: string; payload: JsonObject }
  /** The nth timer that is set at the time, counted around. */
  | { kind: 'timer'; nth: number }
  /** The nth invocation that is running at the time, counted around. */
  | { kind: 'outcome'; nth: number; ok: boolean };

export const EVENT_TYPES = ['A', 'B', 'order.placed', 'order.paid'] as const;
const RAISED_TYPES = ['A', 'R', 'order.placed'] as const;
const DESCRIPTORS = ['A', 'B', 'R', 'order.placed', 'order.*', '*'] as const;
const DELAYS = ['1000', 'PT2S', 'PT24H'] as const;

/** Guards in CEL, with what they mean in JavaScript: `v` is the payload's, undefined when it has none. */
export const GUARDS: Record<string, (context: { n: number }, v: unknown) => boolean> = {
  'context.n % 2 == 0': ({ n }) => n % 2 === 0,
  'context.n > 2': ({ n }) => n > 2,
  'event.v > 0': (_, v) => typeof v === 'number' && v > 0,
  'has(event.v) && context.n < 5': ({ n }, v) => v !== undefined && n < 5,
};

/** A valid definition whose context is `{ n: number, last: any }`. */
export function randomDefinition(): fc.Arbitrary<Definition> {
  return skeletons.map(toDefinition).filter((definition) => validateDefinition(definition).ok);
}

export function randomSteps(maxLength = 12): fc.Arbitrary<RandomStep[]> {
  const payload: fc.Arbitrary<JsonObject> = fc.oneof(
    fc.constant<JsonObject>({}),
    fc.integer({ min: -1, max: 3 }).map((v) => ({ v })),
  );
  const event = fc.record({
    kind: fc.constant('event' as const),
    type: fc.constantFrom<string>(...EVENT_TYPES, 'R', 'unheard'),
    payload,
  });
  const timer = fc.record({ kind: fc.constant('timer' as const), nth: fc.nat(3) });
  const outcome = fc.record({ kind: fc.constant('outcome' as const), nth: fc.nat(3), ok: fc.boolean() });
  const step: fc.Arbitrary<RandomStep> = fc.oneof(
    { weight: 5, arbitrary: event },
    { weight: 1, arbitrary: timer },
    { weight: 1, arbitrary: outcome },
  );
  return fc.array(step, { minLength: 1, maxLength });
}

type ActionSketch =
  | 'count'
  | 'remember'
  | 'webhook'
  | 'send'
  | 'start'
  | `raise ${(typeof RAISED_TYPES)[number]}`;

interface TransitionSketch {
  guard: string | null;
  target: number | null;
  reenter: boolean;
  actions: ActionSketch[];
}

interface Sketch {
  kind: 'atomic' | 'final' | 'history' | 'deep history' | 'compound' | 'parallel';
  children: Sketch[];
  on: { descriptor: string; transition: TransitionSketch }[];
  always: TransitionSketch | null;
  after: { delay: string; transition: TransitionSketch } | null;
  onDone: TransitionSketch | null;
  invoke: { onDone: TransitionSketch; onError: TransitionSketch | null } | null;
  entry: ActionSketch[];
  exit: ActionSketch[];
}

const plainAction = fc.constantFrom<ActionSketch>(
  'count',
  'count',
  'remember',
  'webhook',
  'webhook',
  'send',
  'start',
);
const raising = fc.constantFrom(...RAISED_TYPES).map((type) => `raise ${type}` as const);
const actions = fc.array(
  // Raised events that raise again make circles; with more of them few machines would come to rest.
  fc.oneof({ weight: 12, arbitrary: plainAction }, { weight: 1, arbitrary: raising }),
  { maxLength: 2 },
);
const guard = fc.constantFrom(...Object.keys(GUARDS));
const transition: fc.Arbitrary<TransitionSketch> = fc.record({
  guard: fc.option(guard, { freq: 2 }),
  target: fc.option(fc.nat(30), { freq: 4 }),
  reenter: fc.boolean(),
  actions,
});
// Always guarded: a sure circle is refused, and most unguarded ones would be circles. Not true at the start either.
const laterGuard = fc.constantFrom('context.n > 2', 'event.v > 0');
const guarded = fc.tuple(transition, laterGuard).map(([made, itsGuard]) => ({ ...made, guard: itsGuard }));
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 4 });
const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.tuple(fc.nat(4), arbitrary).map(([chance, made]) => (chance === 4 ? made : null));

const { skeletons } = fc.letrec<{ skeletons: Sketch; inner: Sketch; leaf: Sketch; branch: Sketch }>((tie) => {
  const node = (kind: fc.Arbitrary<Sketch['kind']>, children: fc.Arbitrary<Sketch[]>): fc.Arbitrary<Sketch> =>
    fc.record({
      kind,
      children,
      on: fc.array(fc.record({ descriptor: fc.constantFrom<string>(...DESCRIPTORS), transition }), {
        maxLength: 3,
      }),
      always: rarely(guarded),
      after: rarely(fc.record({ delay: fc.constantFrom<string>(...DELAYS), transition })),
      onDone: sometimes(transition),
      invoke: rarely(fc.record({ onDone: transition, onError: sometimes(transition) })),
      entry: actions,
      exit: actions,
    });
  const leafKinds = fc.constantFrom<Sketch['kind']>(
    'atomic',
    'atomic',
    'atomic',
    'final',
    'history',
    'deep history',
  );
  const children = fc.array(tie('inner'), { minLength: 1, maxLength: 3 });
  return {
    skeletons: node(fc.constantFrom<Sketch['kind']>('compound', 'compound', 'parallel'), children),
    inner: fc.oneof({ maxDepth: 3, withCrossShrink: true }, tie('leaf'), tie('leaf'), tie('branch')),
    branch: node(fc.constantFrom<Sketch['kind']>('compound', 'parallel'), children),
    leaf: node(leafKinds, fc.constant([])),
  };
});

function toDefinition(sketch: Sketch): Definition {
  const paths = pathsOf(sketch);
  let webhooks = 0;

  const toAction = (kind: ActionSketch): Action => {
    switch (kind) {
      case 'count':
        return { action_type: 'ASSIGN', params: { n: 'context.n + 1' } };
      case 'remember':
        return { action_type: 'ASSIGN', params: { last: "has(event.v) ? event.v : 'none'" } };
      case 'webhook':
        return {
          action_type: 'WEBHOOK',
          name: `hook_${++webhooks}`,
          params: {
            connection_id: 'c1',
            path: '/hook',
            body: { n: '<<context.n>>', type: '<<event.type>>' },
          },
        };
      case 'send':
        return {
          action_type: 'SEND_EVENT',
          params: { job_id: "'other'", type: 'TOLD', payload: { n: 'context.n' } },
        };
      case 'start':
        return { action_type: 'START_JOB', params: { workflow: 'other', input: { n: 'context.n' } } };
      default:
        return {
          action_type: 'RAISE',
          params: { type: kind.slice('raise '.length), payload: { v: 'context.n' } },
        };
    }
  };

  const toTransition = ({
    guard: source,
    target,
    reenter,
    actions: list,
  }: TransitionSketch): TransitionConfig => ({
    ...(source === null ? {} : { guard: source }),
    ...(target === null ? {} : { target: `#workflow.${paths[target % paths.length]}` }),
    ...(reenter ? { reenter } : {}),
    actions: list.map(toAction),
  });

  const toInvoke = ({ onDone, onError }: NonNullable<Sketch['invoke']>): InvokeConfig => ({
    src: 'webhook',
    input: { connection_id: 'c1', path: '/wait' },
    onDone: toTransition(onDone),
    ...(onError === null ? {} : { onError: toTransition(onError) }),
  });

  const toState = (state: Sketch): StateNode => {
    if (state.kind === 'history') return { type: 'history' };
    if (state.kind === 'deep history') return { type: 'history', history: 'deep' };
    if (state.kind === 'final') {
      return { type: 'final', entry: state.entry.map(toAction), output: { ended: true } };
    }
    const on: Record<string, TransitionConfig[]> = {};
    for (const { descriptor, transition: made } of state.on) {
      on[descriptor] = [...(on[descriptor] ?? []), toTransition(made)];
    }
    const inner = state.kind !== 'atomic';
    return {
      ...(inner ? { type: state.kind as 'compound' | 'parallel', states: toStates(state) } : {}),
      ...(state.kind === 'compound' ? { initial: keysOf(state)[0] as string } : {}),
      ...(inner && state.onDone !== null ? { onDone: toTransition(state.onDone) } : {}),
      ...(state.always === null ? {} : { always: toTransition(state.always) }),
      ...(state.after === null
        ? {}
        : { after: { [state.after.delay]: toTransition(state.after.transition) } }),
      ...(state.invoke === null ? {} : { invoke: toInvoke(state.invoke) }),
      on,
      entry: state.entry.map(toAction),
      exit: state.exit.map(toAction),
    };
  };

  const toStates = (state: Sketch): Record<string, StateNode> =>
    Object.fromEntries(
      [...extraChild(state), ...state.children].map((child, index) => [
        keysOf(state)[index] as string,
        toState(child),
      ]),
    );

  const { onDone: _, ...root } = toState(sketch) as StateNode & { type: 'compound' | 'parallel' };
  return { ...root, context: { n: 0, last: null } } as Definition;
}

const KEYS = ['a', 'b', 'c', 'd'];

// A state with inner states needs one that can be active first.
function extraChild(state: Sketch): Sketch[] {
  const first = state.children[0];
  if (first !== undefined && !first.kind.includes('history') && first.kind !== 'final') return [];
  return [
    {
      kind: 'atomic',
      children: [],
      on: [],
      always: null,
      after: null,
      onDone: null,
      invoke: null,
      entry: [],
      exit: [],
    },
  ];
}

const keysOf = (state: Sketch): string[] =>
  [...extraChild(state), ...state.children].map((_, index) => KEYS[index] as string);

function pathsOf(state: Sketch, above = ''): string[] {
  return [...extraChild(state), ...state.children].flatMap((child, index) => {
    const path = `${above}${KEYS[index]}`;
    return [path, ...(child.children.length > 0 ? pathsOf(child, `${path}.`) : [])];
  });
}
