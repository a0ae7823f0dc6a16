// The syntax of one templated string: which pair of delimiters it uses, which tags are allowed, and the paths it names.
import { isJsonObject, type Json, ownProperty } from './json.ts';

export interface VariableToken {
  kind: 'variable';
  name: string;
  path: readonly string[];
}

export interface SectionToken {
  kind: 'section';
  inverted: boolean;
  name: string;
  path: readonly string[];
  tokens: readonly Token[];
}

export type Token = string | VariableToken | SectionToken;

export type TagPair = readonly [open: string, close: string];

/** Why a string is no template; thrown while compiling, where the place in the document is known. */
export class TemplateProblem {
  readonly code: string;
  readonly message: string;
  constructor(code: string, message: string) {
    this.code = code;
    this.message = message;
  }
}

const ANGLE: TagPair = ['<<', '>>'];
const CURLY: TagPair = ['{{', '}}'];

// Longer than any path worth reading; it also bounds what the parser's whitespace patterns can be made to try.
const MAX_TAG_CHARS = 200;

/**
 * Finds the pair of delimiters a string uses (null: it has no tags) and refuses, before anything parses them, the tags
 * that would read other templates or change the syntax. Throws TemplateProblem.
 */
export function tagPairOf(text: string): TagPair | null {
  const [angle, curly] = [hasTag(text, ANGLE), hasTag(text, CURLY)];
  if (angle && curly) {
    throw new TemplateProblem(
      'template_mixed_delimiters',
      'a string uses one pair of delimiters: either << >> or {{ }}, not both',
    );
  }
  if (!angle && !curly) {
    if (!text.includes('<<') && !text.includes('{{')) return null;
    throw unclosed(text.includes('<<') ? ANGLE : CURLY);
  }
  const pair = angle ? ANGLE : CURLY;
  for (let at = text.indexOf(pair[0]); at >= 0; at = text.indexOf(pair[0], at)) at = checkTag(text, at, pair);
  return pair;
}

function hasTag(text: string, [open, close]: TagPair): boolean {
  const at = text.indexOf(open);
  return at >= 0 && text.includes(close, at + open.length);
}

const unclosed = ([open, close]: TagPair): TemplateProblem =>
  new TemplateProblem('template_unclosed_tag', `'${open}' is never closed by '${close}'`);

/** Checks the tag that opens at `at` and returns where it ends. */
function checkTag(text: string, at: number, pair: TagPair): number {
  const [open, close] = pair;
  const end = text.indexOf(close, at + open.length);
  if (end < 0) throw unclosed(pair);
  const inner = text.slice(at + open.length, end).trimStart();
  if (end - at > MAX_TAG_CHARS)
    throw new TemplateProblem('template_name', 'a tag is longer than 200 characters');
  switch (inner[0]) {
    case undefined:
      throw new TemplateProblem('template_name', `'${open}${close}' names no variable`);
    case '>':
      throw new TemplateProblem('template_partial', `'${open}>' (partials) is not supported`);
    case '=':
      throw new TemplateProblem('template_delimiters', `'${open}=' (changing delimiters) is not supported`);
    case '{':
      return end + close.length + tripleTail(text, inner, end, pair);
    default:
      return end + close.length;
  }
}

/** `<<{x}>>` closes inside the tag, `{{{x}}}` one character after it. */
function tripleTail(text: string, inner: string, end: number, [open, close]: TagPair): number {
  const tail = open === '{{' ? 1 : 0;
  const isClosed = tail === 1 ? text[end + close.length] === '}' : inner.endsWith('}');
  if (!isClosed)
    throw new TemplateProblem('template_unclosed_tag', `'${open}{' is never closed by '}${close}'`);
  return tail;
}

/** What mustache's parser gives: `[sigil, value, start, end, children?]`. */
export type ParsedToken = readonly [string, string, number, number, ...unknown[]];

// Deep enough for lists of lists; each level multiplies the work.
const MAX_SECTION_DEPTH = 10;

/** The parser's tokens as ours: comments gone, names checked and split. Throws TemplateProblem. */
export function toTokens(parsed: readonly ParsedToken[], depth = 0): Token[] {
  if (depth > MAX_SECTION_DEPTH) {
    throw new TemplateProblem('template_section', `sections are nested more than ${MAX_SECTION_DEPTH} deep`);
  }
  const tokens: Token[] = [];
  for (const [sigil, value, , , children] of parsed) {
    switch (sigil) {
      case 'text':
        tokens.push(value);
        break;
      case 'name':
      case '&':
        tokens.push({ kind: 'variable', name: value, path: pathOf(value) });
        break;
      case '#':
      case '^':
        tokens.push({
          kind: 'section',
          inverted: sigil === '^',
          name: value,
          path: pathOf(value),
          tokens: toTokens(children as ParsedToken[], depth + 1),
        });
        break;
      case '!':
        break;
      default:
        throw new TemplateProblem('template_name', `the tag '${sigil}' is not supported`);
    }
  }
  return tokens;
}

/** The item of a section, as in `<<#context.items>><<.>><</context.items>>`. */
export const CURRENT_ITEM = '.';

// These lead to an object's prototype in JavaScript; as names of values they are only ever an attack.
const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

function pathOf(name: string): readonly string[] {
  if (name === CURRENT_ITEM) return [CURRENT_ITEM];
  const path = name.split('.');
  for (const part of path) {
    if (part === '' || /[\s<>{}"'`]/.test(part)) {
      throw new TemplateProblem('template_name', `'${name}' is not a variable: write names joined by dots`);
    }
    if (FORBIDDEN_NAMES.has(part)) throw new TemplateProblem('template_name', `'${part}' cannot be read`);
  }
  return path;
}

const ROOTS = new Set(['job', 'context', 'event', 'transition', 'tenant', 'workflow', 'actions']);

/**
 * Adds the dotted paths that `tokens` read. Inside a section only names that begin at a known root are certain; the
 * others belong to the items. A path stops before a list index: `context.items.0.id` is `context.items`.
 */
export function collectVariables(tokens: readonly Token[], into: Set<string>, inSection = false): void {
  for (const token of tokens) {
    if (typeof token === 'string') continue;
    const [root] = token.path as [string];
    if (root !== CURRENT_ITEM && (!inSection || ROOTS.has(root))) {
      const index = token.path.findIndex((name, at) => at > 0 && /^\d+$/.test(name));
      into.add((index < 0 ? token.path : token.path.slice(0, index)).join('.'));
    }
    if (token.kind === 'section') collectVariables(token.tokens, into, true);
  }
}

/**
 * What a path means, innermost section first: the nearest item that has the first name decides, own properties only.
 * Undefined: it is missing.
 */
export function resolve(path: readonly string[], stack: readonly Json[]): Json | undefined {
  const [first] = path as [string];
  if (first === CURRENT_ITEM) return stack.at(-1);
  for (let level = stack.length - 1; level >= 0; level--) {
    const owner = stack[level];
    if (!isJsonObject(owner) || !Object.hasOwn(owner, first)) continue;
    let value: unknown = owner;
    for (const name of path) value = ownProperty(value, name);
    return value as Json | undefined;
  }
  return undefined;
}
