import { expect, test } from 'vitest';
import { csvLine } from './csv.ts';

test('text with separators, quotes and line ends is quoted; objects are JSON; nothing is nothing', () => {
  expect(csvLine(['a,b', 'say "x"', 'two\nlines', { a: 1 }, null, undefined, 3, true])).toBe(
    '"a,b","say ""x""","two\nlines","{""a"":1}",,,3,true\r\n',
  );
});

test('text that a spreadsheet would run is text', () => {
  expect(csvLine(['=HYPERLINK("x")', '+1', '-1', '@x', -1])).toBe(`"'=HYPERLINK(""x"")",'+1,'-1,'@x,-1\r\n`);
});
