// States under another name, and targets as they are written: whatever leads to a state finds it again.
import type { Definition, InvokeConfig, StateNode } from '../../../engine/definition.ts';
import type { Edit } from '../document/edit.ts';
import { keysOf, listAt, pointerOf, valueAt, withKey, withValue } from './place.ts';

const DEFAULT_MACHINE_ID = 'workflow';

const pathKeys = (path: string): string[] => (path === '' ? [] : path.split('.'));
export const pointerOfPath = (path: string): string =>
  pointerOf(pathKeys(path).flatMap((key) => ['states', key]));
const stateAt = (definition: Definition, path: string): StateNode | undefined =>
  valueAt(definition, pointerOfPath(path)) as StateNode | undefined;

/** How a transition of `source` writes that it leads to `target`. Both are paths. */
export function targetText(definition: Definition, source: string, target: string): string {
  const [from, to] = [pathKeys(source), pathKeys(target)];
  const shares = (keys: readonly string[]) => keys.every((key, i) => to[i] === key);
  if (to.length > from.length && shares(from)) return `.${to.slice(from.length).join('.')}`;
  const around = from.slice(0, -1);
  if (from.length > 0 && to.length > around.length && shares(around))
    return to.slice(around.length).join('.');
  const id = stateAt(definition, target)?.id;
  return `#${id ?? [definition.id ?? DEFAULT_MACHINE_ID, ...to].join('.')}`;
}

/** Keys of the states that a target names on its way, from the first; null when it leads nowhere. */
function wayOf(
  definition: Definition,
  source: string,
  target: string,
): { start: string; keys: string[] } | null {
  if (target.startsWith('#')) {
    const [id = '', ...keys] = target.slice(1).split('.');
    const start = pathOfId(definition, id);
    return start === null ? null : { start, keys };
  }
  if (target.startsWith('.')) return { start: source, keys: target.slice(1).split('.') };
  if (source === '') return null;
  return { start: pathKeys(source).slice(0, -1).join('.'), keys: target.split('.') };
}

function pathOfId(definition: Definition, id: string): string | null {
  if (id === (definition.id ?? DEFAULT_MACHINE_ID)) return '';
  let found: string | null = null;
  eachState(definition, (path, state) => {
    if (state.id === id && path !== '' && found === null) found = path;
  });
  return found;
}

/** The path that a target means; null when it leads nowhere. */
export function targetPath(definition: Definition, source: string, target: string): string | null {
  const way = wayOf(definition, source, target);
  if (way === null) return null;
  const path = [...pathKeys(way.start), ...way.keys].join('.');
  return stateAt(definition, path) === undefined ? null : path;
}

function eachState(definition: Definition, visit: (path: string, state: StateNode) => void): void {
  const walk = (path: string, state: StateNode): void => {
    visit(path, state);
    for (const [key, inner] of Object.entries(state.states ?? {}))
      walk(path === '' ? key : `${path}.${key}`, inner);
  };
  walk('', definition as StateNode);
}

/** Every place where a target is written, with the path of the state it is written in. */
function targetsIn(definition: Definition): { pointer: string; source: string; target: string }[] {
  const found: { pointer: string; source: string; target: string }[] = [];
  eachState(definition, (path, state) => {
    const at = pointerOfPath(path);
    const read = (pointer: string): void => {
      for (const [written, its] of listAt<string | { target?: string }>(definition, pointer)) {
        if (typeof written === 'string') found.push({ pointer: its, source: path, target: written });
        else if (written.target !== undefined) {
          found.push({ pointer: `${its}/target`, source: path, target: written.target });
        }
      }
    };
    for (const section of ['on', 'after'] as const) {
      for (const key of Object.keys(state[section] ?? {})) read(at + pointerOf([section, key]));
    }
    read(`${at}/always`);
    if (path !== '') read(`${at}/onDone`);
    for (const [, its] of listAt<InvokeConfig>(definition, `${at}/invoke`)) {
      read(`${its}/onDone`);
      read(`${its}/onError`);
    }
    if (path !== '' && typeof state.target === 'string') {
      found.push({ pointer: `${at}/target`, source: path, target: state.target });
    }
  });
  return found;
}

/** A state under another key: targets and `initial` follow. @returns its pointer then */
export function renameState(pointer: string, to: string): { edit: Edit; pointer: string } {
  const keys = keysOf(pointer);
  const from = keys.at(-1) as string;
  const renamed = keys.filter((_, i) => i % 2 === 1).join('.');
  const around = pointerOf(keys.slice(0, -2));
  return {
    edit: {
      label: 'Rename state',
      apply(definition) {
        let changed = definition;
        for (const { pointer: at, source, target } of targetsIn(definition)) {
          const text = renamedTarget(definition, { source, target, renamed, to });
          if (text !== target) changed = withValue(changed, at, text);
        }
        const outer = valueAt(changed, around) as StateNode;
        const states = withKey(outer.states ?? {}, from, to);
        const initial = outer.initial === from ? { initial: to } : {};
        return withValue(changed, around, { ...outer, ...initial, states });
      },
    },
    pointer: pointerOf([...keys.slice(0, -1), to]),
  };
}

function renamedTarget(
  definition: Definition,
  { source, target, renamed, to }: { source: string; target: string; renamed: string; to: string },
): string {
  const way = wayOf(definition, source, target);
  if (way === null) return target;
  const path = pathKeys(way.start);
  const keys = way.keys.map((key) => {
    path.push(key);
    return path.join('.') === renamed ? to : key;
  });
  const head = target.startsWith('#') ? `${target.split('.')[0]}.` : target.startsWith('.') ? '.' : '';
  return way.keys.length === 0 ? target : head + keys.join('.');
}
