import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from './json.ts';
import { parseJson } from './parse-json.ts';

/** Keys that are written with an escape, and those they are mistaken for. */
const awkward = fc
  .array(fc.constantFrom('\\', '"', '\n', '\b', 'k', 'k0_', 'u0022', '\u2028', ':', '__proto__', ' '), {
    maxLength: 4,
  })
  .map((parts) => parts.join(''));

/** Objects as entries, so that what is expected never went through an object with such keys. */
type Tree = string | number | null | Tree[] | { entries: [string, Tree][] };
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    awkward,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.record({
      entries: fc.uniqueArray(fc.tuple(awkward, tie('tree')), { maxLength: 4, selector: ([key]) => key }),
    }),
  ),
}));

function write(value: Tree, space: string): string {
  if (Array.isArray(value)) return `[${value.map((one) => write(one, space)).join(`,${space}`)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = value.entries.map(
    ([key, of]) => `${space}${JSON.stringify(key)}${space}:${write(of, space)}`,
  );
  return `{${members.join(',')}${space}}`;
}

function read(value: Json): Tree {
  if (Array.isArray(value)) return value.map(read);
  if (typeof value !== 'object' || value === null) return value as Tree;
  return { entries: Object.entries(value).map(([key, of]) => [key, read(of)]) };
}

describe('parseJson', () => {
  it('reads what V8 mistakes for another key', () => {
    expect(Object.keys(parseJson('{"h":[],"\\\\":0}') as object)).toEqual(['h', '\\']);
    expect(Object.keys(parseJson('{"h":1,"\\"":2}') as object)).toEqual(['h', '"']);
    expect(Object.keys(parseJson('{"h":1,"\\n":2}') as object)).toEqual(['h', '\n']);
  });

  it('reads every key and value as it is written, whatever was read before', () => {
    fc.assert(
      fc.property(tree, fc.constantFrom('', ' ', '\n\t '), (value, space) => {
        expect(read(parseJson(write(value, space)))).toEqual(value);
      }),
      { numRuns: 2_000 },
    );
  });

  it('makes __proto__ a key like any other', () => {
    const value = parseJson('{"a\\n":1,"__proto__":{"polluted":true},"\\u005f_proto__\\n":2}') as object;
    expect(Object.keys(value)).toEqual(['a\n', '__proto__', '__proto__\n']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    const escaped = parseJson('{"\\u005f_proto__":{"polluted":true}}') as object;
    expect(Object.keys(escaped)).toEqual(['__proto__']);
    expect('polluted' in escaped).toBe(false);
  });

  it('lets the last of equal keys win, however they are written', () => {
    expect(parseJson('{"a\\n":1,"a\\u000a":2}')).toEqual({ 'a\n': 2 });
    expect(parseJson('{"a\\u0062":1,"ab":2}')).toEqual({ ab: 2 });
    expect(parseJson('{"ab":2,"a\\u0062":1}')).toEqual({ ab: 1 });
  });

  it('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('{', '}', '"', '\\', 'n', ':', ',', '1', '[', ']') }),
        (text) => {
          let valid = true;
          try {
            JSON.parse(text);
          } catch {
            valid = false;
          }
          if (valid) expect(() => parseJson(text)).not.toThrow();
          else expect(() => parseJson(text)).toThrow(SyntaxError);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
