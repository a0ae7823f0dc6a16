import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FUNCTIONS, METHODS } from './expression-functions.ts';
import { MACROS } from './expression-macros.ts';

const page = readFileSync(new URL('../docs/definition-format.md', import.meta.url), 'utf8');

test('the page of the definition format names every function of CEL', () => {
  const missing = [...FUNCTIONS.keys(), ...METHODS.keys(), ...MACROS.keys()].filter(
    (name) => !new RegExp(`[\`.]${name}\\(`).test(page),
  );
  expect(missing).toEqual([]);
});
