// Which state and which transition each problem is about. Pure.
import type { Problem } from '../designer-requests.ts';
import { stateOf } from '../document/pointers.ts';
import { transitionOf } from '../document/transitions.ts';

export interface Mark {
  severity: Problem['severity'];
  /** What is wrong, a line each. */
  text: string;
}

export type Marks = ReadonlyMap<string, Mark>;

/** By pointer: of the transition that a problem stands in, else of the state. */
export function marksOf(problems: readonly Problem[]): Marks {
  const marks = new Map<string, Mark>();
  for (const { pointer, severity, message } of problems) {
    const about = transitionOf(pointer) ?? stateOf(pointer);
    const before = marks.get(about);
    marks.set(about, {
      severity: before?.severity === 'error' ? 'error' : severity,
      text: before ? `${before.text}\n${message}` : message,
    });
  }
  return marks;
}
