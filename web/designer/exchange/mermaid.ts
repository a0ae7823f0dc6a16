// To and from Mermaid's stateDiagram-v2: states, transitions with their events and guards, and what lies in what. Actions
// and context have no place in it.
import type { Definition, StateNode, TransitionConfig } from '../../../engine/definition.ts';
import { delayMs } from '../../machine/delay.ts';
import { type DrawnTransition, type Graph, graphOf } from '../../machine/graph.ts';
import { freeKey } from '../document/pointers.ts';
import type { Imported } from './imported.ts';

export function toMermaid(definition: Definition): string {
  const graph = graphOf(definition);
  const ids = idsOf(graph);
  const lines = ['stateDiagram-v2', ...inside(graph, ids, '', '  ')];
  return `${lines.join('\n')}\n`;
}

/** Mermaid's names are words; others are shown as a description. */
function idsOf(graph: Graph): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const { path, key } of graph.states) {
    // A name is said once in a diagram: what is called the same elsewhere is called by its path.
    const same = graph.states.filter((one) => one.key === key).length > 1;
    const word = (same ? path : key).replaceAll(/[^A-Za-z0-9_]/g, '_') || 'state';
    ids.set(path, freeKey([...ids.values()], RESERVED.has(word) ? `${word}_` : word));
  }
  return ids;
}

const RESERVED = new Set(['state', 'end', 'note', 'direction', 'class', 'classDef', 'style', 'default']);

function inside(graph: Graph, ids: ReadonlyMap<string, string>, path: string, indent: string): string[] {
  const id = (of: string) => ids.get(of) ?? of;
  const parent = graph.states.find((state) => state.path === path);
  const lines: string[] = [];
  const children = graph.states.filter((state) => state.parent === path);
  for (const [i, child] of children.entries()) {
    if (parent?.kind === 'parallel' && i > 0) lines.push(`${indent}--`);
    if (id(child.path) !== child.key)
      lines.push(`${indent}state "${escaped(child.key)}" as ${id(child.path)}`);
    const within = inside(graph, ids, child.path, `${indent}  `);
    if (within.length > 0) lines.push(`${indent}state ${id(child.path)} {`, ...within, `${indent}}`);
    else if (id(child.path) === child.key) lines.push(`${indent}${child.key}`);
    if (child.initial) lines.push(`${indent}[*] --> ${id(child.path)}`);
    if (child.kind === 'final') lines.push(`${indent}${id(child.path)} --> [*]`);
  }
  const stands = ({ source }: { source: string }) =>
    source !== '' && (graph.states.find((state) => state.path === source)?.parent ?? '') === path;
  for (const edge of graph.edges.filter(stands)) {
    if (edge.target === '') continue;
    for (const transition of edge.transitions) {
      lines.push(`${indent}${id(edge.source)} --> ${id(edge.target)}: ${said(transition)}`);
    }
  }
  for (const child of children) {
    for (const transition of child.inner.filter(({ target }) => target === child.path)) {
      lines.push(`${indent}${id(child.path)} --> ${id(child.path)}: ${said(transition)}`);
    }
  }
  return lines;
}

function said({ label, trigger, pointer, guard }: DrawnTransition): string {
  const delay = trigger === 'after' ? /\/after\/([^/]+)/.exec(pointer)?.[1] : undefined;
  const words = delay === undefined ? label : `after ${delay}`;
  return escaped(guard === null ? words : `${words} [${guard}]`);
}

const escaped = (text: string): string =>
  text
    .replaceAll('#', '#35;')
    .replaceAll(';', (_, at: number, whole: string) => (whole.slice(0, at).endsWith('#35') ? ';' : '#59;'))
    .replaceAll('"', '#quot;')
    .replaceAll(/\s+/g, ' ');

const unescaped = (text: string): string =>
  text.replaceAll('#quot;', '"').replaceAll('#59;', ';').replaceAll('#35;', '#');

interface Read {
  states: Map<string, StateNode>;
  /** Regions, where `--` parts them. */
  regions: Read[];
  initial: string | null;
  finals: Set<string>;
  ways: { from: string; to: string; label: string }[];
}

const nothing = (): Read => ({ states: new Map(), regions: [], initial: null, finals: new Set(), ways: [] });

