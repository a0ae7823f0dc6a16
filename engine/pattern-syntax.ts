// The syntax of patterns: RE2's core, parsed to a tree. What a linear matcher cannot do (look-around, back-references) is
// refused with a sentence.

/** Why a pattern cannot be used; thrown while it is compiled. */
export class PatternProblem {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

export type CharTest = (char: string) => boolean;
export type Assertion = 'start' | 'end' | 'boundary' | 'no boundary';

export type Tree =
  | { kind: 'char'; test: CharTest }
  | { kind: 'assert'; assertion: Assertion }
  | { kind: 'sequence'; parts: Tree[] }
  | { kind: 'choice'; options: Tree[] }
  | { kind: 'repeat'; part: Tree; min: number; max: number };

const MAX_REPEAT = 200;

interface Reader {
  readonly chars: readonly string[];
  at: number;
}

/** Throws PatternProblem. */
export function parsePattern(source: string): { tree: Tree; ignoreCase: boolean } {
  const ignoreCase = source.startsWith('(?i)');
  const reader: Reader = { chars: Array.from(ignoreCase ? source.slice(4) : source), at: 0 };
  const tree = parseChoice(reader);
  if (reader.at < reader.chars.length) throw new PatternProblem("')' without '('");
  return { tree, ignoreCase };
}

const peek = (reader: Reader): string | undefined => reader.chars[reader.at];

function take(reader: Reader, char: string): boolean {
  if (peek(reader) !== char) return false;
  reader.at += 1;
  return true;
}

function parseChoice(reader: Reader): Tree {
  const options = [parseSequence(reader)];
  while (take(reader, '|')) options.push(parseSequence(reader));
  return options.length === 1 ? (options[0] as Tree) : { kind: 'choice', options };
}

function parseSequence(reader: Reader): Tree {
  const parts: Tree[] = [];
  for (let next = peek(reader); next !== undefined && next !== '|' && next !== ')'; next = peek(reader)) {
    parts.push(parseRepeats(reader, parseAtom(reader)));
  }
  return { kind: 'sequence', parts };
}

function parseRepeats(reader: Reader, part: Tree): Tree {
  const count = parseCount(reader);
  if (count === null) return part;
  // Greedy or not changes what is captured, never whether there is a match.
  take(reader, '?');
  if (parseCount(reader) !== null) throw new PatternProblem('a repetition cannot be repeated');
  return { kind: 'repeat', part, ...count };
}

function parseCount(reader: Reader): { min: number; max: number } | null {
  if (take(reader, '*')) return { min: 0, max: Number.POSITIVE_INFINITY };
  if (take(reader, '+')) return { min: 1, max: Number.POSITIVE_INFINITY };
  if (take(reader, '?')) return { min: 0, max: 1 };
  if (peek(reader) !== '{') return null;
  const written = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(reader.chars.slice(reader.at, reader.at + 12).join(''));
  // Like RE2 and JavaScript: a brace that is no count stands for itself.
  if (written === null) return null;
  reader.at += written[0].length;
  const min = Number(written[1]);
  const max =
    written[2] === undefined ? min : written[3] === '' ? Number.POSITIVE_INFINITY : Number(written[3]);
  const largest = Number.isFinite(max) ? max : min;
  if (largest > MAX_REPEAT)
    throw new PatternProblem(`a repetition of more than ${MAX_REPEAT} is not supported`);
  if (max < min) throw new PatternProblem('a repetition ends before it starts');
  return { min, max };
}

function parseAtom(reader: Reader): Tree {
  const char = reader.chars[reader.at++] as string;
  switch (char) {
    case '(':
      return parseGroup(reader);
    case '[':
      return { kind: 'char', test: parseClass(reader) };
    case '.':
      return { kind: 'char', test: (other) => other !== '\n' };
    case '^':
      return { kind: 'assert', assertion: 'start' };
    case '$':
      return { kind: 'assert', assertion: 'end' };
    case '*':
    case '+':
    case '?':
      throw new PatternProblem(`'${char}' has nothing to repeat`);
    case '\\':
      return parseEscape(reader);
    default:
      return { kind: 'char', test: (other) => other === char };
  }
}

function parseGroup(reader: Reader): Tree {
  if (take(reader, '?') && !take(reader, ':')) {
    throw new PatternProblem(
      "of the groups that begin with '(?' only '(?:' is supported, and '(?i)' at the start",
    );
  }
  const tree = parseChoice(reader);
  if (!take(reader, ')')) throw new PatternProblem("'(' without ')'");
  return tree;
}

const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  b: 'boundary',
  B: 'no boundary',
  A: 'start',
  z: 'end',
};

