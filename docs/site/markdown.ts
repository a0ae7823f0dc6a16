// Markdown into HTML: code coloured by classes (the pages allow no inline style), headings with anchors, links to files
// into links to pages.
import { createRequire } from 'node:module';
import { posix } from 'node:path';
import MarkdownIt from 'markdown-it';
import { urlOf } from './pages.ts';

interface Highlighter {
  registerLanguage(name: string, language: unknown): void;
  getLanguage(name: string): unknown;
  highlight(code: string, options: { language: string }): { value: string };
}

// Required, not imported: its types bring those of a browser into every file that is checked with this one.
const require = createRequire(import.meta.url);
const highlighter: Highlighter = require('highlight.js/lib/core');
for (const language of ['bash', 'ini', 'json', 'sql', 'typescript', 'yaml']) {
  highlighter.registerLanguage(language, require(`highlight.js/lib/languages/${language}`));
}

type Token = ReturnType<InstanceType<typeof MarkdownIt>['parse']>[number];

export interface Heading {
  level: number;
  id: string;
  text: string;
  /** What stands in code below it, for the search. */
  words: string[];
}

export interface RenderedPage {
  html: string;
  headings: Heading[];
}

/** @param file below docs/ @param known the files there are pages of; links to others are shown as their text */
export function render(markdown: string, file: string, known: ReadonlySet<string>): RenderedPage {
  // Only what is in this repository is rendered, and the page's policy lets no script of it run.
  const md = new MarkdownIt({ html: true, highlight: coloured });
  const tokens = md.parse(markdown, {});
  const headings = anchored(tokens);
  for (const token of tokens) {
    if (token.children) link(token.children, file, known);
    const align = /^text-align:(\w+)$/.exec(String(token.attrGet('style') ?? ''))?.[1];
    if (align) token.attrs = [['class', align]];
  }
  md.renderer.rules.table_open = () =>
    '<div class="table" tabindex="0" role="group" aria-label="Table"><table>\n';
  md.renderer.rules.table_close = () => '</table></div>\n';
  // What scrolls has to be reached by keyboard.
  const html = md.renderer.render(tokens, md.options, {}).replaceAll('<pre>', '<pre tabindex="0">');
  return { html, headings };
}

/** The first word of an info string is the language; the others are for the tests of the documentation. */
function coloured(code: string, info: string): string {
  const language = info === 'sh' ? 'bash' : info;
  return highlighter.getLanguage(language) ? highlighter.highlight(code, { language }).value : '';
}

/** Gives each heading an id as GitHub does, so that links work in both places. */
function anchored(tokens: readonly Token[]): Heading[] {
  const headings: Heading[] = [];
  const taken = new Map<string, number>();
  tokens.forEach((token, at) => {
    const inline = tokens[at + 1];
    if (token.type === 'heading_open' && inline) {
      const text = plain(inline);
      const slug = slugOf(text);
      const count = taken.get(slug) ?? 0;
      taken.set(slug, count + 1);
      const id = count === 0 ? slug : `${slug}-${count}`;
      token.attrSet('id', id);
      headings.push({ level: Number(token.tag.slice(1)), id, text, words: [] });
    }
    if (token.type !== 'inline') return;
    const codes = (token.children ?? [])
      .filter(({ type }) => type === 'code_inline')
      .map(({ content }) => content);
    headings.at(-1)?.words.push(...codes);
  });
  return headings;
}

const plain = (inline: Token): string =>
  (inline.children ?? [])
    .map(({ type, content }) => (type === 'text' || type === 'code_inline' ? content : ''))
    .join('');

const slugOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

function link(tokens: Token[], file: string, known: ReadonlySet<string>): void {
  const open: Token[] = [];
  for (const token of tokens) {
    if (token.type === 'link_open') {
      const href = String(token.attrGet('href'));
      const target = targetOf(href, file, known);
      if (target === null) token.tag = 'span';
      token.attrs = target === null ? [] : [['href', target]];
      open.push(token);
    } else if (token.type === 'link_close') token.tag = open.pop()?.tag ?? 'a';
  }
}

/** Null for what is no page: a file of the repository that is not served. */
function targetOf(href: string, file: string, known: ReadonlySet<string>): string | null {
  if (/^(?:https?:|mailto:|#|\/)/.test(href)) return href;
  const [path = '', anchor] = href.split('#');
  const to = posix.join(posix.dirname(file), path).replace(/\/$/, '');
  const page = [to, `${to}/README.md`].find((one) => known.has(one));
  if (page === undefined) return null;
  return anchor === undefined ? urlOf(page) : `${urlOf(page)}#${anchor}`;
}
