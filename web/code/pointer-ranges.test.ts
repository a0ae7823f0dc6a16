import { jsonLanguage } from '@codemirror/lang-json';
import { expect, test } from 'vitest';
import { rangeOf } from './pointer-ranges.ts';

const text = JSON.stringify(
  { initial: 'a', states: { 'a/b': { on: { X: [{ target: 'b' }, 'c'] } } } },
  null,
  2,
);
const tree = jsonLanguage.parser.parse(text);
const at = (pointer: string) => {
  const { from, to } = rangeOf(tree, text, pointer);
  return text.slice(from, to);
};

test.each([
  ['/initial', '"a"'],
  ['/states/a~1b', '"a/b"'],
  ['/states/a~1b/on/X/0/target', '"b"'],
  ['/states/a~1b/on/X/1', '"c"'],
  ['/states/a~1b/on/X/0', '{'],
  ['/states/a~1b/on/NEW', '"on"'],
  ['', '{'],
])('%s points to %s', (pointer, found) => {
  expect(at(pointer)).toBe(found);
});

test('a text that is not JSON has places too', () => {
  const broken = '{ "initial": "a", "states": ';
  const { from, to } = rangeOf(jsonLanguage.parser.parse(broken), broken, '/states/x');
  expect(to).toBeGreaterThanOrEqual(from);
  expect(rangeOf(jsonLanguage.parser.parse(''), '', '/a')).toEqual({ from: 0, to: 0 });
});
