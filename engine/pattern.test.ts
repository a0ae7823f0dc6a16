import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePattern } from './pattern.ts';

const matches = (source: string, text: string): boolean => {
  const result = compilePattern(source);
  if (!result.ok) throw new Error(`${source}: ${result.message}`);
  return result.pattern.test(text);
};

test.each<[string, string, boolean]>([
  ['abc', 'xxabcxx', true],
  ['^abc$', 'xabc', false],
  ['a.c', 'a\nc', false],
  ['a.c', 'a😀c', true],
  ['colou?r', 'color', true],
  ['^(ab|cd)+$', 'abcdab', true],
  ['^a{2,3}$', 'aaaa', false],
  ['^a{2,3}$', 'aaa', true],
  ['^a{2}$', 'aa', true],
  ['^a{2,}$', 'a', false],
  ['^[^a-c]+$', 'xyz', true],
  ['^[]x]+$', 'x]', true],
  ['^[a\\]-]+$', 'a]-', true],
  ['\\bcat\\b', 'a cat sat', true],
  ['\\bcat\\b', 'concatenate', false],
  ['^\\d{3}-\\w+\\s?$', '123-ab_9 ', true],
  ['(?i)^straße$', 'STRAßE', true],
  ['^(?:a|b)*?c$', 'abac', true],
  ['\\x41\\x{1F600}', 'A😀', true],
  ['a{,2}', 'a{,2}', true],
  ['', 'anything', true],
  ['^$', '', true],
  ['(a*)*b', 'aaab', true],
  ['(|a)+$', 'b', true],
])('%s finds a match in %j: %s', (source, text, expected) => {
  expect(matches(source, text)).toBe(expected);
});

test.each(['(', ')', 'a)', '[', '[b-a]', '*a', 'a{3,2}', '(?=a)', '\\1', '\\', 'a{1001}'])(
  'refuses %s with a sentence',
  (source) => {
    expect(compilePattern(source)).toMatchObject({ ok: false, message: expect.stringMatching(/./) });
  },
);

test('refuses a pattern that repeats repetitions into a huge program', () => {
  expect(compilePattern('((a{100}){100}){100}').ok).toBe(false);
  expect(compilePattern('((){200}){200}').ok).toBe(false);
});

test('counts steps in proportion to the text, even for a pattern that makes others backtrack for ever', () => {
  const result = compilePattern('^(a|aa)+$');
  if (!result.ok) throw new Error(result.message);
  expect(result.pattern.test(`${'a'.repeat(100_000)}!`)).toBe(false);
  expect(result.pattern.steps(2000)).toBeLessThan(2.1 * result.pattern.steps(1000));
});

test('agrees with JavaScript on patterns that both understand', () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    '.',
    '[ab]',
    '[^a]',
    '\\d',
    '\\w',
    '\\b',
    '^',
    '$',
    '(a|b)',
    '(?:ab)',
  );
  const repeated = fc
    .tuple(piece, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}'))
    .map(([part, count]) => (part.startsWith('\\b') || part === '^' || part === '$' ? part : part + count));
  const source = fc.array(repeated, { maxLength: 6 }).map((parts) => parts.join(''));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' '), maxLength: 8 });
  fc.assert(
    fc.property(source, text, (pattern, subject) => {
      expect(matches(pattern, subject)).toBe(new RegExp(pattern, 'u').test(subject));
    }),
    { numRuns: 2000 },
  );
});
