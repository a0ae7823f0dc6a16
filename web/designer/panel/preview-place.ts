// How the server is asked for what the selected thing would send: from which state, by which event. Pure.
import type { Definition, InvokeConfig, StateNode } from '../../../engine/definition.ts';
import { delayMs } from '../../machine/delay.ts';
import type { SimulateRequest } from './designer-requests.ts';
import { changeTransition } from './edits.ts';
import { inside, keysOf, listAt, pointerOf, type Selected, valueAt, withValue } from './place.ts';

export interface PreviewPlace {
  /** The document to ask about: where a state is looked at, one that begins there. */
  definition: Definition;
  /** Of whose requests the selected thing has some. */
  prefix: string;
  /** Asked for with the sample context and payload; an event's type is null where entering the state is enough. */
  event: string | null;
  request(sample: { context: JsonObject; payload: JsonObject }): SimulateRequest;
  /** The document in which this transition asks nothing and none of its list is before it; null of what is no transition. */
  unasked: Definition | null;
}

type JsonObject = Record<string, unknown>;
const MACHINE_ID = 'workflow';

/** Null of the machine as a whole. */
export function previewPlace(definition: Definition, selected: Selected): PreviewPlace | null {
  if (selected.kind === 'root') return null;
  if (selected.kind === 'state') {
    return entering(definition, selected.pointer, inside(selected.pointer, 'entry'));
  }
  if (selected.kind === 'invocation') return entering(definition, selected.state.pointer, selected.pointer);
  if (selected.on === 'always') {
    const place = entering(definition, selected.state.pointer, selected.pointer);
    return { ...place, unasked: unasked(place.definition, selected.pointer) };
  }
  const event = eventOf(definition, selected);
  if (event === null) return null;
  return {
    definition,
    prefix: selected.pointer,
    event,
    request: ({ context, payload }) => ({
      state: selected.state.path === '' ? firstState(definition) : selected.state.path,
      context,
      event: { type: event, payload },
    }),
    unasked: unasked(definition, selected.pointer),
  };
}

function unasked(definition: Definition, pointer: string): Definition {
  const open = changeTransition('', pointer, { guard: undefined }).apply(definition);
  const keys = keysOf(pointer);
  const list = pointerOf(keys.slice(0, -1));
  if (!Array.isArray(valueAt(open, list))) return open;
  return listAt<unknown>(open, list)
    .slice(0, Number(keys.at(-1)))
    .reduce((now, [, before]) => changeTransition('', before, { guard: 'false' }).apply(now), open);
}

/** Something that a wildcard hears. */
const exampleOf = (descriptor: string): string =>
  descriptor === '*' ? 'ANYTHING' : descriptor.replace(/\*$/, 'anything');

function eventOf(definition: Definition, selected: Extract<Selected, { kind: 'transition' }>): string | null {
  const { on, key, state, pointer } = selected;
  const config = valueAt(definition, state.pointer) as StateNode | undefined;
  const id = config?.id ?? [definition.id ?? MACHINE_ID, ...pathKeys(state.path)].join('.');
  switch (on) {
    case 'event':
      return exampleOf(key);
    case 'after':
      return `xstate.after.${delayMs(key) ?? 0}.${id}`;
    case 'done':
      return `xstate.done.state.${id}`;
    case 'always':
      return null;
    case 'succeeded':
    case 'failed': {
      const keys = keysOf(pointer);
      const at = pointerOf(
        keys.slice(
          0,
          keys.findLastIndex((one) => one === 'onDone' || one === 'onError'),
        ),
      );
      return `xstate.${on === 'succeeded' ? 'done' : 'error'}.actor.${invocationId(definition, at)}`;
    }
  }
}

/** As the engine names the invocation at a pointer. */
export function invocationId(definition: Definition, pointer: string): string {
  const keys = keysOf(pointer);
  const depth = keys.lastIndexOf('invoke');
  const state = keys.slice(0, depth);
  const config = valueAt(definition, pointerOf(state)) as StateNode | undefined;
  const path = state.filter((_, i) => i % 2 === 1);
  const stateId = config?.id ?? [definition.id ?? MACHINE_ID, ...path].join('.');
  const { id } = (valueAt(definition, pointer) ?? {}) as InvokeConfig;
  return id ?? `${keys[depth + 1] ?? 0}.${stateId}`;
}

const pathKeys = (path: string): string[] => (path === '' ? [] : path.split('.'));

/** A machine whose states around this one all begin with it, so that starting a job enters it. */
function entering(definition: Definition, pointer: string, prefix: string): PreviewPlace {
  const keys = keysOf(pointer);
  let begun = definition;
  for (let depth = 0; depth < keys.length; depth += 2) {
    const around = inside('', ...keys.slice(0, depth));
    const { type } = (valueAt(begun, around) ?? {}) as StateNode;
    if (type !== 'parallel') begun = withValue(begun, inside(around, 'initial'), keys[depth + 1]);
  }
  return {
    definition: begun,
    prefix,
    event: null,
    request: ({ context }) => ({ input: context }),
    unasked: null,
  };
}

function firstState(definition: Definition): string {
  const [first = ''] = Object.keys(definition.states ?? {});
  return definition.initial ?? first;
}