/** Notes, styles and directions are for the eye and are left out. */
export function fromMermaid(text: string): Imported {
  const notes = new Set<string>();
  const names = new Map<string, string>();
  const lines = text
    .replace(/^\s*---[\s\S]*?---\s*/, '')
    .split('\n')
    .map((line) => line.replace(/%%.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('stateDiagram'));
  const stack: { read: Read; region: Read; key: string | null }[] = [];
  const root = nothing();
  stack.push({ read: root, region: root, key: null });
  let inNote = false;
  for (const line of lines) {
    const here = stack.at(-1) as (typeof stack)[number];
    if (inNote) inNote = line !== 'end note';
    else if (/^note\b/.test(line)) inNote = !line.includes(':');
    else if (line === '}') {
      if (stack.length > 1) stack.pop();
    } else if (line === '--') {
      if (here.read.regions.length === 0) here.read.regions.push(here.region);
      here.region = nothing();
      here.read.regions.push(here.region);
    } else if (
      !readLine(line, { here, stack, names }) &&
      !/^(?:direction|class|classDef|style|hide)\b/.test(line)
    ) {
      notes.add(`"${line}" was not understood.`);
    }
  }
  const definition = {
    ...built(root, names),
    initial: root.initial ?? [...root.states.keys()][0],
  } as Definition;
  if (root.regions.length > 0) delete definition.initial;
  return { definition: withTargets(definition, waysIn(root), names), notes: [...notes] };
}

interface Reading {
  here: { read: Read; region: Read; key: string | null };
  stack: { read: Read; region: Read; key: string | null }[];
  names: Map<string, string>;
}

function readLine(line: string, { here, stack, names }: Reading): boolean {
  const { region } = here;
  const way = /^(\[\*\]|[\w-]+)\s*-->\s*(\[\*\]|[\w-]+)\s*(?::\s*(.*))?$/.exec(line);
  const block = /^state\s+(?:"([^"]*)"\s+as\s+)?([\w-]+)\s*\{$/.exec(line);
  const named = /^state\s+"([^"]*)"\s+as\s+([\w-]+)$/.exec(line);
  const plain = /^(?:state\s+)?([\w-]+)(?:\s*<<\w+>>)?(?:\s*:\s*(.*))?$/.exec(line);
  if (way) {
    const [, from = '', to = '', label = ''] = way;
    if (from === '[*]') region.initial ??= know(region, to);
    else if (to === '[*]') region.finals.add(know(region, from));
    else region.ways.push({ from: know(region, from), to, label: unescaped(label.trim()) });
  } else if (block) {
    const [, label, key = ''] = block;
    if (label) names.set(key, unescaped(label));
    const read = nothing();
    know(region, key);
    region.states.set(key, read as unknown as StateNode);
    stack.push({ read, region: read, key });
  } else if (named) {
    names.set(named[2] ?? '', unescaped(named[1] ?? ''));
    know(region, named[2] ?? '');
  } else if (plain && !/^(?:direction|class|classDef|style|hide|note|end)$/.test(plain[1] ?? '')) {
    know(region, plain[1] ?? '');
  } else return false;
  return true;
}

function know(read: Read, key: string): string {
  if (!read.states.has(key)) read.states.set(key, {});
  return key;
}

const isRead = (state: unknown): state is Read =>
  typeof state === 'object' && state !== null && 'ways' in state;

function built(read: Read, names: ReadonlyMap<string, string>): StateNode {
  if (read.regions.length > 0) {
    const regions = read.regions.map((region, i): [string, StateNode] => {
      // A region with one state that nothing enters is that state: so they are written by toMermaid.
      const [only] = region.states;
      if (region.states.size === 1 && only && region.initial === null)
        return [only[0], stateOf(only[1], names)];
      return [`region_${i + 1}`, compound(region, names)];
    });
    return { type: 'parallel', states: Object.fromEntries(regions) };
  }
  return compound(read, names);
}

function compound(read: Read, names: ReadonlyMap<string, string>): StateNode {
  const states = [...read.states].map(([key, state]): [string, StateNode] => {
    const leaves = read.ways.some(({ from }) => from === key);
    const made = stateOf(state, names);
    return [key, read.finals.has(key) && !leaves && !made.states ? { type: 'final' } : made];
  });
  return { initial: read.initial ?? states[0]?.[0] ?? '', states: Object.fromEntries(states) };
}

const stateOf = (state: StateNode, names: ReadonlyMap<string, string>): StateNode =>
  isRead(state) ? built(state, names) : {};

function waysIn(read: Read): Read['ways'] {
  const inner = [...read.states.values()].flatMap((state) => (isRead(state) ? waysIn(state) : []));
  const regions = read.regions.flatMap((region) => (region === read ? [] : waysIn(region)));
  return [...read.ways, ...inner, ...regions];
}

/** Names in a diagram hold for all of it: wherever a state stands, its transitions find it. */
function withTargets(
  definition: Definition,
  ways: Read['ways'],
  names: ReadonlyMap<string, string>,
): Definition {
  const places = new Map<string, { state: StateNode; path: string[] }>();
  const walk = (state: StateNode | Definition, path: string[]): void => {
    for (const [key, child] of Object.entries(state.states ?? {})) {
      if (!places.has(key)) places.set(key, { state: child, path: [...path, key] });
      walk(child, [...path, key]);
    }
  };
  walk(definition, []);
  for (const { from, to, label } of ways) {
    const [source, target] = [places.get(from), places.get(to)];
    if (!source || !target) continue;
    const sibling = source.path.slice(0, -1).join('.') === target.path.slice(0, -1).join('.');
    const written = sibling ? to : `#workflow.${target.path.join('.')}`;
    addWay(source.state, label, written);
  }
  return renamed(definition, names) as Definition;
}

function addWay(state: StateNode, label: string, target: string): void {
  const [, words = '', guard] = /^(.*?)\s*(?:\[(.*)\])?$/.exec(label) ?? [];
  const transition: TransitionConfig = { target, ...(guard && { guard }) };
  const [, delay] = /^after\s+(\S+)$/.exec(words) ?? [];
  const push = (holder: Record<string, unknown>, key: string): void => {
    const before = holder[key];
    holder[key] = before === undefined ? transition : [before, transition].flat();
  };
  if (words === '' || words === 'always') push(state as Record<string, unknown>, 'always');
  else if (words === 'done' && state.states) push(state as Record<string, unknown>, 'onDone');
  else if (delay !== undefined && delayMs(delay) !== null) {
    state.after = { ...state.after };
    push(state.after, delay);
  } else {
    state.on = { ...state.on };
    push(state.on, words);
  }
}

/** Descriptions become names where they can be. */
function renamed(state: StateNode | Definition, names: ReadonlyMap<string, string>): StateNode | Definition {
  const states = Object.entries(state.states ?? {}).map(([key, child]) => {
    const description = names.get(key);
    return [key, { ...renamed(child, names), ...(description !== undefined && { description }) }];
  });
  return states.length === 0 ? state : { ...state, states: Object.fromEntries(states) };
}
