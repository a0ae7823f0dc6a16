// Rendering the tokens of one string: values become text as the place they go to demands, and are never parsed again.
import { isJsonObject, type Json } from './json.ts';
import { resolve, type SectionToken, type Token, type VariableToken } from './template-syntax.ts';

/**
 * Where the result goes, and with it how values are escaped and what `render` gives:
 * - `json`: the same tree; a string that is exactly one variable keeps the variable's JSON type, any other is text.
 * - `path`: text. Each value is percent-encoded, so it can never add or empty a segment, nor begin a query.
 * - `query`: text without the leading `?`, ready to append. From an object: its entries, percent-encoded and joined by
 *   `&`; a list repeats its key, a null leaves its key out. From a string: the string, its values percent-encoded.
 * - `header`: an object of text (from a string: text); a null leaves its header out.
 */
export type TemplatePlace = 'json' | 'path' | 'query' | 'header';

export type RenderFailureCode =
  | 'missing_variable'
  | 'value_too_large'
  | 'header_injection'
  | 'path_segment'
  | 'not_text';

/** What one rendering carries: the scope under the items of its sections, and what it may still produce. */
export interface RenderState {
  readonly stack: Json[];
  charsLeft: number;
  stepsLeft: number;
}

export class RenderFailure {
  readonly code: RenderFailureCode;
  readonly message: string;
  readonly variable: string | null;
  constructor(code: RenderFailureCode, message: string, variable: string | null = null) {
    this.code = code;
    this.message = message;
    this.variable = variable;
  }
}

// What the API takes in as one event; a request body larger than that is a mistake.
const MAX_RENDERED_CHARS = 1024 * 1024;
// Sections inside sections repeat each other: this ends the ones that print nothing and so never grow too large.
const MAX_STEPS = 200_000;

export const startRendering = (scope: Json): RenderState => ({
  stack: [scope],
  charsLeft: MAX_RENDERED_CHARS,
  stepsLeft: MAX_STEPS,
});

/** Takes room for `chars` more characters of output. */
export function claimRoom(state: RenderState, chars: number): void {
  state.charsLeft -= chars;
  if (state.charsLeft < 0) {
    throw new RenderFailure('value_too_large', 'the rendered result is larger than 1 MiB');
  }
}

/** The value of a variable, with its JSON type; takes room for it. */
export function readVariable(token: VariableToken, state: RenderState): Json {
  const value = resolve(token.path, state.stack);
  if (value === undefined) {
    throw new RenderFailure('missing_variable', `the variable '${token.name}' has no value`, token.name);
  }
  claimJsonRoom(state, value);
  return value;
}

/** Renders tokens to text; throws RenderFailure. */
export function renderText(tokens: readonly Token[], place: TemplatePlace, state: RenderState): string {
  let text = '';
  for (const token of tokens) {
    takeStep(state);
    if (typeof token === 'string') {
      claimRoom(state, token.length);
      text += token;
    } else if (token.kind === 'variable') {
      text += variableText(token, place, state);
    } else {
      text += renderSection(token, place, state);
    }
  }
  return text;
}

function takeStep(state: RenderState): void {
  state.stepsLeft -= 1;
  if (state.stepsLeft < 0) {
    throw new RenderFailure('value_too_large', 'the sections of the template repeat too often');
  }
}

function renderSection(section: SectionToken, place: TemplatePlace, state: RenderState): string {
  // A section asks whether something is there, so what is missing is simply false.
  const value = resolve(section.path, state.stack) ?? null;
  const isEmpty = isFalsy(value);
  if (section.inverted) return isEmpty ? renderText(section.tokens, place, state) : '';
  if (isEmpty) return '';
  if (value === true) return renderText(section.tokens, place, state);
  let text = '';
  for (const item of Array.isArray(value) ? value : [value]) {
    takeStep(state);
    state.stack.push(item);
    text += renderText(section.tokens, place, state);
    state.stack.pop();
  }
  return text;
}

const isFalsy = (value: Json): boolean =>
  value === null ||
  value === false ||
  value === '' ||
  value === 0 ||
  (Array.isArray(value) && value.length === 0);

function variableText(token: VariableToken, place: TemplatePlace, state: RenderState): string {
  const value = readVariable(token, state);
  switch (place) {
    case 'json':
    case 'header':
      return plainText(value);
    case 'query':
      return encode(plainText(value), state);
    case 'path':
      return encode(segmentText(value, token.name), state);
  }
}

/** A value as text: text as it is, null as nothing, lists and objects as JSON. */
export function plainText(value: Json): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function segmentText(value: Json, name: string): string {
  if (typeof value === 'object' && value !== null) {
    throw new RenderFailure(
      'not_text',
      `'${name}' is a list or an object and cannot be part of a path`,
      name,
    );
  }
  const text = plainText(value);
  // An empty value would turn /users/<<id>>/keys into /users//keys, which is another address.
  if (text === '')
    throw new RenderFailure('path_segment', `'${name}' is empty and cannot be part of a path`, name);
  return text;
}

function encode(text: string, state: RenderState): string {
  const encoded = percentEncode(text);
  claimRoom(state, encoded.length - text.length);
  return encoded;
}

/** Percent-encodes everything but RFC 3986's unreserved characters; a lone surrogate becomes U+FFFD. */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

// Deeper JSON than anybody means; far less than what ends the stack.
const MAX_VALUE_DEPTH = 200;

/** Takes room for about as many characters as `value` has as JSON. */
export function claimJsonRoom(state: RenderState, value: Json, depth = 0): void {
  if (depth > MAX_VALUE_DEPTH) {
    throw new RenderFailure('value_too_large', `a value is nested more than ${MAX_VALUE_DEPTH} deep`);
  }
  if (typeof value === 'string') {
    claimRoom(state, value.length);
  } else if (Array.isArray(value)) {
    claimRoom(state, 2);
    for (const item of value) claimJsonRoom(state, item, depth + 1);
  } else if (isJsonObject(value)) {
    claimRoom(state, 2);
    for (const key of Object.keys(value)) {
      claimRoom(state, key.length + 4);
      claimJsonRoom(state, value[key] as Json, depth + 1);
    }
  } else {
    claimRoom(state, SCALAR_CHARS);
  }
}

// A number, true, false or null with its comma, on average.
const SCALAR_CHARS = 5;
