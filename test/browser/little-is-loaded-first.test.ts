import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { isBuilt } from '../../web/build-when-stale.ts';

const DIST = fileURLToPath(new URL('../../web/dist/', import.meta.url));
const FIRST_BYTES_MAX = 350_000;

interface Chunk {
  file: string;
  imports?: string[];
  dynamicImports?: string[];
}
let chunks: Record<string, Chunk>;

beforeAll(async () => {
  expect(await isBuilt()).toBe(true);
  chunks = JSON.parse(readFileSync(`${DIST}manifest.json`, 'utf8'));
});

/** What the browser must have before the page named runs. */
function neededBy(name: string, needed = new Set<string>()): Set<string> {
  const chunk = chunks[name];
  if (!chunk || needed.has(chunk.file)) return needed;
  needed.add(chunk.file);
  for (const one of chunk.imports ?? []) neededBy(one, needed);
  return needed;
}

const gzipped = (files: Iterable<string>): number =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(DIST + file), { level: 9 }).length, 0);

test('every page but its drawings needs less than 350 kB of JavaScript', () => {
  const pages = chunks['index.html']?.dynamicImports ?? [];
  expect(pages.length).toBeGreaterThan(4);
  for (const page of pages) {
    const needed = new Set([...neededBy('index.html'), ...neededBy(page)]);
    expect(gzipped(needed), page).toBeLessThan(FIRST_BYTES_MAX);
  }
});

test('what draws machines is loaded by pages that draw one, when they do', () => {
  const drawing = Object.keys(chunks).find((name) => name.endsWith('machine-view.tsx'));
  expect(drawing).toBeDefined();
  const first = new Set(
    ['index.html', ...(chunks['index.html']?.dynamicImports ?? [])].flatMap((name) => [...neededBy(name)]),
  );
  expect(first.has(chunks[drawing ?? '']?.file ?? '')).toBe(false);
});
