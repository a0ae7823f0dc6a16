// Regular expressions for CEL's matches(): RE2's, as CEL says, in time linear in the text whatever the pattern. Tenants
// write patterns and outsiders write the text; a backtracking matcher would let the two of them stop the process.
import { RE2JS } from 're2js';

/** A compiled pattern. Like CEL's `matches`, it looks for a match anywhere; `^` and `$` tie it to the ends. */
export interface Pattern {
  test(text: string): boolean;
  /** Most steps that `test` takes for a text of so many characters. */
  steps(characters: number): number;
  /** What compiling it counted for beside `compilationSteps`: repetitions write out more than they look. */
  readonly stepsToCompile: number;
}

export type PatternCompilation = { ok: true; pattern: Pattern } | { ok: false; message: string };

/** Enough for any address, date or identifier; also bounds what compiling costs. */
const MAX_PATTERN_CHARS = 1000;
const COMPILATION_STEPS = 5000;
/** `\pL` is four characters, and hundreds of ranges. */
const COMPILATION_STEPS_PER_CHARACTER = 500;
const COMPILATION_STEPS_PER_INSTRUCTION = 100;
/** Each instruction with its own ranges of characters, `\pL` with 684, is written out once more where the beginning is asked for. */
const BEGINNING = /\^|\\A/;
/** A step of the matcher is a good deal cheaper than a step of the evaluator. */
const MATCHER_STEPS_PER_STEP = 10;

/**
 * Of all patterns of an expression, and of a definition, in steps: each process that meets them compiles them, and does nothing
 * else meanwhile.
 */
export const MAX_PATTERN_STEPS = 20_000_000;
export const TOO_LONG_TO_COMPILE =
  'the patterns up to here take too long to compile: use fewer, or simpler ones';

/** What compiling a pattern counts for at least, in steps. */
export const compilationSteps = (source: string): number =>
  COMPILATION_STEPS + Math.min(source.length, MAX_PATTERN_CHARS) * COMPILATION_STEPS_PER_CHARACTER;

export function compilePattern(source: string): PatternCompilation {
  if (source.length > MAX_PATTERN_CHARS) {
    return { ok: false, message: `the pattern is longer than ${MAX_PATTERN_CHARS} characters` };
  }
  try {
    const compiled = RE2JS.compile(source);
    const instructions = compiled.programSize();
    const perCharacter = instructions / MATCHER_STEPS_PER_STEP;
    return {
      ok: true,
      pattern: {
        test: (text) => compiled.test(text),
        steps: (characters) => Math.ceil((characters + 1) * perCharacter),
        stepsToCompile:
          instructions * COMPILATION_STEPS_PER_INSTRUCTION +
          (BEGINNING.test(source) ? boundsIn(compiled) : 0),
      },
    };
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('RE2JS'))
      return { ok: false, message: error.message };
    throw error;
  }
}

/** Ends of ranges in all of its instructions; a step each. */
function boundsIn(compiled: RE2JS): number {
  const { inst } = compiled.re2().prog as { inst: readonly { runes?: ArrayLike<number> | null }[] };
  return inst.reduce((count, { runes }) => count + (runes?.length ?? 0), 0);
}
