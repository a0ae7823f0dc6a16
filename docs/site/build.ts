// Builds the documentation into the folder the API serves: `node docs/site/build.ts`, as part of `npm run build`.
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compressFiles } from '../../web/compress.ts';
import { type Content, indexPage, layout } from './layout.ts';
import { render } from './markdown.ts';
import { navigation, readPages } from './pages.ts';

export const SITE = fileURLToPath(new URL('../../web/dist/docs/', import.meta.url));

/** Every file of the site by its path below /docs. */
export async function siteFiles(): Promise<Map<string, string>> {
  const pages = await readPages();
  const known = new Set(pages.map(({ file }) => file));
  const sections = navigation(pages);
  const contents = pages.map(
    ({ file, url, title, markdown }): Content => ({ url, title, ...render(markdown, file, known) }),
  );
  const files = new Map([['index.html', layout(indexPage(sections), sections)]]);
  for (const content of contents) {
    files.set(`${content.url.slice('/docs/'.length)}.html`, layout(content, sections));
  }
  files.set('search-index.js', `export const index = ${JSON.stringify(contents.flatMap(searchable))};\n`);
  return files;
}

/** A page, and each section of it. */
function searchable({ url, title, headings }: Content) {
  return headings.map(({ level, id, text, words }) => ({
    page: title,
    heading: level === 1 ? title : text,
    url: level === 1 ? url : `${url}#${id}`,
    words: [...new Set(words)].join(' ').toLowerCase(),
  }));
}

export async function buildSite(): Promise<void> {
  await rm(SITE, { recursive: true, force: true });
  for (const [path, text] of await siteFiles()) {
    const to = join(SITE, path);
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, text);
  }
  for (const name of ['style.css', 'search.js']) {
    await copyFile(fileURLToPath(new URL(name, import.meta.url)), join(SITE, name));
  }
  await compressFiles(SITE);
}

if (import.meta.main) await buildSite();
