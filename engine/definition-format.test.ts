import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { validateDefinition } from './validate.ts';

const PAGE = readFileSync(new URL('../docs/definition-format.md', import.meta.url), 'utf8');

it('the page about definitions lists every problem code', () => {
  const folder = new URL('.', import.meta.url);
  const sources = readdirSync(folder)
    .filter((name) => /^(check-|definition-|template).*(?<!test)\.ts$/.test(name))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n');
  const reported = [
    ...sources.matchAll(/(?:report\.(?:error|warning)|compiler\.report)\(\s*[^'\n]*?\n?\s*'([a-z_]+)'/g),
    ...sources.matchAll(/(?:rule|TemplateProblem)\(\s*'([a-z_]+)'/g),
    ...sources.matchAll(/\berror\([a-z]+, '([a-z_]+)'/g),
  ].map(([, code]) => code as string);
  expect(new Set(reported).size).toBeGreaterThan(50);
  for (const code of new Set(reported)) expect(PAGE).toContain(`\`${code}\``);
});

it('the example on the page about definitions is sound', () => {
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(PAGE) ?? [];
  expect(validateDefinition(JSON.parse(example))).toMatchObject({ ok: true, problems: [] });
});