function parseEscape(reader: Reader): Tree {
  const assertion = ASSERTIONS[peek(reader) ?? ''];
  if (assertion !== undefined) {
    reader.at += 1;
    return { kind: 'assert', assertion };
  }
  const escaped = escapedChar(reader);
  return { kind: 'char', test: typeof escaped === 'string' ? (other) => other === escaped : escaped };
}

const isDigit: CharTest = (char) => /^[0-9]$/.test(char);
export const isWord: CharTest = (char) => /^[0-9A-Za-z_]$/.test(char);
const isSpace: CharTest = (char) => /^[\t\n\f\r ]$/.test(char);
const not =
  (test: CharTest): CharTest =>
  (char) =>
    !test(char);

const CLASS_ESCAPES: ReadonlyMap<string, CharTest> = new Map([
  ['d', isDigit],
  ['D', not(isDigit)],
  ['w', isWord],
  ['W', not(isWord)],
  ['s', isSpace],
  ['S', not(isSpace)],
]);
const CONTROL_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['f', '\f'],
  ['v', '\v'],
]);

/** What follows a backslash: one character, or a class of them. */
function escapedChar(reader: Reader): string | CharTest {
  const char = reader.chars[reader.at++];
  if (char === undefined) throw new PatternProblem("'\\' at the end of the pattern");
  const known = CLASS_ESCAPES.get(char) ?? CONTROL_ESCAPES.get(char);
  if (known !== undefined) return known;
  if (char === 'x') return hexChar(reader);
  if (/^[0-9A-Za-z]$/.test(char)) throw new PatternProblem(`'\\${char}' is not supported`);
  return char;
}

function hexChar(reader: Reader): string {
  const written = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(
    reader.chars.slice(reader.at, reader.at + 8).join(''),
  );
  const code = written === null ? Number.NaN : Number.parseInt((written[1] ?? written[2]) as string, 16);
  if (written === null || code > 0x10ffff)
    throw new PatternProblem("'\\x' needs two digits, or more in braces");
  reader.at += written[0].length;
  return String.fromCodePoint(code);
}

function parseClass(reader: Reader): CharTest {
  const negated = take(reader, '^');
  const tests: CharTest[] = [];
  // A bracket that comes first stands for itself.
  for (let first = true; first || peek(reader) !== ']'; first = false) {
    const low = classMember(reader);
    if (typeof low !== 'string' || peek(reader) !== '-' || reader.chars[reader.at + 1] === ']') {
      tests.push(typeof low === 'string' ? (char) => char === low : low);
      continue;
    }
    reader.at += 1;
    const high = classMember(reader);
    if (typeof high !== 'string' || codeOf(high) < codeOf(low))
      throw new PatternProblem('a range ends before it starts');
    tests.push((char) => codeOf(char) >= codeOf(low) && codeOf(char) <= codeOf(high));
  }
  reader.at += 1;
  const matchesAny: CharTest = (char) => tests.some((test) => test(char));
  return negated ? not(matchesAny) : matchesAny;
}

function classMember(reader: Reader): string | CharTest {
  const char = reader.chars[reader.at++];
  if (char === undefined) throw new PatternProblem("'[' without ']'");
  if (char === '[' && peek(reader) === ':')
    throw new PatternProblem("named classes such as '[:alpha:]' are not supported");
  return char === '\\' ? escapedChar(reader) : char;
}

const codeOf = (char: string): number => char.codePointAt(0) as number;
