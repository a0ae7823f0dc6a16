// From CEL's syntax tree to a function that evaluates it, noting on the way every path of the scope it reads.
import type { ASTNode } from '@marcbachmann/cel-js';
import { access, hasMacro } from './expression-access.ts';
import {
  absorbable,
  type Build,
  bool,
  type Evaluate,
  type Patterns,
  UnusableNode,
} from './expression-build.ts';
import { type CelFunction, FUNCTIONS, METHODS, matches } from './expression-functions.ts';
import { bindMacro, MACROS } from './expression-macros.ts';
import { BINARY_OPERATORS, negate } from './expression-operators.ts';
import { describe, type EvaluationFailure, type Frame, fail, type Value } from './expression-values.ts';
import {
  compilationSteps,
  compilePattern,
  MAX_PATTERN_STEPS,
  type Pattern,
  TOO_LONG_TO_COMPILE,
} from './pattern.ts';

export interface CompiledTree {
  readonly evaluate: Evaluate;
  readonly variables: readonly string[];
  /** How many macro variables are bound at once, at most. */
  readonly localCount: number;
  /** What evaluating it costs at least, in steps. */
  readonly nodes: number;
  readonly patternSteps: number;
}

/** Throws UnusableNode. */
export function compileTree(root: ASTNode, patterns: Patterns): CompiledTree {
  const build: Build = {
    compile: (node) => compile(node, build),
    locals: [],
    localCount: 0,
    variables: new Set(),
    nodes: 0,
    patterns,
    patternSteps: 0,
  };
  const evaluate = build.compile(root);
  const { localCount, nodes, patternSteps } = build;
  return { evaluate, variables: [...build.variables], localCount, nodes, patternSteps };
}

function compile(node: ASTNode, build: Build): Evaluate {
  build.nodes += 1;
  switch (node.op) {
    case 'value':
      return literal(node);
    case 'id':
    case '.':
    case '[]':
      return access(node, build);
    case 'call':
      return functionCall(node, build);
    case 'rcall':
      return methodCall(node, build);
    case 'list': {
      const items = node.args.map((item) => compile(item, build));
      return (frame) => items.map((item) => item(frame));
    }
    case 'map':
      return mapLiteral(node.args, build);
    case '?:':
      return ternary(node.args, build);
    case '||':
      return logical(node.args, true, build);
    case '&&':
      return logical(node.args, false, build);
    case '!_': {
      const operand = compile(node.args, build);
      return (frame) => !bool(operand(frame), "'!'");
    }
    case '-_': {
      const operand = compile(node.args, build);
      return (frame) => negate(operand(frame));
    }
    case '.?':
    case '[?]':
      throw new UnusableNode('optional access is not supported; use has()', node);
    default:
      return binary(node, build);
  }
}

function literal(node: ASTNode & { op: 'value' }): Evaluate {
  const value = node.args;
  if (typeof value === 'object' && value !== null) {
    throw new UnusableNode('unsigned integers and bytes are not supported', node);
  }
  return () => value;
}

function binary(node: ASTNode, build: Build): Evaluate {
  const operator = BINARY_OPERATORS.get(node.op);
  if (operator === undefined) throw new UnusableNode(`'${node.op}' is not supported`, node);
  const [left, right] = (node.args as [ASTNode, ASTNode]).map((side) => compile(side, build)) as [
    Evaluate,
    Evaluate,
  ];
  return (frame) => operator(left(frame), right(frame), frame);
}

function ternary([condition, yes, no]: readonly [ASTNode, ASTNode, ASTNode], build: Build): Evaluate {
  const test = compile(condition, build);
  const whenTrue = compile(yes, build);
  const whenFalse = compile(no, build);
  return (frame) => (bool(test(frame), "the condition of '?:'") ? whenTrue(frame) : whenFalse(frame));
}

function mapLiteral(entries: readonly (readonly [ASTNode, ASTNode])[], build: Build): Evaluate {
  const compiled = entries.map(([key, value]) => {
    if (key.op === 'value' && typeof key.args !== 'string') {
      throw new UnusableNode('the keys of an object are text', key);
    }
    return [compile(key, build), compile(value, build)] as const;
  });
  return (frame) => {
    const map: { [key: string]: Value } = {};
    for (const [key, value] of compiled) {
      const name = key(frame);
      if (typeof name !== 'string') return fail(`the keys of an object are text, not ${describe(name)}`);
      // Assigning `__proto__` would replace the prototype instead of adding a key.
      if (name === '__proto__') return fail("'__proto__' cannot be a key");
      map[name] = value(frame);
    }
    return map;
  };
}

