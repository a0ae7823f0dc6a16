// What the panel does to a definition, as edits: pure, and careful to leave alone what was not meant.
import type { Action, Definition, TransitionConfig } from '../../../engine/definition.ts';
import type { Edit } from '../document/edit.ts';
import { inside, keysOf, listAt, pointerOf, selectedAt, valueAt, withKey, withValue } from './place.ts';

type Written = string | TransitionConfig;

/** Undefined takes it away. */
export const setValue = (label: string, pointer: string, value: unknown): Edit => ({
  label,
  apply: (definition) => withValue(definition, pointer, value),
});

export const readTransition = (definition: Definition, pointer: string): TransitionConfig => {
  const written = valueAt(definition, pointer) as Written | undefined;
  return typeof written === 'string' ? { target: written } : (written ?? {});
};

/** Some fields of a transition; undefined takes one away. A target alone stays written as one. */
export function changeTransition(
  label: string,
  pointer: string,
  change: { [K in keyof TransitionConfig]?: TransitionConfig[K] | undefined },
): Edit {
  return {
    label,
    apply(definition) {
      const written = valueAt(definition, pointer) as Written | undefined;
      const changed = Object.fromEntries(
        Object.entries({ ...readTransition(definition, pointer), ...change }).filter(
          ([, value]) => value !== undefined,
        ),
      ) as TransitionConfig;
      const { target } = changed;
      const short = typeof written === 'string' && target !== undefined && Object.keys(changed).length === 1;
      return withValue(definition, pointer, short ? target : changed);
    },
  };
}

/** @param pointer of the list: `…/actions`, `…/entry`, `…/exit` */
export function changeActions(
  label: string,
  pointer: string,
  change: (actions: readonly Action[]) => readonly Action[],
): Edit {
  return {
    label,
    apply(definition) {
      const actions = change(listAt<Action>(definition, pointer).map(([action]) => action));
      const value = actions.length === 0 ? undefined : [...actions];
      const owner = pointerOf(keysOf(pointer).slice(0, -1));
      if (typeof valueAt(definition, owner) === 'string') {
        return changeTransition(label, owner, { actions: value }).apply(definition);
      }
      return withValue(definition, pointer, value);
    },
  };
}

/** The action with another name where it has one: names are unique in a definition. */
export function duplicateOf(definition: Definition, action: Action): Action {
  if (!('name' in action) || action.name === undefined) return action;
  const taken = namesIn(definition);
  const [stem = action.name] = action.name.split(/_\d+$/);
  let number = 2;
  while (taken.has(`${stem}_${number}`)) number++;
  return { ...action, name: `${stem}_${number}` };
}

/** Of all actions and invocations. */
export function namesIn(definition: Definition): Set<string> {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { name } = value as { name?: unknown };
    if (typeof name === 'string' && ('action_type' in value || 'src' in value)) names.add(name);
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(definition);
  return names;
}

/** A transition, an invocation: and the list or the section that held nothing else. */
export function removeAt(label: string, pointer: string): Edit {
  return {
    label,
    apply(definition) {
      let changed = withValue(definition, pointer, undefined);
      let keys = keysOf(pointer).slice(0, -1);
      while (keys.length > 0 && mayGo(keys)) {
        const left = valueAt(changed, pointerOf(keys));
        if (typeof left !== 'object' || left === null || Object.keys(left).length > 0) break;
        changed = withValue(changed, pointerOf(keys), undefined);
        keys = keys.slice(0, -1);
      }
      return changed;
    },
  };
}

/** Only what holds transitions and invocations, never a state. */
const mayGo = (keys: readonly string[]): boolean =>
  ['on', 'after', 'always', 'onDone', 'onError', 'invoke'].some(
    (section) => keys.at(-1) === section || keys.at(-2) === section,
  );

/** A transition under another event or delay. @returns where it stands then; null when it has none of them */
export function moveTrigger(
  definition: Definition,
  pointer: string,
  to: string,
): { edit: Edit; pointer: string } | null {
  const selected = selectedAt(definition, pointer);
  if (selected?.kind !== 'transition' || (selected.on !== 'event' && selected.on !== 'after')) return null;
  const [section, label] = selected.on === 'event' ? ['on', 'Change event'] : ['after', 'Change delay'];
  const at = inside(selected.state.pointer, section);
  const there = listAt<Written>(definition, inside(at, to)).map(([one]) => one);
  const alone = pointer === inside(at, selected.key);
  if (alone && there.length === 0) {
    const apply = (before: Definition) =>
      withValue(before, at, withKey(valueAt(before, at) as Record<string, unknown>, selected.key, to));
    return { edit: { label, apply }, pointer: inside(at, to) };
  }
  const apply = (before: Definition) => {
    const moved = valueAt(before, pointer);
    const left = removeAt(label, pointer).apply(before);
    return withValue(left, inside(at, to), there.length === 0 ? moved : [...there, moved]);
  };
  return { edit: { label, apply }, pointer: inside(at, to, ...(there.length === 0 ? [] : [there.length])) };
}

/** Adds a transition behind those that stand there. @returns where it stands */
export function addTransition(
  definition: Definition,
  label: string,
  pointer: string,
  added: TransitionConfig,
): { edit: Edit; pointer: string } {
  const there = listAt<Written>(definition, pointer).map(([one]) => one);
  const value = there.length === 0 ? added : [...there, added];
  return {
    edit: setValue(label, pointer, value),
    pointer: there.length === 0 ? pointer : inside(pointer, there.length),
  };
}
