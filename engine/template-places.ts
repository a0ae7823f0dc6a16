// The four places a template fills (JSON body, path, query, headers): what is allowed there, and how it is put together.
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { TemplateProblem, type Token } from './template-syntax.ts';
import {
  claimJsonRoom,
  claimRoom,
  percentEncode,
  plainText,
  RenderFailure,
  type RenderState,
  readVariable,
  renderText,
} from './template-text.ts';

export type Render = (state: RenderState) => Json;

export interface PlaceCompiler {
  /** Throws TemplateProblem. */
  parse(text: string): Token[];
  report(pointer: string, code: string, message: string): void;
}

// Deeper than any request body; each level is a call when rendering.
const MAX_TREE_DEPTH = 64;

/** A JSON body or input: strings are templates, everything else stands for itself. */
export function compileJson(json: Json, compiler: PlaceCompiler, pointer = '', depth = 0): Render {
  if (depth > MAX_TREE_DEPTH) {
    compiler.report(pointer, 'template_too_deep', `a template is nested at most ${MAX_TREE_DEPTH} deep`);
    return constant(null);
  }
  if (typeof json === 'string') return compileValue(json, compiler, pointer);
  if (Array.isArray(json)) {
    const items = json.map((item, index) => compileJson(item, compiler, `${pointer}/${index}`, depth + 1));
    return (state) => {
      claimRoom(state, 2);
      return items.map((item) => item(state));
    };
  }
  if (!isJsonObject(json)) return constant(json);
  const entries = compileEntries(json, compiler, pointer, (value, at) =>
    compileJson(value, compiler, at, depth + 1),
  );
  return (state) => {
    const object: JsonObject = {};
    for (const [key, render] of entries) {
      claimRoom(state, key.length + 4);
      object[key] = render(state);
    }
    return object;
  };
}

const constant =
  (value: Json): Render =>
  (state) => {
    claimJsonRoom(state, value);
    return value;
  };

/** A string that is exactly one variable gives the variable's value; any other gives text. */
function compileValue(text: string, compiler: PlaceCompiler, pointer: string): Render {
  const tokens = parseAt(text, compiler, pointer);
  const [only] = tokens;
  if (tokens.length === 1 && typeof only === 'object' && only.kind === 'variable') {
    return (state) => readVariable(only, state);
  }
  return (state) => renderText(tokens, 'json', state);
}

function parseAt(text: string, compiler: PlaceCompiler, pointer: string): Token[] {
  try {
    return compiler.parse(text);
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    compiler.report(pointer, error.code, error.message);
    return [];
  }
}

function compileEntries(
  object: JsonObject,
  compiler: PlaceCompiler,
  pointer: string,
  compile: (value: Json, pointer: string) => Render,
): [key: string, render: Render][] {
  return Object.keys(object).map((key) => {
    const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (key.includes('<<') || key.includes('{{')) {
      compiler.report(at, 'template_in_key', 'only values are templates, never keys');
    }
    if (key === '__proto__') compiler.report(at, 'template_name', "'__proto__' cannot be a key");
    return [key, compile(object[key] as Json, at)];
  });
}

// ---- path --------------------------------------------------------------------------------------------------------

/** A path, perhaps with a query after `?`. */
export function compilePath(json: Json, compiler: PlaceCompiler): Render {
  if (typeof json !== 'string') {
    compiler.report('', 'template_not_text', 'a path is text');
    return constant('');
  }
  const tokens = parseAt(json, compiler, '');
  if (hasLiteral(tokens, /[\s\\#\p{Cc}]/u)) {
    compiler.report('', 'path_text', 'a path contains no spaces, backslashes, # or control characters');
  }
  if (hasDotSegment(json)) compiler.report('', 'path_text', "a path contains no '.' or '..' segments");
  const [segments, query] = atQuestionMark(tokens);
  return (state) => {
    const path = renderText(segments, 'path', state);
    if (hasDotSegment(path)) {
      throw new RenderFailure('path_segment', "a value turned a segment of the path into '.' or '..'");
    }
    return path + renderText(query, 'query', state);
  };
}

/** The tokens before and from the first `?` of the template's own text. */
function atQuestionMark(tokens: readonly Token[]): [segments: Token[], query: Token[]] {
  const at = tokens.findIndex((token) => typeof token === 'string' && token.includes('?'));
  const text = tokens[at];
  if (typeof text !== 'string') return [[...tokens], []];
  const mark = text.indexOf('?');
  return [
    [...tokens.slice(0, at), text.slice(0, mark)],
    [text.slice(mark), ...tokens.slice(at + 1)],
  ];
}

/** Also in the encoded forms that URL parsers read as dots. */
const hasDotSegment = (path: string): boolean =>
  (path.split('?', 1)[0] as string).split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));