/**
 * CEL's `||` (`decisive` true) and `&&` (`decisive` false): a side that decides alone wins even if the other side fails.
 */
function logical([a, b]: readonly [ASTNode, ASTNode], decisive: boolean, build: Build): Evaluate {
  const left = compile(a, build);
  const right = compile(b, build);
  const role = decisive ? "a side of '||'" : "a side of '&&'";
  return (frame) => {
    let failure: EvaluationFailure | null = null;
    try {
      if (bool(left(frame), role) === decisive) return decisive;
    } catch (error) {
      failure = absorbable(error);
    }
    const answer = bool(right(frame), role);
    if (failure !== null && answer !== decisive) throw failure;
    return answer;
  };
}

function functionCall(node: ASTNode & { op: 'call' }, build: Build): Evaluate {
  const [name, args] = node.args;
  if (name === 'has') return hasMacro(node, args, build);
  const definition = FUNCTIONS.get(name);
  if (definition === undefined) throw new UnusableNode(`there is no function '${name}'`, node);
  return applied(node, name, definition, args, build);
}

function methodCall(node: ASTNode & { op: 'rcall' }, build: Build): Evaluate {
  const [name, receiver, args] = node.args;
  if (receiver.op === 'id' && receiver.args === 'cel' && name === 'bind') return bindMacro(node, args, build);
  const macro = MACROS.get(name);
  if (macro !== undefined) return macro(node, receiver, args, build);
  const definition = METHODS.get(name);
  if (definition === undefined) throw new UnusableNode(`there is no function '${name}'`, node);
  const pattern = args[0];
  if (name === 'matches' && pattern?.op === 'value' && typeof pattern.args === 'string') {
    return matchesLiteral(receiver, pattern, pattern.args, build);
  }
  return applied(node, name, definition, [receiver, ...args], build);
}

function applied(
  node: ASTNode,
  name: string,
  definition: CelFunction,
  args: readonly ASTNode[],
  build: Build,
): Evaluate {
  if (!definition.arities.includes(args.length)) {
    throw new UnusableNode(`'${name}' does not take this number of arguments`, node);
  }
  const compiled = args.map((arg) => compile(arg, build));
  return (frame) =>
    definition.call(
      compiled.map((arg) => arg(frame)),
      frame,
    );
}

function matchesLiteral(receiver: ASTNode, pattern: ASTNode, source: string, build: Build): Evaluate {
  const patternIn =
    build.patterns === 'at_once' ? compiledNow(pattern, source, build) : compiledLater(source);
  const subject = compile(receiver, build);
  return (frame) => {
    const value = subject(frame);
    if (typeof value !== 'string') return fail(`matches() needs text, not ${describe(value)}`);
    return matches(value, patternIn(frame), frame);
  };
}

type PatternIn = (frame: Frame) => Pattern;

function compiledNow(node: ASTNode, source: string, build: Build): PatternIn {
  const compiled = compilePattern(source);
  if (!compiled.ok) throw new UnusableNode(`matches(): ${compiled.message}`, node);
  build.patternSteps += compilationSteps(source) + compiled.pattern.stepsToCompile;
  if (build.patternSteps > MAX_PATTERN_STEPS) throw new UnusableNode(TOO_LONG_TO_COMPILE, node);
  return () => compiled.pattern;
}

/** It counts for whoever shares an allowance, and not for the expression: what that comes to must not depend on who asked before. */
function compiledLater(source: string): PatternIn {
  let known: Pattern | null = null;
  return (frame) => {
    if (known !== null) return known;
    frame.patternSteps += compilationSteps(source);
    const compiled = compilePattern(source);
    if (!compiled.ok) return fail(`matches(): ${compiled.message}`);
    frame.patternSteps += compiled.pattern.stepsToCompile;
    known = compiled.pattern;
    return known;
  };
}
