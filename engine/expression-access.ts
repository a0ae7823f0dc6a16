// How an expression reads the scope: paths that must be there, paths asked for with has(), and the list of all of them.
import type { ASTNode } from '@marcbachmann/cel-js';
import { type Build, type Evaluate, UnusableNode } from './expression-build.ts';
import { wholeNumber } from './expression-functions.ts';
import { describe, type Frame, fail, isMap, TypeName, type Value } from './expression-values.ts';

const TYPE_NAMES = new Set(['bool', 'int', 'double', 'string', 'list', 'map', 'null_type']);

/** A name or a path through the scope; `int`, `string` and so on are types, to compare with type(x). */
export function access(node: ASTNode, build: Build): Evaluate {
  notePath(node, build);
  if (node.op === 'id' && TYPE_NAMES.has(node.args) && !build.locals.includes(node.args)) {
    const type = new TypeName(node.args);
    return () => type;
  }
  return strict(node, build);
}

/** A value that must be there. */
function strict(node: ASTNode, build: Build): Evaluate {
  const written = node.input.slice(node.start, node.end);
  if (node.op === 'id') {
    const read = rootOrLocal(node.args, build);
    const message = `'${written}' is not known here`;
    return (frame) => {
      const value = read(frame);
      return value === undefined ? fail(message) : value;
    };
  }
  if (node.op === '.') {
    const [owner, name] = [target(node.args[0], build), node.args[1]];
    return (frame) => member(owner(frame), name, written);
  }
  if (node.op === '[]') {
    const [owner, key] = [target(node.args[0], build), build.compile(node.args[1])];
    return (frame) => element(owner(frame), key(frame), written);
  }
  return build.compile(node);
}

function target(node: ASTNode, build: Build): Evaluate {
  return isAccess(node) ? strict(node, build) : build.compile(node);
}

const isAccess = (node: ASTNode): boolean => node.op === 'id' || node.op === '.' || node.op === '[]';

function rootOrLocal(name: string, build: Build): (frame: Frame) => Value | undefined {
  const slot = build.locals.lastIndexOf(name);
  if (slot >= 0) return (frame) => frame.locals[slot];
  return ({ scope }) => (Object.hasOwn(scope, name) ? scope[name] : undefined);
}

const missing = (written: string): string =>
  written.startsWith('actions.')
    ? `${written} is missing: no such action has run yet, or it has no such value`
    : `${written} is missing`;

function member(owner: Value, name: string, written: string): Value {
  if (!isMap(owner)) return fail(`${written} cannot be read: ${describe(owner)} has no named values`);
  if (!Object.hasOwn(owner, name)) return fail(missing(written));
  return owner[name] as Value;
}

function element(owner: Value, key: Value, written: string): Value {
  if (Array.isArray(owner)) {
    const index = wholeNumber(key);
    if (index < 0 || index >= owner.length)
      return fail(`${written}: the list has only ${owner.length} items`);
    return owner[index] as Value;
  }
  if (typeof key !== 'string') return fail(`${written}: ${describe(key)} is not a key of ${describe(owner)}`);
  return member(owner, key, written);
}

/** Adds the longest path that is written out in names: `a.b["c"].d` is a.b.c.d, `a.b[0].c` is a.b. */
function notePath(node: ASTNode, build: Build): void {
  const { path } = writtenPath(node, build);
  if (path !== null) build.variables.add(path);
}

function writtenPath(node: ASTNode, build: Build): { path: string | null; open: boolean } {
  const closed = { path: null, open: false };
  if (node.op === 'id') {
    if (build.locals.includes(node.args) || TYPE_NAMES.has(node.args)) return closed;
    return { path: node.args, open: true };
  }
  if (node.op !== '.' && node.op !== '[]') return closed;
  const owner = writtenPath(node.args[0], build);
  if (!owner.open) return owner;
  const key = node.op === '.' ? node.args[1] : node.args[1].op === 'value' ? node.args[1].args : null;
  // A key with a dot, and one known only at run time, cannot be part of a dotted path.
  if (typeof key !== 'string' || key === '' || key.includes('.')) return { path: owner.path, open: false };
  return { path: `${owner.path}.${key}`, open: true };
}

/** has(a.b.c): whether the path is there. Lenient where CEL is strict: it is false, not an error, when a.b is missing. */
export function hasMacro(node: ASTNode, args: readonly ASTNode[], build: Build): Evaluate {
  const [path] = args;
  if (args.length !== 1 || path?.op !== '.') {
    throw new UnusableNode('has() takes one path such as event.amount', node);
  }
  notePath(path, build);
  const find = lenient(path, build);
  return (frame) => find(frame) !== undefined;
}

function lenient(node: ASTNode, build: Build): (frame: Frame) => Value | undefined {
  if (node.op === 'id') return rootOrLocal(node.args, build);
  if (node.op === '.') {
    const [owner, name] = [lenient(node.args[0], build), node.args[1]];
    return (frame) => {
      const value = owner(frame);
      return value !== undefined && isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    };
  }
  if (node.op === '[]') {
    const [owner, key] = [lenient(node.args[0], build), build.compile(node.args[1])];
    return (frame) => {
      const [value, name] = [owner(frame), key(frame)];
      if (typeof value !== 'object' || value === null) return undefined;
      const index = typeof name === 'bigint' ? Number(name) : name;
      // Of a list only its items: `length` is an own property of an array, but not a value in it.
      const isKey = Array.isArray(value) ? typeof index === 'number' : typeof index === 'string';
      return isKey && Object.hasOwn(value, index as string)
        ? (value as Record<string, Value>)[index as string]
        : undefined;
    };
  }
  return build.compile(node);
}
