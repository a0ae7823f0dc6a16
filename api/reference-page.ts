// The API reference as one page of plain HTML: made from the OpenAPI document, without a script, from this server alone.
import { createHash } from 'node:crypto';
import type { DescribedOperation, OpenApiDocument } from './openapi.ts';
import { operationsOf } from './openapi.ts';

/** Any part of a JSON Schema, as far as it is shown. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  format?: string;
  default?: unknown;
  example?: unknown;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent);
  --dim: color-mix(in srgb, currentColor 62%, transparent); }
body { margin: 0; font: 15px/1.55 system-ui, sans-serif; display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; box-sizing: border-box; padding: 1.5rem 1rem;
  border-right: 1px solid var(--line); font-size: 13px; }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0; } nav h2 { font-size: 13px; margin: 0 0 .25rem; }
nav a { color: inherit; text-decoration: none; display: block; padding: .1rem 0; } nav a:hover { text-decoration: underline; }
main { padding: 1.5rem 2.5rem 6rem; max-width: 60rem; }
article { border-top: 1px solid var(--line); padding: 1.25rem 0; } h3 { margin: 0 0 .25rem; font-size: 1rem; }
code { font: 13px/1.5 ui-monospace, monospace; } .verb { font-weight: 700; text-transform: uppercase; }
.dim, dd .type { color: var(--dim); } dl { margin: .25rem 0; } dt { margin-top: .35rem; } dd { margin: 0 0 0 1.25rem; }
h4 { margin: .9rem 0 .2rem; font-size: .85rem; } details > dl, details > p { margin-left: 1rem; } summary { cursor: pointer; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; } main { padding: 1rem; } }
`;

/** Allows this page its one style sheet and nothing else. */
export const REFERENCE_PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256')
  .update(STYLE)
  .digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export function referencePage(document: OpenApiDocument): string {
  const operations = operationsOf(document);
  const groups = Map.groupBy(operations, ({ operation }) => operation.tags?.[0] ?? 'Other');
  const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;
  const tags = document.tags ?? [];
  const named = [...groups].sort(([a], [b]) => orderOf(tags, a) - orderOf(tags, b));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${text(document.info.title)} API</title>
<style>${STYLE}</style>
</head>
<body>
<nav aria-label="Operations">
${named.map(([tag, of]) => `<h2>${text(tag)}</h2><ul>${of.map(link).join('')}</ul>`).join('\n')}
<h2>Schemas</h2><ul>${Object.keys(schemas).sort().map(schemaLink).join('')}</ul>
<p><a href="/openapi.json">openapi.json</a></p>
</nav>
<main>
<h1>${text(document.info.title)} API <span class="dim">${text(document.info.version)}</span></h1>
${prose(document.info.description ?? '')}
${named.map(([tag, of]) => section(tag, tags.find(({ name }) => name === tag)?.description, of)).join('\n')}
<section><h2>Schemas</h2>
${Object.entries(schemas)
  .sort(([a], [b]) => a.localeCompare(b))
  .map(
    ([name, schema]) => `<article id="schema-${text(name)}"><h3>${text(name)}</h3>${shape(schema)}</article>`,
  )
  .join('\n')}
</section>
</main>
</body>
</html>
`;
}

const orderOf = (tags: readonly { name: string }[], tag: string): number => {
  const at = tags.findIndex(({ name }) => name === tag);
  return at === -1 ? tags.length : at;
};

const anchor = ({ method, path }: DescribedOperation): string =>
  `${method}-${path}`.replaceAll(/[^a-z0-9]+/gi, '-').replace(/-$/, '');

const link = (of: DescribedOperation): string =>
  `<li><a href="#${anchor(of)}">${text(of.operation.summary ?? `${of.method} ${of.path}`)}</a></li>`;

const schemaLink = (name: string): string => `<li><a href="#schema-${text(name)}">${text(name)}</a></li>`;

function section(tag: string, description: string | undefined, of: readonly DescribedOperation[]): string {
  return `<section><h2>${text(tag)}</h2>${prose(description ?? '')}\n${of.map(article).join('\n')}</section>`;
}

function article(of: DescribedOperation): string {
  const { method, path, operation } = of;
  const needed = operation as { 'x-permission'?: string; 'x-permission-also'?: string };
  const permissions = [needed['x-permission'], needed['x-permission-also']].filter(Boolean).join(' and ');
  const parameters = (operation.parameters ?? []) as {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema?: Schema;
  }[];
  const body = (operation.requestBody as { content?: Record<string, { schema?: Schema }> } | undefined)
    ?.content;
  return `<article id="${anchor(of)}">
<h3>${text(operation.summary ?? '')}</h3>
<p><code><span class="verb">${text(method)}</span> ${text(path)}</code>${permissions ? ` <span class="dim">needs ${text(permissions)}</span>` : ''}</p>
${prose(operation.description ?? '')}
${
  parameters.length === 0
    ? ''
    : `<h4>Parameters</h4><dl>${parameters
        .map((p) => entry(`${p.name} (${p.in})`, p.schema ?? {}, p.required ?? false, p.description))
        .join('')}</dl>`
}
${body ? `<h4>Body</h4>${contentShape(body)}` : ''}
<h4>Answers</h4>
${Object.entries(operation.responses ?? {})
  .map(([status, answer]) => {
    const { description, content } = answer as {
      description?: string;
      content?: Record<string, { schema?: Schema }>;
    };
    const head = `<code>${text(status)}</code> ${text(description ?? '')}`;
    return content
      ? `<details><summary>${head}</summary>${contentShape(content)}</details>`
      : `<p>${head}</p>`;
  })
  .join('\n')}
</article>`;
}

function contentShape(content: Record<string, { schema?: Schema }>): string {
  return Object.entries(content)
    .map(([type, { schema }]) => {
      const note = type === 'application/json' ? '' : `<p class="dim"><code>${text(type)}</code></p>`;
      return note + shape(schema ?? {});
    })
    .join('');
}

/** A schema laid open one level; what it refers to is linked, what is nested is nested. */
function shape(schema: Schema): string {
  if (schema.$ref) return `<p>${typeOf(schema)}</p>`;
  const about = schema.description ? `<p>${inline(schema.description)}</p>` : '';
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return `${about}<p class="dim">${typeOf(schema)}</p>`;
  const required = new Set(schema.required);
  return `${about}<dl>${properties.map(([name, of]) => entry(name, of, required.has(name))).join('')}</dl>`;
}

function entry(name: string, schema: Schema, required: boolean, description = schema.description): string {
  const inner = schema.properties ? schema : schema.items?.properties ? schema.items : null;
  const rest =
    schema.default === undefined ? '' : ` · default <code>${text(JSON.stringify(schema.default))}</code>`;
  return `<dt><code>${text(name)}</code> <span class="dim">${typeOf(schema)}${required ? '' : ', optional'}${rest}</span></dt>
<dd>${description ? inline(description) : ''}${inner ? shape({ ...inner, description: '' }) : ''}</dd>`;
}

function typeOf(schema: Schema): string {
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return `<a href="#schema-${text(name)}">${text(name)}</a>`;
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(typeOf).join(' or ');
  if (schema.allOf) return schema.allOf.map(typeOf).join(' and ');
  if (schema.const !== undefined) return `<code>${text(JSON.stringify(schema.const))}</code>`;
  if (schema.enum) return schema.enum.map((value) => `<code>${text(JSON.stringify(value))}</code>`).join(' ');
  if (schema.items) return `array of ${typeOf(schema.items)}`;
  const type = [schema.type ?? 'any'].flat().join(' or ');
  return text(schema.format ? `${type}, ${schema.format}` : type);
}

/** Paragraphs are divided by empty lines. */
const prose = (markdown: string): string =>
  markdown === ''
    ? ''
    : markdown
        .split(/\n\s*\n/)
        .map((paragraph) => `<p>${inline(paragraph)}</p>`)
        .join('\n');

/** Of Markdown only what our descriptions use: code between backticks. */
const inline = (markdown: string): string => text(markdown).replaceAll(/`([^`]+)`/g, '<code>$1</code>');

const text = (raw: string): string =>
  raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
