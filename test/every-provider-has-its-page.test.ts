import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PROVIDER_LIST, providerFiles, providerList } from '../docs/generate-integrations.ts';
import { integrationPages, PAGES } from '../docs/integration-pages.ts';
import { providers } from '../integrations/catalogue.ts';

test('every file of integrations/providers is in the catalogue, under its own name', () => {
  expect(readFileSync(PROVIDER_LIST, 'utf8')).toBe(providerList(providerFiles()));
  expect(providers.map(({ id }) => id)).toEqual(providerFiles());
});

test('every provider has a test beside it', () => {
  const files = readdirSync(new URL('../integrations/providers/', import.meta.url));
  for (const id of providerFiles()) expect(files).toContain(`${id}.test.ts`);
});

test('the pages in docs/integrations are made from the providers as they are (`npm run docs`)', () => {
  const pages = integrationPages();
  expect(readdirSync(PAGES).sort()).toEqual([...pages.keys()].sort());
  for (const [name, page] of pages) expect(readFileSync(new URL(name, PAGES), 'utf8')).toBe(page);
});

test('no page shows more of a secret than `***`', () => {
  for (const page of integrationPages().values()) {
    for (const [, value] of page.matchAll(/^authorization: (.*)$/gm))
      expect(value).toMatch(/^(?:[\w-]+ )?\*\*\*$/);
  }
});
