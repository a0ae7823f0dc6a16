// The frame around every page of the documentation. No script is inline, nothing comes from another host.
import type { Heading } from './markdown.ts';
import type { NavigationEntry, Section } from './pages.ts';

export interface Content {
  url: string;
  title: string;
  html: string;
  headings: readonly Heading[];
}

export function layout({ url, title, html, headings }: Content, sections: readonly Section[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${text(title)} · Pawl</title>
<link rel="stylesheet" href="/docs/style.css">
<script src="/docs/search.js" type="module"></script>
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header>
<a class="brand" href="/docs">Pawl <span>documentation</span></a>
<div id="search" role="search"></div>
<a class="out" href="/">Application</a>
</header>
<details class="menu"><summary>Pages</summary>${navigationOf(sections, url, 'Pages, small')}</details>
<div class="columns">
${navigationOf(sections, url, 'Pages')}
<main id="content">
${html}
${neighbours(sections, url)}
</main>
${contents(headings)}
</div>
</body>
</html>
`;
}

/** The first page: everything there is, by what one comes for. */
export function indexPage(sections: readonly Section[]): Content {
  const cards = sections.map(
    ({ title, pages }) =>
      `<section class="card"><h2>${text(title)}</h2><ul>${pages
        .map(({ title, url }) => `<li><a href="${url}">${text(title)}</a></li>`)
        .join('')}</ul></section>`,
  );
  const html = `<h1>Pawl</h1>
<p>State machines that commit every transition to Postgres, and a worker that fires what they carry.
New here? Begin with the <a href="/docs/tutorial">tutorial</a>.</p>
<div class="cards">${cards.join('\n')}</div>`;
  return { url: '/docs', title: 'Documentation', html, headings: [] };
}

function navigationOf(sections: readonly Section[], url: string, label: string): string {
  const parts = sections.map(
    ({ title, pages }) =>
      `<h2>${text(title)}</h2><ul>${pages.map((entry) => item(entry, url)).join('')}</ul>`,
  );
  return `<nav class="pages" aria-label="${label}">${parts.join('\n')}</nav>`;
}

function item(entry: NavigationEntry, url: string): string {
  const { title, inside } = entry;
  const here = entry.url === url ? ' aria-current="page"' : '';
  const link = `<a href="${entry.url}"${here}>${text(title)}</a>`;
  if (inside.length === 0) return `<li>${link}</li>`;
  const isOpen = entry.url === url || inside.some((one) => one.url === url);
  const list = `<ul>${inside.map((one) => item(one, url)).join('')}</ul>`;
  return `<li>${link}<details${isOpen ? ' open' : ''}><summary>${inside.length} pages</summary>${list}</details></li>`;
}

function contents(headings: readonly Heading[]): string {
  const shown = headings.filter(({ level }) => level === 2);
  if (shown.length < 2) return '';
  const links = shown.map(({ id, text: heading }) => `<li><a href="#${id}">${text(heading)}</a></li>`);
  return `<nav class="contents" aria-label="On this page"><h2>On this page</h2><ul>${links.join('')}</ul></nav>`;
}

function neighbours(sections: readonly Section[], url: string): string {
  const flat = sections.flatMap(({ pages }) => pages.flatMap((entry) => [entry, ...entry.inside]));
  const at = flat.findIndex((entry) => entry.url === url);
  if (at < 0) return '';
  const link = (entry: NavigationEntry | undefined, relation: string) =>
    entry ? `<a rel="${relation}" href="${entry.url}">${text(entry.title)}</a>` : '<span></span>';
  const before = at > 0 ? flat[at - 1] : undefined;
  return `<nav class="neighbours" aria-label="Next to this page">${link(before, 'prev')}${link(flat[at + 1], 'next')}</nav>`;
}

const text = (raw: string): string =>
  raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
