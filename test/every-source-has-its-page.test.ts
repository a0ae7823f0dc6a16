import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SOURCE_PAGES, sourcePages } from '../docs/source-pages.ts';

test('the pages in docs/sources are made from the kinds as they are (`npm run docs`)', () => {
  const pages = sourcePages();
  expect(readdirSync(SOURCE_PAGES).sort()).toEqual([...pages.keys()].sort());
  for (const [name, page] of pages) expect(readFileSync(new URL(name, SOURCE_PAGES), 'utf8')).toBe(page);
});
