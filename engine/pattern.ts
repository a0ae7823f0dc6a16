// Regular expressions for CEL's matches(), in time linear in the text whatever the pattern: tenants write patterns and
// outsiders write the text, and a backtracking matcher would let the two of them stop the process. Syntax: RE2's core.

import {
  type Assertion,
  type CharTest,
  isWord,
  PatternProblem,
  parsePattern,
  type Tree,
} from './pattern-syntax.ts';

/** A compiled pattern. Like CEL's `matches`, it looks for a match anywhere; `^` and `$` tie it to the ends. */
export interface Pattern {
  /** `charge` is told, once per character, how many steps were taken; it may throw to end the search. */
  test(text: string, charge: (steps: number) => void): boolean;
}

export type PatternCompilation = { ok: true; pattern: Pattern } | { ok: false; message: string };

// Enough for any address, date or identifier; keeps the cost per character of text small.
const MAX_PATTERN_CHARS = 1000;

/** Bounds the program, and with it the steps per character: `(a{200}){200}` would otherwise be 40 000 of them. */
export const MAX_PATTERN_WORK = 5000;

export function compilePattern(source: string): PatternCompilation {
  if (source.length > MAX_PATTERN_CHARS) {
    return { ok: false, message: `the pattern is longer than ${MAX_PATTERN_CHARS} characters` };
  }
  try {
    const { tree, ignoreCase } = parsePattern(source);
    return { ok: true, pattern: matcher(buildProgram(tree, ignoreCase)) };
  } catch (error) {
    if (error instanceof PatternProblem) return { ok: false, message: error.message };
    throw error;
  }
}

type Instruction =
  | { kind: 'char'; test: CharTest; next: number }
  | { kind: 'assert'; assertion: Assertion; next: number }
  | { kind: 'split'; next: number; other: number }
  | { kind: 'match' };

interface Program {
  instructions: Instruction[];
  start: number;
}

/** Thompson's construction, from the end to the start: each part is told where to go on. */
function buildProgram(tree: Tree, ignoreCase: boolean): Program {
  const instructions: Instruction[] = [{ kind: 'match' }];
  let work = 0;

  const push = (instruction: Instruction): number => instructions.push(instruction) - 1;

  function build(part: Tree, next: number): number {
    work += 1;
    if (work > MAX_PATTERN_WORK) throw new PatternProblem('the pattern repeats too much');
    switch (part.kind) {
      case 'char':
        return push({ kind: 'char', test: ignoreCase ? caseless(part.test) : part.test, next });
      case 'assert':
        return push({ kind: 'assert', assertion: part.assertion, next });
      case 'sequence':
        return part.parts.reduceRight((following, each) => build(each, following), next);
      case 'choice':
        return part.options
          .map((option) => build(option, next))
          .reduceRight((other, option) => push({ kind: 'split', next: option, other }));
      case 'repeat':
        return buildRepeat(part, next);
    }
  }

  function buildRepeat({ part, min, max }: Tree & { kind: 'repeat' }, next: number): number {
    let start = next;
    if (max === Number.POSITIVE_INFINITY) {
      const split: Instruction = { kind: 'split', next, other: next };
      start = push(split);
      split.next = build(part, start);
    } else {
      for (let optional = min; optional < max; optional++) {
        start = push({ kind: 'split', next: build(part, start), other: next });
      }
    }
    for (let required = 0; required < min; required++) start = build(part, start);
    return start;
  }

  return { start: build(tree, 0), instructions };
}

const caseless =
  (test: CharTest): CharTest =>
  (char) =>
    test(char) || test(char.toLowerCase()) || test(char.toUpperCase());

/** Runs every possibility at once, a character at a time, so each instruction is visited at most once per character. */
function matcher({ instructions, start }: Program): Pattern {
  function follow(
    from: number,
    before: string | undefined,
    after: string | undefined,
    active: Set<number>,
  ): boolean {
    const pending = [from];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (active.has(at)) continue;
      active.add(at);
      const instruction = instructions[at] as Instruction;
      if (instruction.kind === 'match') return true;
      if (instruction.kind === 'split') pending.push(instruction.other, instruction.next);
      else if (instruction.kind === 'assert' && holds(instruction.assertion, before, after)) {
        pending.push(instruction.next);
      }
    }
    return false;
  }

  function test(text: string, charge: (steps: number) => void): boolean {
    const chars = Array.from(text);
    let reached = new Set<number>();
    for (let position = 0; ; position++) {
      const [before, char] = [chars[position - 1], chars[position]];
      // A match may begin at every position.
      if (follow(start, before, char, reached)) return true;
      if (char === undefined) return false;
      charge(1 + reached.size);
      const following = new Set<number>();
      for (const at of reached) {
        const instruction = instructions[at] as Instruction;
        if (instruction.kind !== 'char' || !instruction.test(char)) continue;
        if (follow(instruction.next, char, chars[position + 1], following)) return true;
      }
      reached = following;
    }
  }

  return { test };
}

function holds(assertion: Assertion, before: string | undefined, after: string | undefined): boolean {
  switch (assertion) {
    case 'start':
      return before === undefined;
    case 'end':
      return after === undefined;
    case 'boundary':
      return isWordAt(before) !== isWordAt(after);
    case 'no boundary':
      return isWordAt(before) === isWordAt(after);
  }
}

const isWordAt = (char: string | undefined): boolean => char !== undefined && isWord(char);
