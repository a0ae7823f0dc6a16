// CEL's macros: a name bound to each item of a list (or once, by cel.bind), and an expression evaluated under it.
import type { ASTNode } from '@marcbachmann/cel-js';
import { absorbable, type Build, bool, type Evaluate, UnusableNode } from './expression-build.ts';
import {
  describe,
  type EvaluationFailure,
  type Frame,
  fail,
  isMap,
  keySteps,
  spend,
  type Value,
} from './expression-values.ts';

export type Macro = (node: ASTNode, receiver: ASTNode, args: readonly ASTNode[], build: Build) => Evaluate;

/** `receiver.name(variable, …)` */
export const MACROS: ReadonlyMap<string, Macro> = new Map<string, Macro>([
  ['all', (node, receiver, args, build) => quantifier('all', node, receiver, args, build)],
  ['exists', (node, receiver, args, build) => quantifier('exists', node, receiver, args, build)],
  ['exists_one', existsOneMacro],
  ['filter', filterMacro],
  ['map', mapMacro],
]);

/** The items of a list or the keys of an object, and a body that is evaluated with each of them bound to a name. */
interface Loop {
  items(frame: Frame): Value[];
  bodies: ((frame: Frame, item: Value) => Value)[];
}

function loop(node: ASTNode, receiver: ASTNode, args: readonly ASTNode[], build: Build): Loop {
  const [variable, ...bodies] = args;
  if (variable?.op !== 'id' || bodies.length === 0) {
    throw new UnusableNode('a macro takes a name and an expression, such as items.all(i, i > 0)', node);
  }
  const source = build.compile(receiver);
  return {
    bodies: bodies.map((body) => bound(variable.args, body, build)),
    items(frame) {
      const value = source(frame);
      if (Array.isArray(value)) return value;
      if (!isMap(value)) return fail(`a list is needed here, not ${describe(value)}`);
      const keys = Object.keys(value);
      spend(frame, keySteps(keys));
      // As jsonb keeps another order than an event came in, what a job remembers would differ from what is stored of it.
      return keys.sort();
    },
  };
}

/** Compiles `body` with `name` bound; each run costs as many steps as the body has nodes. */
function bound(name: string, body: ASTNode, build: Build): (frame: Frame, value: Value) => Value {
  const slot = build.locals.length;
  const nodesBefore = build.nodes;
  build.locals.push(name);
  build.localCount = Math.max(build.localCount, build.locals.length);
  const evaluate = build.compile(body);
  build.locals.pop();
  const steps = build.nodes - nodesBefore;
  return (frame, value) => {
    spend(frame, steps);
    frame.locals[slot] = value;
    return evaluate(frame);
  };
}

function quantifier(
  name: 'all' | 'exists',
  node: ASTNode,
  receiver: ASTNode,
  args: readonly ASTNode[],
  build: Build,
): Evaluate {
  const { items, test } = predicateLoop(name, node, receiver, args, build);
  const decisive = name === 'exists';
  return (frame) => {
    let failure: EvaluationFailure | null = null;
    for (const item of items(frame)) {
      try {
        if (test(frame, item) === decisive) return decisive;
      } catch (error) {
        failure = absorbable(error);
      }
    }
    if (failure !== null) throw failure;
    return !decisive;
  };
}

function existsOneMacro(node: ASTNode, receiver: ASTNode, args: readonly ASTNode[], build: Build): Evaluate {
  const { items, test } = predicateLoop('exists_one', node, receiver, args, build);
  return (frame) => {
    let found = 0;
    for (const item of items(frame)) if (test(frame, item)) found += 1;
    return found === 1;
  };
}

function filterMacro(node: ASTNode, receiver: ASTNode, args: readonly ASTNode[], build: Build): Evaluate {
  const { items, test } = predicateLoop('filter', node, receiver, args, build);
  return (frame) => items(frame).filter((item) => test(frame, item));
}

function predicateLoop(
  name: string,
  node: ASTNode,
  receiver: ASTNode,
  args: readonly ASTNode[],
  build: Build,
): { items: Loop['items']; test: (frame: Frame, item: Value) => boolean } {
  if (args.length !== 2) throw new UnusableNode(`'${name}' takes a name and a condition`, node);
  const { items, bodies } = loop(node, receiver, args, build);
  const [predicate] = bodies as [Loop['bodies'][number]];
  return { items, test: (frame, item) => bool(predicate(frame, item), `the condition of ${name}()`) };
}

/** map(x, value) and map(x, condition, value) */
function mapMacro(node: ASTNode, receiver: ASTNode, args: readonly ASTNode[], build: Build): Evaluate {
  if (args.length > 3) throw new UnusableNode("'map' takes a name, perhaps a condition, and a value", node);
  const { items, bodies } = loop(node, receiver, args, build);
  const value = bodies.at(-1) as Loop['bodies'][number];
  const condition = bodies.length > 1 ? bodies[0] : undefined;
  return (frame) => {
    const mapped: Value[] = [];
    for (const item of items(frame)) {
      if (condition && !bool(condition(frame, item), 'the condition of map()')) continue;
      mapped.push(value(frame, item));
    }
    return mapped;
  };
}

/** cel.bind(name, value, expression) */
export function bindMacro(node: ASTNode, args: readonly ASTNode[], build: Build): Evaluate {
  const [name, value, body] = args;
  if (args.length !== 3 || name?.op !== 'id' || value === undefined || body === undefined) {
    throw new UnusableNode('cel.bind() takes a name, a value and an expression', node);
  }
  const evaluateValue = build.compile(value);
  const evaluateBody = bound(name.args, body, build);
  return (frame) => evaluateBody(frame, evaluateValue(frame));
}
