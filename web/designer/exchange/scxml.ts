// To SCXML (https://www.w3.org/TR/scxml/). What Pawl's actions do beyond it stands in elements of a namespace of its own.
import type { Action, Definition } from '../../../engine/definition.ts';
import { delayMs } from '../../machine/delay.ts';
import { type DrawnState, type DrawnTransition, graphOf } from '../../machine/graph.ts';
import { valueAt } from '../document/pointers.ts';

const NAMESPACE = 'https://pawl.dev/scxml';

export function toScxml(definition: Definition): string {
  const graph = graphOf(definition);
  const inside = Map.groupBy(graph.states, ({ parent }) => parent);
  const ways = Map.groupBy(
    [...graph.states.flatMap(({ inner }) => inner), ...graph.edges.flatMap(({ transitions }) => transitions)],
    ({ source }) => source,
  );
  const idOf = (path: string) => (path === '' ? 'machine' : path.replaceAll(/[^\w.-]/g, '_'));
  const initialOf = (path: string) => inside.get(path)?.find(({ initial }) => initial)?.path;

  const write = (state: DrawnState): Element => {
    const name = ELEMENTS[state.kind];
    const children = inside.get(state.path) ?? [];
    const transitions = ways.get(state.path) ?? [];
    const first = initialOf(state.path);
    return {
      name,
      attributes: {
        id: idOf(state.path),
        ...(state.kind === 'compound' && first !== undefined && { initial: idOf(first) }),
        ...(state.kind === 'history' && { type: state.deep ? 'deep' : 'shallow' }),
      },
      children: [
        ...onEntry(definition, state, transitions, idOf),
        ...onExit(definition, state, transitions, idOf),
        ...transitions.map((one) => transitionOf(definition, one, state, idOf)),
        ...children.map(write),
      ],
    };
  };
  const [root] = graph.states;
  const first = initialOf('');
  const data = Object.entries(definition.context ?? {}).map(
    ([id, value]): Element => ({ name: 'data', attributes: { id, expr: JSON.stringify(value) } }),
  );
  const machine = root ? write(root) : { name: 'state', attributes: {}, children: [] };
  // The root of SCXML has neither transitions nor regions of its own: where ours has, one state is put around.
  const plain = root?.kind === 'compound' && (ways.get('') ?? []).length === 0;
  const document: Element = {
    name: 'scxml',
    attributes: {
      xmlns: 'http://www.w3.org/2005/07/scxml',
      'xmlns:pawl': NAMESPACE,
      version: '1.0',
      datamodel: 'cel',
      ...(definition.id !== undefined && { name: definition.id }),
      ...(plain && first !== undefined && { initial: idOf(first) }),
    },
    children: [
      ...(data.length > 0 ? [{ name: 'datamodel', attributes: {}, children: data }] : []),
      ...(plain ? (machine.children ?? []) : [machine]),
    ],
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${text(document, '')}`;
}

const ELEMENTS = {
  atomic: 'state',
  compound: 'state',
  parallel: 'parallel',
  final: 'final',
  history: 'history',
} as const;

interface Element {
  name: string;
  attributes: Record<string, string>;
  children?: Element[];
  /** Instead of children. */
  content?: string;
}

type IdOf = (path: string) => string;

const delaysOf = (transitions: readonly DrawnTransition[]) =>
  transitions.flatMap(({ trigger, pointer }) => {
    const delay = trigger === 'after' ? /\/after\/([^/]+)/.exec(pointer)?.[1] : undefined;
    return delay === undefined ? [] : [delay];
  });

const timerOf = (state: DrawnState, delay: string, idOf: IdOf) => `after.${delay}.${idOf(state.path)}`;

function onEntry(
  definition: Definition,
  state: DrawnState,
  transitions: readonly DrawnTransition[],
  idOf: IdOf,
): Element[] {
  const timers = [...new Set(delaysOf(transitions))].map((delay): Element => {
    const id = timerOf(state, delay, idOf);
    return { name: 'send', attributes: { event: id, id, delay: `${delayMs(delay) ?? 0}ms` } };
  });
  const invokes = state.invokes.map(({ pointer }) => own('invoke', valueAt(definition, pointer)));
  return block('onentry', [
    ...state.entry.map(({ pointer }) => actionOf(definition, pointer)),
    ...timers,
    ...invokes,
  ]);
}

function onExit(
  definition: Definition,
  state: DrawnState,
  transitions: readonly DrawnTransition[],
  idOf: IdOf,
): Element[] {
  const timers = [...new Set(delaysOf(transitions))].map(
    (delay): Element => ({ name: 'cancel', attributes: { sendid: timerOf(state, delay, idOf) } }),
  );
  return block('onexit', [...state.exit.map(({ pointer }) => actionOf(definition, pointer)), ...timers]);
}

const block = (name: string, children: Element[]): Element[] =>
  children.length === 0 ? [] : [{ name, attributes: {}, children }];

function transitionOf(
  definition: Definition,
  { trigger, label, pointer, guard, target, actions }: DrawnTransition,
  state: DrawnState,
  idOf: IdOf,
): Element {
  const [delay] = delaysOf([{ trigger, pointer } as DrawnTransition]);
  const done = `done.state.${idOf(state.path)}`;
  const invocation = pointer.includes('/onError') ? 'error' : 'done';
  const event = {
    event: label,
    always: undefined,
    after: delay && timerOf(state, delay, idOf),
    done,
    invocation: `${invocation}.invoke.${idOf(state.path)}`,
  }[trigger];
  return {
    name: 'transition',
    attributes: {
      ...(event !== undefined && { event }),
      ...(guard !== null && { cond: guard }),
      ...(target !== null && { target: idOf(target) }),
    },
    children: actions.map((action) => actionOf(definition, action.pointer)),
  };
}

function actionOf(definition: Definition, pointer: string): Element {
  const action = valueAt(definition, pointer) as Action;
  const { action_type: kind, params } = action;
  if (kind === 'ASSIGN') {
    const [[location, expr] = ['', ''], ...more] = Object.entries(params);
    if (more.length === 0) return { name: 'assign', attributes: { location, expr } };
  }
  if (kind === 'RAISE' && params.payload === undefined)
    return { name: 'raise', attributes: { event: params.type } };
  return own('action', action);
}

const own = (name: string, value: unknown): Element => ({
  name: `pawl:${name}`,
  attributes: {},
  content: JSON.stringify(value),
});

function text({ name, attributes, children = [], content }: Element, indent: string): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const open = `${indent}<${name}${written.join('')}`;
  if (content !== undefined) return `${open}>${escaped(content)}</${name}>\n`;
  if (children.length === 0) return `${open}/>\n`;
  return `${open}>\n${children.map((child) => text(child, `${indent}  `)).join('')}${indent}</${name}>\n`;
}

const escaped = (value: string): string =>
  value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    // XML has no way to say these.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is left out
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '');
