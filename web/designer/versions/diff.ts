// What differs between two definitions, in the words of machines: states, transitions, guards, targets, actions by field.
// Pure. What is only written otherwise (a target as `#id`, one action instead of a list of one) is no difference.
import type {
  Action,
  Definition,
  InvokeConfig,
  OneOrMany,
  StateNode,
  TransitionConfig,
} from '../../../engine/definition.ts';
import { delayMs, spokenDuration } from '../../machine/delay.ts';
import { targetPath } from '../document/targets.ts';
import { matchLists } from './match-lists.ts';

export interface Change {
  kind: 'added' | 'removed' | 'changed' | 'renamed' | 'reordered';
  what: 'machine' | 'state' | 'transition' | 'action' | 'invocation';
  /** Path of the state it is in, as it is called now; '' for the machine. */
  state: string;
  /** What it is called: a state's path, an event, an action. */
  name: string;
  /** What of it: `guard`, `target`, `params.body.amount`; null for the whole. */
  field: string | null;
  before: unknown;
  after: unknown;
}

type Node = Definition | StateNode;
type Written = string | TransitionConfig;

/** A state in both, under its path then and its path now. */
interface Pair {
  was: string;
  is: string;
  before: Node;
  after: Node;
}

export function diffDefinitions(before: Definition, after: Definition): Change[] {
  const pairs: Pair[] = [];
  const changes: Change[] = [];
  pairStates({ was: '', is: '', before, after }, pairs, changes);
  const nowAt = new Map(pairs.map(({ was, is }) => [was, is]));
  const meanings: Meanings = {
    before: (source, target) =>
      meaning(before, source, target, (path) => nowAt.get(path) ?? `${path} (gone)`),
    after: (source, target) => meaning(after, source, target, (path) => path),
  };
  for (const pair of pairs) changes.push(...diffState(pair, meanings));
  return changes;
}

/** Paths of states that are called otherwise now, to how; those inside a renamed one go with it and are left out. */
export function renamedStates(before: Definition, after: Definition): Record<string, string> {
  const pairs: Pair[] = [];
  pairStates({ was: '', is: '', before, after }, pairs, []);
  return Object.fromEntries(
    pairs
      .filter(({ was, is }) => was.split('.').at(-1) !== is.split('.').at(-1) && was !== '')
      .map(({ was, is }) => [was, is]),
  );
}

/** Where a target leads, as states are called now. */
interface Meanings {
  before(source: string, target: string): string;
  after(source: string, target: string): string;
}

