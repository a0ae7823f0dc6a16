// Every spelling of a secret that an echo may use: raw, JSON-escaped, URL-encoded, HTML-escaped, hex, base64 (also in
// the middle of something longer, and as a Basic pair). The quick question is cheap; the thorough answer is built late.

export interface SecretForms {
  /** False when none of the forms can be in the text. Cheap: a handful of substring searches. */
  mayOccurIn(text: string): boolean;
  /** The forms our own requests carry, longest first: the secrets as they are, and their Basic pairs. */
  frequent(): string[];
  /** One global expression that matches every form, longest first. Expensive to build. */
  pattern(): RegExp;
  /** The forms that are one fixed text each, for judging a text that was cut in the middle. */
  literals(): string[];
}

// A shorter value is a word, not a secret: masking it would eat the text around it.
export const MIN_SECRET_LENGTH = 4;
// A shorter run would be found in almost any text, and the quick question would be no use.
const MIN_ANCHOR_LENGTH = 3;
// 4 base64 characters are 3 whole bytes of secret: less gives nothing away and matches everywhere.
const MIN_BASE64_LENGTH = 4;
// Long enough not to be a scheme ("Bearer"), a parameter name or a common word.
const MIN_TOKEN_LENGTH = 8;

// What no encoder in use ever escapes; everything else is matched in each of its spellings.
const PLAIN = /[A-Za-z0-9_-]/;
const PLAIN_RUN = /[A-Za-z0-9_-]+/g;
// The characters standard and URL-safe base64 share, and that neither JSON nor a URL escapes.
const BASE64_SHARED_RUN = /[A-Za-z0-9]+/g;

/** The forms of `secrets` (each at least 4 characters); `others` are values that may stand before them in Basic pairs. */
export function secretForms(secrets: readonly string[], others: readonly string[]): SecretForms {
  const values = [...new Set(secrets.flatMap((secret) => [secret, ...partsOf(secret)]))];
  // Whatever holds a longer value in some encoding also holds the shorter one inside it.
  const minimal = values.filter((value) => !values.some((part) => part !== value && value.includes(part)));
  const anchors = [...new Set(minimal.flatMap(anchorsOf))];
  const anchorless = anchors.some((anchor) => anchor.length < MIN_ANCHOR_LENGTH);

  return {
    frequent: () => [...secrets, ...basicPairs(secrets, others)].sort((a, b) => b.length - a.length),
    mayOccurIn: (text) => anchorless || anchors.some((anchor) => text.includes(anchor)),
    pattern() {
      const fixed = new Set([...basicPairs(secrets, others), ...values.flatMap(encodedForms)]);
      const sources = [...[...fixed].map(escapeForRegExp), ...values.map(tolerantSource)];
      return new RegExp(sources.sort((a, b) => b.length - a.length).join('|'), 'g');
    },
    literals: () => [...new Set([...values.flatMap(textForms), ...values.flatMap(encodedForms)])],
  };
}

/**
 * What of a secret is a secret by itself: the token behind a scheme, the password of a Basic value, the path of a URL. And how it
 * stands in a query, as an echo may encode that once more.
 */
