// Which pages the documentation has, where each is served, and in which order it is read.
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const DOCS = fileURLToPath(new URL('..', import.meta.url));

export interface Page {
  /** Below docs/, such as `sources/github.md`. */
  file: string;
  /** `/docs/sources/github` */
  url: string;
  title: string;
  markdown: string;
}

export interface Section {
  title: string;
  pages: NavigationEntry[];
}

export interface NavigationEntry {
  title: string;
  url: string;
  /** Pages that stand below it, folded away. */
  inside: NavigationEntry[];
}

/** By the question that a reader comes with. What is not named here and stands in docs/ itself ends "How to". */
const ORDER: readonly { title: string; files: readonly string[] }[] = [
  { title: 'Tutorial', files: ['tutorial.md'] },
  {
    title: 'How to',
    files: [
      'connections.md',
      'triggers.md',
      'wait-for-a-webhook.md',
      'subscriptions.md',
      'as-code.md',
      'limits.md',
      'access.md',
      'operating.md',
      'scaling.md',
      'observability.md',
      'metering.md',
      'audit.md',
      'recipes/README.md',
    ],
  },
  {
    title: 'Reference',
    files: [
      'definition-format.md',
      'errors.md',
      'cli.md',
      'configuration.md',
      'metrics.md',
      'benchmarks.md',
      'benchmarks-scale.md',
    ],
  },
  {
    title: 'Explanation',
    files: [
      'one-transition-one-commit.md',
      'unknown.md',
      'architecture.md',
      'web-application.md',
      'decisions/',
    ],
  },
  { title: 'Integrations', files: ['integrations/README.md', 'sources/README.md'] },
];
const REST = 'How to';

/** Served by the API itself: it knows its own routes. */
const API_REFERENCE: NavigationEntry = { title: 'API', url: '/docs/api', inside: [] };

/** What the folders without a page of their own are called. */
const FOLDER_TITLES: Readonly<Record<string, string>> = { decisions: 'Decisions' };

/** Every Markdown file of docs/ and the folders in it. */
export async function readPages(): Promise<Page[]> {
  const names = await readdir(DOCS, { recursive: true });
  const files = names.map((name) => name.replaceAll('\\', '/')).filter((name) => name.endsWith('.md'));
  return Promise.all(
    files.sort().map(async (file) => {
      const markdown = await readFile(`${DOCS}/${file}`, 'utf8');
      const [, title = file] = /^# (.+)$/m.exec(markdown) ?? [];
      return { file, url: urlOf(file), title: title.replaceAll('`', ''), markdown };
    }),
  );
}

/** Where the page of a Markdown file is served. */
export const urlOf = (file: string): string => `/docs/${file.replace(/(?:\/?README)?\.md$/, '')}`;

export function navigation(pages: readonly Page[]): Section[] {
  const byFile = new Map(pages.map((page) => [page.file, page]));
  const named = new Set(ORDER.flatMap(({ files }) => files));
  const rest = pages.filter(({ file }) => !file.includes('/') && !named.has(file)).map(({ file }) => file);
  return ORDER.map(({ title, files }) => {
    const wanted = title === REST ? [...files, ...rest] : files;
    const entries = wanted.flatMap((file) => entryOf(file, byFile));
    return { title, pages: title === 'Reference' ? [API_REFERENCE, ...entries] : entries };
  });
}

function entryOf(file: string, byFile: ReadonlyMap<string, Page>): NavigationEntry[] {
  const page = byFile.get(file);
  const folder = /^(\w+)\/(?:README\.md)?$/.exec(file)?.[1];
  const inside = folder === undefined ? [] : pagesIn(folder, byFile);
  if (page) return [{ title: page.title, url: page.url, inside }];
  const [first] = inside;
  return first && folder ? [{ title: FOLDER_TITLES[folder] ?? folder, url: first.url, inside }] : [];
}

function pagesIn(folder: string, byFile: ReadonlyMap<string, Page>): NavigationEntry[] {
  return [...byFile.values()]
    .filter(({ file }) => file.startsWith(`${folder}/`) && !file.endsWith('README.md'))
    .map(({ title, url }) => ({ title, url, inside: [] }));
}
