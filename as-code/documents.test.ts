import { describe, expect, test } from 'vitest';
import { readDocuments } from './documents.ts';

const read = (text: string) => readDocuments({ path: 'x.yaml', text });
const valuesOf = (text: string) => read(text).documents.map(({ value }) => value);

describe('a file', () => {
  test('holds any number of documents, and a list of JSON is as many', () => {
    expect(valuesOf('a: 1\n---\n# nothing\n---\nb: 2\n')).toEqual([{ a: 1 }, { b: 2 }]);
    expect(valuesOf('[\n\t{"a": 1},\n\t{"b": 2}\n]')).toEqual([{ a: 1 }, { b: 2 }]);
    expect(valuesOf('')).toEqual([]);
  });

  test('means what it looks like: words are words, dates are texts, templates are templates', () => {
    const text =
      'on: yes\nday: 2026-01-31\nafter: { 60000: late }\ntext: <<job.key>> is <<job.status>>\nn: -0\n';
    expect(JSON.stringify(valuesOf(text))).toBe(
      '[{"on":"yes","day":"2026-01-31","after":{"60000":"late"},"text":"<<job.key>> is <<job.status>>","n":0}]',
    );
  });

  test('that holds what JSON does not is told where', () => {
    const { documents, problems } = read(
      'a: 1\nb: { c: .inf }\n---\n? [x]\n: 1\n---\nd: !!binary aGk=\n---\ne: 1\n---\nf: "a\\0b"\n',
    );
    expect(documents.map(({ value }) => value)).toEqual([{ e: 1 }]);
    expect(problems).toMatchObject([
      { code: 'not_json', file: 'x.yaml', line: 2, column: 6, pointer: '/b/c' },
      { code: 'not_json', line: 4 },
      { code: 'not_json', line: 7, pointer: '/d' },
      { code: 'text_not_storable', line: 11, pointer: '/f' },
    ]);
  });

  test('that multiplies itself by aliases is refused', () => {
    const levels = Array.from({ length: 9 }, (_, at) => `l${at + 1}: &l${at + 1} [${`*l${at}, `.repeat(9)}]`);
    const { documents, problems } = read(`l0: &l0 [x]\n${levels.join('\n')}\n`);
    expect([documents, problems.map(({ code }) => code)]).toEqual([[], ['not_yaml']]);
  });

  test('that is no YAML is told with every place of it, and the documents beside it are read', () => {
    const { documents, problems } = read('a: [1\n---\nb: 2\n---\nc: 1\nc: 2\n');
    expect(documents).toHaveLength(1);
    expect(problems.map(({ line }) => line)).toEqual([2, 6]);
  });
});

test('a pointer leads to its key, or to the nearest thing that is there', () => {
  const [document] = read('a:\n  b/c:\n    - x\n    - y: 1\n').documents;
  const lineOf = (pointer: string) => document?.placeOf(pointer).line;
  expect(
    ['', '/a', '/a/b~1c', '/a/b~1c/1', '/a/b~1c/1/y', '/a/b~1c/1/z', '/a/nothing/at/all'].map(lineOf),
  ).toEqual([1, 1, 2, 4, 4, 4, 1]);
});