function meaning(definition: Definition, source: string, target: string, now: (path: string) => string) {
  const path = targetPath(definition, source, target);
  return path === null ? `${target} (nowhere)` : now(path);
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

function pairStates(pair: Pair, pairs: Pair[], changes: Change[]): void {
  pairs.push(pair);
  const was = Object.entries(pair.before.states ?? {});
  const is = Object.entries(pair.after.states ?? {});
  const isNew = (a: string, b: string) => !is.some(([key]) => key === a) && !was.some(([key]) => key === b);
  const matched = matchLists(was, is, [
    ([a], [b]) => a === b,
    // Under another name, and otherwise the same but for where it leads; or at least hearing the same.
    ([a, before], [b, after]) => isNew(a, b) && outline(before) === outline(after),
    ([a, before], [b, after]) => isNew(a, b) && heard(before) !== '' && heard(before) === heard(after),
  ]);
  const state = pair.is;
  for (const [key, node] of matched.removed) {
    changes.push(whole('removed', 'state', { state, name: join(state, key), before: node }));
  }
  for (const [key, node] of matched.added) {
    changes.push(whole('added', 'state', { state, name: join(state, key), after: node }));
  }
  for (const [[from, before], [to, after]] of matched.pairs) {
    if (from !== to) {
      changes.push({
        ...whole('renamed', 'state', { state, name: join(state, to) }),
        before: join(state, from),
        after: join(state, to),
      });
    }
    pairStates({ was: join(pair.was, from), is: join(pair.is, to), before, after }, pairs, changes);
  }
  if (matched.reordered && kindOf(pair.after) === 'parallel') {
    changes.push(
      whole('reordered', state === '' ? 'machine' : 'state', { state, name: state, field: 'regions' }),
    );
  }
}

/** A state without where its transitions lead. */
const outline = (node: StateNode): string =>
  JSON.stringify(node, (key, value) =>
    key === 'target' || typeof value === 'string' ? typeof value : value,
  ) + JSON.stringify(Object.keys(node.states ?? {}));

/** What it listens to; '' when that is nothing. */
const heard = (node: Node): string => [...triggersOf(node).keys()].sort().join('\n');

function whole(
  kind: Change['kind'],
  what: Change['what'],
  of: { state: string; name: string; field?: string; before?: unknown; after?: unknown },
): Change {
  return { kind, what, field: null, before: undefined, after: undefined, ...of };
}

const KEYS_OF_THEIR_OWN = ['states', 'on', 'always', 'after', 'onDone', 'invoke', 'entry', 'exit', 'type'];

function diffState(pair: Pair, meanings: Meanings): Change[] {
  const { before, after, is } = pair;
  const about = { what: is === '' ? 'machine' : 'state', state: is, name: is } as const;
  return [
    ...diffFields(ownFields(before, pair.was, meanings.before), ownFields(after, is, meanings.after), about),
    ...diffTransitions(pair, meanings),
    ...diffActions(before.entry, after.entry, { state: is, list: 'entry' }),
    ...diffActions(before.exit, after.exit, { state: is, list: 'exit' }),
    ...diffInvocations(pair),
  ];
}

function ownFields(node: Node, path: string, means: Meanings['before']): Record<string, unknown> {
  const fields: Record<string, unknown> = { kind: kindOf(node) };
  for (const [key, value] of Object.entries(node)) {
    if (KEYS_OF_THEIR_OWN.includes(key)) continue;
    if (key === 'tags') fields.tags = listOf(value).join(', ');
    else if (key === 'target') fields.target = means(path, String(value));
    else if (key === 'context') Object.assign(fields, prefixed(value as object, 'context'));
    else fields[key] = value;
  }
  // What a rename does to `initial` is said by the rename.
  if (typeof node.initial === 'string') fields.initial = means(path, `.${node.initial}`);
  return fields;
}

const prefixed = (object: object, prefix: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [`${prefix}.${key}`, value]));

function kindOf(node: Node): string {
  if (node.type !== undefined) return node.type;
  if (Object.keys(node.states ?? {}).length > 0) return 'compound';
  return 'history' in node && node.history !== undefined ? 'history' : 'atomic';
}

function diffFields(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  about: Pick<Change, 'what' | 'state' | 'name'>,
): Change[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((field): Change[] => {
    const [was, is] = [before[field], after[field]];
    return same(was, is) ? [] : [{ kind: 'changed', ...about, field, before: was, after: is }];
  });
}

/** Equal JSON; the order of keys says nothing. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]))
  );
}

/** What makes a transition be taken, as people say it. */
function triggersOf(node: Node): Map<string, Written[]> {
  const found = new Map<string, Written[]>();
  const add = (name: string, written: OneOrMany<Written> | undefined) => {
    const all = listOf(written);
    if (all.length > 0) found.set(name, [...(found.get(name) ?? []), ...all]);
  };
  for (const [event, written] of Object.entries(node.on ?? {})) add(event, written);
  for (const [delay, written] of Object.entries(node.after ?? {})) {
    add(`after ${spokenDuration(String(delayMs(delay) ?? delay))}`, written);
  }
  add('always', node.always);
  if ('onDone' in node) add('when done', node.onDone);
  for (const [i, invoke] of listOf(node.invoke).entries()) {
    const name = invoke.name ?? invoke.id ?? `${invoke.src}${i === 0 ? '' : ` ${i + 1}`}`;
    add(`${name} succeeded`, invoke.onDone);
    add(`${name} failed`, invoke.onError);
  }
  return found;
}

interface Transition {
  target: string | null;
  fields: Record<string, unknown>;
  actions: readonly Action[];
}

