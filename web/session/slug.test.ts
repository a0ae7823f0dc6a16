import { expect, test } from 'vitest';
import { slugOf } from './slug.ts';

test.each([
  ['Northwind Traders', 'northwind-traders'],
  ['  Müller & Söhne GmbH. ', 'muller-sohne-gmbh'],
  ['日本', ''],
  [`${'a'.repeat(62)} b`, 'a'.repeat(62)],
])('the short name of "%s" is "%s"', (name, slug) => {
  expect(slugOf(name)).toBe(slug);
});