function partsOf(secret: string): string[] {
  const parts: string[] = [];
  const scheme = /^(\S+)\s+(\S.*)$/s.exec(secret);
  if (scheme !== null) {
    const [, name = '', rest = ''] = scheme;
    parts.push(rest, ...rest.split(/[\s,;="]+/).filter((token) => token.length >= MIN_TOKEN_LENGTH));
    if (name.toLowerCase() === 'basic') {
      const pair = Buffer.from(rest, 'base64').toString('utf8');
      parts.push(pair, pair.slice(pair.indexOf(':') + 1));
    }
  }
  const url = /^https?:/i.test(secret) ? URL.parse(secret) : null;
  if (url !== null) parts.push(url.pathname + url.search, url.pathname);
  parts.push(inQuery(secret));
  return parts.filter((part) => part.length >= MIN_SECRET_LENGTH && part !== secret);
}

/** As the query of a URL has it: an apostrophe is escaped there too. */
const inQuery = (text: string): string => encodeURIComponent(text.toWellFormed()).replaceAll("'", '%27');

/**
 * Short texts of which at least one is inside every form of the value. (A Basic pair holds, at one of three
 * alignments, the base64 of its password, so pairs need none of their own.)
 */
function anchorsOf(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const hex = bytes.toString('hex');
  const cores = base64Cores(bytes).map((core) => longestRun(core, BASE64_SHARED_RUN));
  return [longestRun(value, PLAIN_RUN), hex, hex.toUpperCase(), ...cores];
}

function encodedForms(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const hex = bytes.toString('hex');
  const forms = [hex, hex.toUpperCase()];
  for (const form of [bytes.toString('base64'), ...base64Cores(bytes)]) {
    const bare = form.replace(/=+$/, '');
    if (bare.length < MIN_BASE64_LENGTH) continue;
    const url = bare.replaceAll('+', '-').replaceAll('/', '_');
    // With and without padding; JSON may escape the slash, a URL everything that is not a letter or a digit.
    forms.push(
      form,
      bare,
      url,
      bare.replaceAll('/', '\\/'),
      encodeURIComponent(form),
      encodeURIComponent(bare),
    );
  }
  return forms;
}

/**
 * The base64 characters that depend on these bytes alone, for each of the three places they can start at inside a
 * longer text that was encoded as a whole.
 */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const first = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    return whole.slice(first, end);
  });
}

function basicPairs(secrets: readonly string[], others: readonly string[]): string[] {
  const users = [...new Set([...others, ...secrets, ''])];
  const pairs = secrets.flatMap((secret) => [...users.map((user) => `${user}:${secret}`), `${secret}:`]);
  return pairs.map((pair) => Buffer.from(pair, 'utf8').toString('base64'));
}

function textForms(value: string): string[] {
  const form = new URLSearchParams([['', value]]).toString().slice(1);
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed()), form];
}

function longestRun(text: string, runs: RegExp): string {
  return (text.match(runs) ?? []).reduce((longest, run) => (run.length > longest.length ? run : longest), '');
}

/**
 * A secret as an expression in which every character an encoder may escape also matches in its escaped spellings.
 * Every repetition is bounded: the text it runs over is the receiver's choice.
 */
function tolerantSource(value: string): string {
  return (value.match(/\\+|[^\\]/gsu) ?? [])
    .map((piece) => (piece.startsWith('\\') ? backslashes(piece.length) : spellings(piece)))
    .join('');
}

/** A run of backslashes is one piece: matched one by one, each could take any number of them. */
function backslashes(count: number): string {
  return `(?:\\\\{${count},${count * 8}}|(?:%(?:25){0,3}5[cC]){${count}}|(?:\\\\{1,8}u005[cC]){${count}}|(?:&#92;){${count}})`;
}

function spellings(character: string): string {
  if (PLAIN.test(character)) return character;
  const codePoint = character.codePointAt(0) ?? 0;
  const bytes = [...Buffer.from(character, 'utf8')];
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  const forms = [
    // Up to three levels of JSON inside JSON: 1, 3, 7 backslashes.
    `\\\\{0,7}${escapeForRegExp(character)}`,
    // Percent encoding, itself encoded up to three times over.
    bytes.map((byte) => `%(?:25){0,3}${anyCaseHex(byte, 2)}`).join(''),
    units.map((unit) => `\\\\{1,8}u${anyCaseHex(unit, 4)}`).join(''),
    `&(?:amp;){0,3}#(?:0{0,6}${codePoint}|[xX]0{0,6}${anyCaseHex(codePoint, 1)});`,
  ];
  const more = NAMED_SPELLINGS[character];
  if (more !== undefined) forms.push(more);
  return `(?:${forms.join('|')})`;
}

// Beside the numeric spellings: HTML's names, the `+` of a form, the letters of JSON.
const NAMED_SPELLINGS: Readonly<Record<string, string>> = {
  '&': '&(?:amp;){1,4}',
  '<': '&(?:amp;){0,3}lt;',
  '>': '&(?:amp;){0,3}gt;',
  '"': '&(?:amp;){0,3}quot;',
  "'": '&(?:amp;){0,3}apos;',
  ' ': '\\+',
  '\n': '\\\\{1,8}n',
  '\r': '\\\\{1,8}r',
  '\t': '\\\\{1,8}t',
};

function anyCaseHex(value: number, width: number): string {
  return [...value.toString(16).padStart(width, '0')]
    .map((digit) => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit))
    .join('');
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
