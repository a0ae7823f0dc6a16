// Zod's issues as problems with JSON pointers: one for every wrong place, and no value repeated.
import type { z } from 'zod';
import type { Problem } from '../engine/errors.ts';

/** Codes: `missing_field`, `unknown_field` (one problem a key), `invalid_field`. Pointers start with `prefix`. */
export function problemsOf(error: z.ZodError, prefix: string): Problem[] {
  return error.issues.flatMap((issue) => {
    const pointer = prefix + toPointer(issue.path);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) =>
        problem(pointer + toPointer([key]), 'unknown_field', `\`${key}\` is not known here.`),
      );
    }
    const name = issue.path.length === 0 ? 'It' : `\`${issue.path.join('.')}\``;
    if (issue.code === 'invalid_type') {
      // An absent key is told from a wrong value by zod's sentence alone.
      const missing = issue.message.endsWith('received undefined');
      if (missing) return [problem(pointer, 'missing_field', `${name} is required.`)];
      return [problem(pointer, 'invalid_field', `${name} must be of type ${issue.expected}.`)];
    }
    // Our own messages go on ("must …", "needs …"); zod's are sentences.
    const separator = /^[a-z]/.test(issue.message) ? ' ' : ': ';
    return [problem(pointer, 'invalid_field', `${name}${separator}${issue.message}.`)];
  });
}

/** RFC 6901. */
function toPointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function problem(pointer: string, code: string, message: string): Problem {
  return { pointer, code, message, severity: 'error' };
}
