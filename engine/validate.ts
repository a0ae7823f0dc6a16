// Every problem of a definition at once, each with its JSON pointer, a stable code and a sentence. Warnings do not stand in
// the way of saving. The codes are listed in docs/definition-format.md.
import { checkActions, type References } from './check-actions.ts';
import { checkStates, checkWays } from './check-states.ts';
import type { Definition } from './definition.ts';
import { readDefinition } from './definition-problems.ts';
import type { Problem } from './errors.ts';
import { createProblemList } from './problem-list.ts';
import { createStateTree } from './state-tree.ts';

export type { References } from './check-actions.ts';

/** `ok` exactly when no problem is an error; the definition is then what compileWorkflow takes. */
export type Validation =
  | {
      ok: true;
      definition: Definition;
      /** Warnings. */
      problems: Problem[];
    }
  | { ok: false; problems: Problem[] };

/**
 * Checks anything that claims to be a definition. Without `references` it is not asked whether the connections,
 * operations and workflows it names exist.
 */
export function validateDefinition(input: unknown, references?: References): Validation {
  const { definition, problems: shape } = readDefinition(input);
  const { report, problems: meaning } = createProblemList();
  if (definition !== null) {
    const tree = createStateTree(definition);
    checkStates(tree, report);
    // What a broken machine can reach would only be guessed, and told beside what is really wrong.
    if (![...shape, ...meaning].some(({ severity }) => severity === 'error')) checkWays(tree, report);
    checkActions(tree, definition, input, references, report);
  }
  const problems = distinct([...shape, ...meaning.filter((problem) => !follows(problem, shape))]);
  if (definition !== null && !problems.some(({ severity }) => severity === 'error')) {
    return { ok: true, definition, problems };
  }
  return { ok: false, problems };
}

// What is said about a part that was mended to be looked at, is said about the mending.
function follows(problem: Problem, shape: readonly Problem[]): boolean {
  const isInside = (pointer: string, outer: string): boolean =>
    pointer === outer || pointer.startsWith(`${outer}/`);
  return shape.some(
    ({ pointer }) =>
      isInside(problem.pointer, pointer) ||
      (problem.severity === 'warning' && isInside(pointer, problem.pointer)),
  );
}

function distinct(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ pointer, code, message }) => {
    const key = `${pointer}\n${code}\n${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
