// What the parts of the expression compiler share: the compilation in progress and the two checks that all of them make.
import type { ASTNode } from '@marcbachmann/cel-js';
import { describe, EvaluationFailure, type Frame, fail, type Value } from './expression-values.ts';

export type Evaluate = (frame: Frame) => Value;

/** Something in the source that parses but has no meaning here; `position` counts characters from 0. */
export class UnusableNode {
  readonly message: string;
  readonly position: number;
  constructor(message: string, node: ASTNode) {
    this.message = message;
    this.position = node.start;
  }
}

/** One compilation: what is known around the node that is being compiled, and what has been found so far. */
export interface Build {
  compile(node: ASTNode): Evaluate;
  /** Names bound by the macros around the node; the index is the slot in `frame.locals`. */
  locals: string[];
  localCount: number;
  variables: Set<string>;
  /** Nodes compiled so far: what a macro's body costs each time it runs. */
  nodes: number;
  readonly patterns: Patterns;
  /** What compiling its patterns took so far. */
  patternSteps: number;
}

/**
 * When the patterns that stand in an expression are compiled: with it, so that it is known whether they can be used and what
 * they take; or each as it is first asked for, where that is known, and many expressions are compiled of which few may be asked.
 */
export type Patterns = 'at_once' | 'when_asked';

/** A failure that another operand may outweigh; anything else is thrown on. */
export function absorbable(error: unknown): EvaluationFailure {
  if (error instanceof EvaluationFailure && !error.fatal) return error;
  throw error;
}

/** `role` says in a message what the value was needed for. */
export function bool(value: Value, role: string): boolean {
  return typeof value === 'boolean' ? value : fail(`${role} must be true or false, not ${describe(value)}`);
}
