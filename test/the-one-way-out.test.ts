// Scans our sources for ways around the two gates that import rules cannot see: globals and modules of Node. What runs in
// a browser (web/) asks the API alone: its content security policy says so.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PRODUCTION = readdirSync(ROOT, { withFileTypes: true })
  .filter(
    (entry) =>
      entry.isDirectory() && !/^(\.|node_modules$|test$|bench$|docs$|ops$|coverage$|web$)/.test(entry.name),
  )
  .flatMap(({ name }) =>
    readdirSync(join(ROOT, name), { recursive: true, encoding: 'utf8' }).map((file) => join(name, file)),
  )
  .filter(
    (file) =>
      /\.[cm]?[jt]sx?$/.test(file) && !/\.(test|testkit)\.ts$/.test(file) && !file.includes('node_modules'),
  )
  .map((file) => ({
    file: relative('.', file),
    code: withoutComments(readFileSync(join(ROOT, file), 'utf8')),
  }));

/** Good enough for our own style: comments on lines of their own, and behind code after two slashes and a space. */
function withoutComments(source: string): string {
  return source.replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '').replaceAll(/\s\/\/ .*$/gm, '');
}

const having = (pattern: RegExp, allowed: RegExp): string[] =>
  PRODUCTION.filter(({ file, code }) => !allowed.test(file) && pattern.test(code)).map(({ file }) => file);

test('the scan finds the sources', () => {
  expect(PRODUCTION.map(({ file }) => file)).toEqual(
    expect.arrayContaining(['egress/sender.ts', 'processes/api.ts']),
  );
});

test('nothing leaves but through egress: no fetch, no request of node:http, no socket dialled elsewhere', () => {
  // Commands talk to the API of their own operator, at the address he gives; no tenant has a say in it.
  const waysOut = [
    /(?<![\w.])(?:globalThis\.)?fetch\(/,
    /\bhttps?\.(?:request|get)\(/,
    /import\s*\{[^}]*\b(?:request|get|ClientRequest|Agent)\b[^}]*\}\s*from 'node:https?'/,
    /from 'node:http2'/,
    /\b(?:net|tls)\.(?:connect|createConnection)\(|import\s*\{[^}]*\b(?:connect|createConnection)\b[^}]*\}\s*from 'node:(?:net|tls)'|\bnew (?:net\.)?Socket\(/,
    /\bnew (?:WebSocket|EventSource|XMLHttpRequest)\(/,
    /from 'node:dgram'/,
  ];
  for (const way of waysOut) expect(having(way, /^egress\/|^cli\/client\.ts$/), String(way)).toEqual([]);
});

test('the environment is read in config/ and nowhere else', () => {
  expect(
    having(/process\.env|import\s*\{[^}]*\benv\b[^}]*\}\s*from 'node:process'/, /^config\/environment\.ts$/),
  ).toEqual([]);
});
