// Where the checks of a definition write what they find.
import type { Problem } from './errors.ts';

export interface Report {
  error(pointer: string, code: string, message: string): void;
  warning(pointer: string, code: string, message: string): void;
}

/** A report and the list it fills. */
export function createProblemList(): { report: Report; problems: Problem[] } {
  const problems: Problem[] = [];
  const add =
    (severity: Problem['severity']): Report['error'] =>
    (pointer, code, message) =>
      problems.push({ pointer, code, message, severity });
  return { problems, report: { error: add('error'), warning: add('warning') } };
}
