// Every spelling of a secret that an echo may use: raw, JSON-escaped, URL-encoded, HTML-escaped, hex, base64 (also in
// the middle of something longer, and as a Basic pair). The quick question is cheap; the thorough answer is built late.
import { createMasker } from './mask-forms.ts';

export interface SecretForms {
  /** False when none of the forms can be in the text. Cheap: a handful of substring searches. */
  mayOccurIn(text: string): boolean;
  /** The forms our own requests carry, longest first: the secrets as they are, and their Basic pairs. */
  frequent(): string[];
  /** Replaces every form, of the secrets and of their parts. Expensive to build. */
  masker(mask: string): (text: string) => string;
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
// Of a header that holds more, a cookie jar, the shorter ones are no secrets of their own.
const MAX_TOKENS = 64;

// What no encoder in use ever escapes.
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
    masker(mask) {
      const fixed = new Set([...basicPairs(secrets, others), ...values.flatMap(encodedForms)]);
      return createMasker([...fixed], values, mask);
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
    parts.push(rest, ...tokensOf(rest));
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

function tokensOf(text: string): string[] {
  const tokens = text.split(/[\s,;="]+/).filter((token) => token.length >= MIN_TOKEN_LENGTH);
  return tokens.sort((a, b) => b.length - a.length).slice(0, MAX_TOKENS);
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
