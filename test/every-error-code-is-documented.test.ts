import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ERRORS_FILE, errorsDocument } from '../docs/generate-errors.ts';
import { ERROR_CODES } from '../engine/error-codes.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const NOT_OURS = new Set(['node_modules', '.git', '.pawl', 'web', 'coverage']);

const listed = Object.values(ERROR_CODES).flatMap((codes) => Object.keys(codes));
let source: string;

beforeAll(() => {
  const files = readdirSync(ROOT, { withFileTypes: true, recursive: true }).filter(
    ({ name, parentPath }) =>
      name.endsWith('.ts') &&
      !/\.(?:test|testkit)\.ts$/.test(name) &&
      name !== 'error-codes.ts' &&
      !parentPath
        .slice(ROOT.length)
        .split('/')
        .some((part) => NOT_OURS.has(part)),
  );
  source = files.map(({ name, parentPath }) => readFileSync(join(parentPath, name), 'utf8')).join('\n');
});

/** Codes as they stand in the source: given to an error directly, or made of the thing that was not found. */
function thrown(): string[] {
  const given = [...source.matchAll(/new PawlError\(\s*'\w+',\s*'(\w+)'/g)].map(([, code]) => String(code));
  const missing = [...source.matchAll(/\b(?:notFound|idOf)\('(\w+)'\)/g)].map(
    ([, thing]) => `${thing}_not_found`,
  );
  return [...new Set([...given, ...missing])].sort();
}

test('every code that is thrown is listed', () => {
  expect(thrown().length).toBeGreaterThan(50);
  expect(thrown().filter((code) => !listed.includes(code))).toEqual([]);
});

test('every code that is listed is listed once, and stands somewhere in the source', () => {
  expect(new Set(listed).size).toBe(listed.length);
  const used = new Set([...thrown(), ...[...source.matchAll(/'(\w+)'/g)].map(([, word]) => word)]);
  expect(listed.filter((code) => !used.has(code))).toEqual([]);
});

test('docs/errors.md is made from the list as it is', () => {
  expect(readFileSync(ERRORS_FILE, 'utf8')).toBe(errorsDocument());
});
