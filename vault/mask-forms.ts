// Masks what a text holds of a secret's forms: fixed texts, and values of which any character may be escaped. Walked by
// hand: as one regular expression a long secret takes seconds, or is more than V8 compiles, and its error then quotes it.

/** A value in the pieces that are each escaped by themselves. */
type Value = readonly Piece[];

type Piece =
  /** What no encoder ever escapes. */
  | { kind: 'plain'; text: string }
  /** One character, in whichever of these it is written; each is sticky and has one end. */
  | { kind: 'escaped'; first: string; ways: readonly RegExp[] }
  /** A run is one piece: backslash by backslash, each could take any number of them. */
  | { kind: 'backslashes'; count: number; ways: readonly RegExp[] };

// What no encoder in use ever escapes; everything else is matched in each of its spellings.
const PIECES = /[A-Za-z0-9_-]+|\\+|[^\\]/gsu;
const PLAIN = /^[A-Za-z0-9_-]/;
/** Characters of a fixed text by which it is looked up; none is shorter. */
const LOOKED_UP_BY = 4;
/** A text is the receiver's choice. What takes more than this is masked from there on to its end. */
const STEPS = { atLeast: 10_000, perCharacter: 8 };

interface Steps {
  left: number;
}

/**
 * Replaces, from left to right, the longest form that begins anywhere.
 * @param fixed of at least four characters
 * @param values raw; their escaped spellings are found as well
 */
export function createMasker(
  fixed: readonly string[],
  values: readonly string[],
  mask: string,
): (text: string) => string {
  const byBeginning = Map.groupBy(fixed, (form) => form.slice(0, LOOKED_UP_BY));
  const byFirst = new Map<string, Value[]>();
  const ways = createWays();
  for (const value of values) {
    const pieces = piecesOf(value, ways);
    for (const first of firstsOf(pieces)) byFirst.set(first, [...(byFirst.get(first) ?? []), pieces]);
  }

  return (text) => {
    const steps = { left: STEPS.atLeast + STEPS.perCharacter * text.length };
    const clean: string[] = [];
    let done = 0;
    for (let at = 0; at < text.length; ) {
      let end = at;
      for (const form of byBeginning.get(text.slice(at, at + LOOKED_UP_BY)) ?? [])
        if (text.startsWith(form, at)) end = Math.max(end, at + form.length);
      for (const value of byFirst.get(text.charAt(at)) ?? [])
        end = Math.max(end, endOf(value, text, at, steps));
      if (steps.left <= 0) return `${clean.join('')}${text.slice(done, at)}${mask}`;
      if (end > at) {
        clean.push(text.slice(done, at), mask);
        done = end;
      }
      at = Math.max(end, at + 1);
    }
    return clean.length === 0 ? text : clean.join('') + text.slice(done);
  };
}

/** Where the longest spelling of `value` ends that begins at `at`; -1 where none does, or there is no step left. */
function endOf(value: Value, text: string, at: number, steps: Steps): number {
  let ends: readonly number[] = [at];
  for (const piece of value) {
    steps.left -= ends.length;
    if (steps.left <= 0) return -1;
    ends =
      piece.kind === 'plain'
        ? ends.filter((end) => text.startsWith(piece.text, end)).map((end) => end + piece.text.length)
        : endsOf(piece, text, ends, steps);
    if (ends.length === 0) return -1;
  }
  return ends.reduce((most, end) => Math.max(most, end), -1);
}

function endsOf(
  piece: Exclude<Piece, { kind: 'plain' }>,
  text: string,
  begins: readonly number[],
  steps: Steps,
): number[] {
  const ends = new Set<number>();
  for (const at of begins) {
    if (piece.kind === 'backslashes') {
      let length = 0;
      while (length < piece.count * MOST_BACKSLASHES && text[at + length] === '\\') length += 1;
      for (let taken = piece.count; taken <= length; taken += 1) ends.add(at + taken);
      steps.left -= length;
    }
    for (const way of piece.ways) {
      way.lastIndex = at;
      if (way.test(text)) ends.add(way.lastIndex);
    }
  }
  return [...ends];
}

/** Three levels of JSON inside JSON make eight of one. */
const MOST_BACKSLASHES = 8;

function piecesOf(value: string, ways: Ways): Piece[] {
  return (value.match(PIECES) ?? []).map((text): Piece => {
    if (PLAIN.test(text)) return { kind: 'plain', text };
    if (text.startsWith('\\'))
      return { kind: 'backslashes', count: text.length, ways: ways.ofBackslashes(text.length) };
    return { kind: 'escaped', first: text, ways: ways.of(text) };
  });
}

function firstsOf([piece]: Value): readonly string[] {
  if (piece === undefined) return [];
  if (piece.kind === 'plain') return [piece.text.charAt(0)];
  const escapes = ['\\', '%', '&'];
  if (piece.kind === 'backslashes') return escapes;
  return [...new Set([piece.first.charAt(0), ...escapes, ...(piece.first === ' ' ? ['+'] : [])])];
}

interface Ways {
  of(character: string): readonly RegExp[];
  ofBackslashes(count: number): readonly RegExp[];
}

/** Made once for each character of the values. */
function createWays(): Ways {
  const made = new Map<string, readonly RegExp[]>();
  const of = (key: string, sources: () => string[]) => {
    const there = made.get(key) ?? sources().map((source) => new RegExp(source, 'y'));
    made.set(key, there);
    return there;
  };
  return {
    of: (character) => of(character, () => spellings(character)),
    ofBackslashes: (count) => of('\\'.repeat(count), () => escapedBackslashes(count)),
  };
}

const escapedBackslashes = (count: number): string[] => [
  `(?:%(?:25){0,3}5[cC]){${count}}`,
  `(?:\\\\{1,8}u005[cC]){${count}}`,
  `(?:&#92;){${count}}`,
];

/** Each ends in one place only, wherever it begins. */
function spellings(character: string): string[] {
  const codePoint = character.codePointAt(0) ?? 0;
  const bytes = [...Buffer.from(character, 'utf8')];
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return [
    // Up to three levels of JSON inside JSON: 1, 3, 7 backslashes.
    `\\\\{0,7}${escapeForRegExp(character)}`,
    // Percent encoding, itself encoded up to three times over.
    ...[0, 1, 2, 3].map((times) => bytes.map((byte) => `%(?:25){${times}}${anyCaseHex(byte, 2)}`).join('')),
    units.map((unit) => `\\\\{1,8}u${anyCaseHex(unit, 4)}`).join(''),
    `&(?:amp;){0,3}#(?:0{0,6}${codePoint}|[xX]0{0,6}${anyCaseHex(codePoint, 1)});`,
    ...(NAMED_SPELLINGS[character] ?? []),
  ];
}

// Beside the numeric spellings: HTML's names, the `+` of a form, the letters of JSON.
const NAMED_SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  '&': [1, 2, 3, 4].map((times) => `&(?:amp;){${times}}`),
  '<': ['&(?:amp;){0,3}lt;'],
  '>': ['&(?:amp;){0,3}gt;'],
  '"': ['&(?:amp;){0,3}quot;'],
  "'": ['&(?:amp;){0,3}apos;'],
  ' ': ['\\+'],
  '\n': ['\\\\{1,8}n'],
  '\r': ['\\\\{1,8}r'],
  '\t': ['\\\\{1,8}t'],
};

function anyCaseHex(value: number, width: number): string {
  return [...value.toString(16).padStart(width, '0')]
    .map((digit) => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit))
    .join('');
}

const escapeForRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
