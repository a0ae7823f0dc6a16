// The one error taxonomy. Expected outcomes of the domain (a guard refused, a provider said no) are values;
// these are for what a caller must correct or wait for. Every code is listed in ERROR_CODES, from which docs are generated.

/** What went wrong with one place of an input document. `pointer` is an RFC 6901 JSON pointer. */
export interface Problem {
  pointer: string;
  code: string;
  message: string;
  severity: 'error' | 'warning';
}

export type ErrorKind =
  | 'InvalidInput'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'Conflict'
  | 'TooLarge'
  | 'TooMany'
  | 'Unavailable'
  | 'Corrupt';

/** An error with a stable `code`, a sentence saying what happened, and (in `problems`) where to mend the input. */
export class PawlError extends Error {
  override readonly name = 'PawlError';
  readonly kind: ErrorKind;
  readonly code: string;
  readonly problems: readonly Problem[];
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    more: { problems?: readonly Problem[]; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.kind = kind;
    this.code = code;
    this.problems = more.problems ?? [];
    this.details = more.details ?? {};
  }
}

export const isPawlError = (error: unknown): error is PawlError => error instanceof PawlError;
