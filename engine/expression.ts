// CEL, the language of guards, `when` and ASSIGN: parsed once when a definition is compiled, evaluated against plain
// JSON. cel-js parses; the evaluation is ours, so that it is bounded in time and memory for whatever data it meets,
// reads own properties only, and lets a JSON number and an integer literal meet in arithmetic.
import { Environment, ParseError } from '@marcbachmann/cel-js';
import { type Patterns, UnusableNode } from './expression-build.ts';
import { compileTree } from './expression-tree.ts';
import {
  type Allowance,
  EvaluationFailure,
  type Frame,
  fail,
  MAX_STEPS,
  TOO_MANY_STEPS,
  toJson,
  type Value,
} from './expression-values.ts';
import type { Json, JsonObject } from './json.ts';

export type Evaluation = { ok: true; value: Json } | { ok: false; message: string };

export interface Expression {
  readonly source: string;
  /**
   * Dotted paths the expression reads, e.g. `context.amount`, `actions.notify.status`. A path stops before a list index,
   * a computed key and a key that holds a dot: `actions[event.name].status` reads `actions` and `event.name`.
   */
  readonly variables: readonly string[];
  /** What compiling its patterns with it took, in steps: all else is quick. */
  readonly patternSteps: number;
  /**
   * The value as fresh JSON, or one sentence saying why there is none (a missing key, a type error, too many steps).
   * Never throws, never changes `scope`; the same scope gives the same answer.
   * @param allowance what it takes its steps from; absent: it may take as many as one expression may
   */
  evaluate(scope: JsonObject, allowance?: Allowance): Evaluation;
}

export type ExpressionCompilation =
  | { ok: true; expression: Expression }
  | {
      ok: false;
      message: string;
      /** Characters from the start of the source, counted from 0. */
      position?: number;
    };

// A guard longer than a page is a program, and belongs elsewhere.
const MAX_SOURCE_CHARS = 4096;

// The parser's own limits: deep enough for anything readable, and shallow enough for the stack.
const PARSER = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 1000, maxDepth: 50, maxListElements: 200, maxMapEntries: 200, maxCallArguments: 8 },
});

/**
 * Parses CEL and prepares its evaluation. Syntax, unknown functions and unusable patterns are reported here; the patterns only
 * where they are compiled at once.
 */
export function compileExpression(source: string, patterns: Patterns = 'at_once'): ExpressionCompilation {
  if (source.length > MAX_SOURCE_CHARS) {
    return { ok: false, message: `the expression is longer than ${MAX_SOURCE_CHARS} characters` };
  }
  try {
    const { ast } = PARSER.parse(source);
    const { evaluate, variables, localCount, nodes, patternSteps } = compileTree(ast, patterns);
    const expression: Expression = {
      source,
      variables: Object.freeze([...variables]),
      patternSteps,
      evaluate(scope, allowance) {
        const locals: Value[] = localCount === 0 ? NO_LOCALS : new Array(localCount);
        const steps = Math.min(MAX_STEPS, allowance?.stepsLeft ?? MAX_STEPS);
        const frame: Frame = { scope, locals, stepsLeft: steps, patternSteps: 0 };
        try {
          if (steps <= 0) fail(TOO_MANY_STEPS);
          return { ok: true, value: toJson(evaluate(frame)) };
        } catch (error) {
          return { ok: false, message: evaluationMessage(error) };
        } finally {
          if (allowance) allowance.stepsLeft -= steps - frame.stepsLeft + nodes + frame.patternSteps;
        }
      },
    };
    return { ok: true, expression };
  } catch (error) {
    return compilationProblem(error);
  }
}

const NO_LOCALS: Value[] = [];

function evaluationMessage(error: unknown): string {
  if (error instanceof EvaluationFailure) return error.message;
  // The stack or the longest string V8 allows: data nested thousands deep, or text doubled again and again.
  if (error instanceof RangeError) return 'the data is nested too deeply or is too large';
  throw error;
}

function compilationProblem(error: unknown): ExpressionCompilation {
  if (error instanceof UnusableNode) return { ok: false, message: error.message, position: error.position };
  if (error instanceof ParseError) {
    const position = error.range?.start;
    return position === undefined
      ? { ok: false, message: error.summary }
      : { ok: false, message: error.summary, position };
  }
  throw error;
}
