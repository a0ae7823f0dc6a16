// `<<variable>>` templates over a whole JSON tree: parsed once, rendered against plain JSON. Only the template is ever
// parsed (by mustache, which does nothing else here), never a value put into it.
import Mustache from 'mustache';
import type { Problem } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import { compileHeaders, compileJson, compilePath, compileQuery, type Render } from './template-places.ts';
import {
  collectVariables,
  type ParsedToken,
  TemplateProblem,
  type Token,
  tagPairOf,
  toTokens,
} from './template-syntax.ts';
import {
  RenderFailure,
  type RenderFailureCode,
  startRendering,
  type TemplatePlace,
} from './template-text.ts';

export type { RenderFailureCode, TemplatePlace } from './template-text.ts';

export type Rendering =
  | { ok: true; value: Json }
  | { ok: false; code: RenderFailureCode; variable?: string; message: string };

export interface CompiledTemplate {
  /** Dotted paths the template reads, e.g. `actions.notify.response.body.id`; see `projectScope`. */
  readonly variables: readonly string[];
  /** Never throws and changes nothing. The result may share values with `scope` and with the template: read it only. */
  render(scope: JsonObject): Rendering;
}

export type TemplateCompilation =
  | { ok: true; template: CompiledTemplate }
  | {
      ok: false;
      /** All of them, with pointers that begin at the tree that was given. */
      problems: Problem[];
    };

/** Parses every string of `json` once. Object keys are never templates. */
export function compileTemplate(json: Json, place: TemplatePlace): TemplateCompilation {
  const variables = new Set<string>();
  const problems: Problem[] = [];
  const render = COMPILE_BY_PLACE[place](json, {
    parse(text) {
      const tokens = parseText(text);
      collectVariables(tokens, variables);
      return tokens;
    },
    report: (pointer, code, message) => problems.push({ pointer, code, message, severity: 'error' }),
  });
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, template: { variables: Object.freeze([...variables]), render: guarded(render) } };
}

const COMPILE_BY_PLACE = {
  json: compileJson,
  path: compilePath,
  query: compileQuery,
  header: compileHeaders,
};

function guarded(render: Render): CompiledTemplate['render'] {
  return (scope) => {
    try {
      return { ok: true, value: render(startRendering(scope)) };
    } catch (error) {
      if (!(error instanceof RenderFailure)) throw error;
      const { code, message, variable } = error;
      return variable === null ? { ok: false, code, message } : { ok: false, code, message, variable };
    }
  };
}

// A string of a definition, which as a whole is bounded too; the parser makes a token of every character on its way.
const MAX_TEXT_CHARS = 64 * 1024;

// Without its cache, which would keep every template ever parsed, of every tenant, for the life of the process.
const parser = Object.assign(new Mustache.Writer(), { templateCache: undefined });

/** Throws TemplateProblem. */
function parseText(text: string): Token[] {
  const pair = tagPairOf(text);
  if (pair === null) return text === '' ? [] : [text];
  if (text.length > MAX_TEXT_CHARS) {
    throw new TemplateProblem('template_too_long', `a template is at most ${MAX_TEXT_CHARS} characters long`);
  }
  return toTokens(parseSections(text, [...pair]));
}

function parseSections(text: string, pair: [string, string]): ParsedToken[] {
  try {
    return parser.parse(text, pair) as ParsedToken[];
  } catch (error) {
    // Tags were checked before, so what is left is a section that is opened and not closed, or the reverse.
    throw new TemplateProblem('template_section', error instanceof Error ? error.message : String(error));
  }
}