function hasLiteral(tokens: readonly Token[], pattern: RegExp): boolean {
  return tokens.some((token) =>
    typeof token === 'string'
      ? pattern.test(token)
      : token.kind === 'section' && hasLiteral(token.tokens, pattern),
  );
}

// ---- query -------------------------------------------------------------------------------------------------------

export function compileQuery(json: Json, compiler: PlaceCompiler): Render {
  if (typeof json === 'string') return compileQueryText(json, compiler);
  if (!isJsonObject(json)) {
    compiler.report('', 'template_not_text', 'a query is an object or text');
    return constant('');
  }
  const entries = compileEntries(json, compiler, '', (value, at) => compileJson(value, compiler, at));
  return (state) => {
    const pairs: string[] = [];
    for (const [key, render] of entries) {
      const value = render(state);
      for (const each of Array.isArray(value) ? value : [value]) {
        if (each === null) continue;
        const pair = `${percentEncode(key)}=${percentEncode(plainText(each))}`;
        claimRoom(state, pair.length);
        pairs.push(pair);
      }
    }
    return pairs.join('&');
  };
}

function compileQueryText(text: string, compiler: PlaceCompiler): Render {
  const tokens = parseAt(text, compiler, '');
  if (hasLiteral(tokens, /[\s\\#\p{Cc}]/u)) {
    compiler.report('', 'query_text', 'a query contains no spaces, backslashes, # or control characters');
  }
  return (state) => {
    const query = renderText(tokens, 'query', state);
    return query.startsWith('?') ? query.slice(1) : query;
  };
}

// ---- headers -----------------------------------------------------------------------------------------------------

/** RFC 9110 token */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 field value: visible characters, spaces, tabs and the upper half of Latin-1. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

export function compileHeaders(json: Json, compiler: PlaceCompiler): Render {
  if (typeof json === 'string') return compileHeaderValue(json, compiler, '', 'the header');
  if (!isJsonObject(json)) {
    compiler.report('', 'template_not_text', 'headers are an object of text');
    return constant('');
  }
  const entries = compileEntries(json, compiler, '', (value, at) => {
    const name = at.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
    if (!HEADER_NAME.test(name)) compiler.report(at, 'header_name', `'${name}' is not a header name`);
    return compileHeaderValue(value, compiler, at, `the header '${name}'`);
  });
  return (state) => {
    const headers: JsonObject = {};
    for (const [name, render] of entries) {
      const value = render(state);
      if (value === null) continue;
      claimRoom(state, name.length);
      headers[name] = value;
    }
    return headers;
  };
}

/** Renders to text, or to null for a header that is left out. */
function compileHeaderValue(json: Json, compiler: PlaceCompiler, pointer: string, name: string): Render {
  if (typeof json === 'object' && json !== null) {
    compiler.report(pointer, 'template_not_text', `${name} is text`);
    return constant(null);
  }
  if (typeof json !== 'string') return constant(json === null ? null : String(json));
  const tokens = parseAt(json, compiler, pointer);
  if (hasLiteral(tokens, /[^\t\x20-\x7e\x80-\xff]/)) {
    compiler.report(
      pointer,
      'header_injection',
      `${name} contains a line break or a character no header may have`,
    );
  }
  const [only] = tokens;
  const isOneVariable = tokens.length === 1 && typeof only === 'object' && only.kind === 'variable';
  return (state) => {
    if (isOneVariable && readVariable(only, state) === null) return null;
    const text = renderText(tokens, 'header', state);
    if (!HEADER_VALUE.test(text)) {
      throw new RenderFailure(
        'header_injection',
        `${name} would contain a line break or a character no header may have`,
        isOneVariable ? only.name : null,
      );
    }
    return text;
  };
}