function diffTransitions({ was, is: state, before, after }: Pair, meanings: Meanings): Change[] {
  const [left, right] = [triggersOf(before), triggersOf(after)];
  const changes: Change[] = [];
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const then = (left.get(name) ?? []).map((one) => read(one, (target) => meanings.before(was, target)));
    const now = (right.get(name) ?? []).map((one) => read(one, (target) => meanings.after(state, target)));
    const matched = matchLists(then, now, [same, (a, b) => a.target === b.target, () => true]);
    const about = { state, name };
    for (const one of matched.removed) {
      changes.push(whole('removed', 'transition', { ...about, before: one.fields }));
    }
    for (const one of matched.added)
      changes.push(whole('added', 'transition', { ...about, after: one.fields }));
    for (const [a, b] of matched.pairs) {
      changes.push(...diffFields(a.fields, b.fields, { what: 'transition', ...about }));
      changes.push(...diffActions([...a.actions], [...b.actions], { state, list: name }));
    }
    if (matched.reordered) changes.push(whole('reordered', 'transition', { ...about, field: 'transitions' }));
  }
  return changes;
}

function read(written: Written, means: (target: string) => string): Transition {
  const { target, actions, reenter, ...rest } = typeof written === 'string' ? { target: written } : written;
  const leads = target === undefined ? null : means(target);
  return {
    target: leads,
    fields: { ...rest, ...(leads !== null && { target: leads }), ...(reenter && { reenter }) },
    actions: listOf(actions),
  };
}

const nameOf = (action: Action): string | undefined => ('name' in action ? action.name : undefined);

function diffActions(
  before: OneOrMany<Action> | undefined,
  after: OneOrMany<Action> | undefined,
  { state, list }: { state: string; list: string },
): Change[] {
  const matched = matchLists(listOf(before), listOf(after), [
    (a, b) => nameOf(a) !== undefined && nameOf(a) === nameOf(b) && a.action_type === b.action_type,
    same,
    (a, b) => a.action_type === b.action_type,
  ]);
  const named = (action: Action) => `${list}: ${nameOf(action) ?? action.action_type}`;
  const changes: Change[] = [
    ...matched.removed.map((one) => whole('removed', 'action', { state, name: named(one), before: one })),
    ...matched.added.map((one) => whole('added', 'action', { state, name: named(one), after: one })),
    ...matched.pairs.flatMap(([a, b]) =>
      diffFields(leaves(a), leaves(b), { what: 'action', state, name: named(b) }),
    ),
  ];
  if (matched.reordered) {
    changes.push(whole('reordered', 'action', { state, name: list, field: 'actions' }));
  }
  return changes;
}

function diffInvocations({ is: state, before, after }: Pair): Change[] {
  const matched = matchLists(listOf(before.invoke), listOf(after.invoke), [
    (a, b) => a.id !== undefined && a.id === b.id,
    (a, b) => a.name !== undefined && a.name === b.name,
    (a, b) => a.src === b.src,
  ]);
  const named = ({ name, src }: InvokeConfig) => name ?? src;
  const own = ({ onDone: _, onError: __, ...rest }: InvokeConfig) => leaves(rest);
  return [
    ...matched.removed.map((one) =>
      whole('removed', 'invocation', { state, name: named(one), before: own(one) }),
    ),
    ...matched.added.map((one) => whole('added', 'invocation', { state, name: named(one), after: own(one) })),
    ...matched.pairs.flatMap(([a, b]) =>
      diffFields(own(a), own(b), { what: 'invocation', state, name: named(b) }),
    ),
    ...(matched.reordered
      ? [whole('reordered', 'invocation', { state, name: state, field: 'invocations' })]
      : []),
  ];
}

/** Every value by its dotted path; what is empty is a value too. */
function leaves(value: unknown, path = '', found: Record<string, unknown> = {}): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    found[path] = value;
    return found;
  }
  for (const [key, inner] of Object.entries(value)) leaves(inner, join(path, key), found);
  return found;
}

const listOf = <T>(value: OneOrMany<T> | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
