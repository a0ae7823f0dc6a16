import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from './refusal.ts';
import { pathProblem, targetUrl } from './target-url.ts';

describe('a path behind a base URL', () => {
  it.each([
    ['https://api.example.com', '', '', 'https://api.example.com/'],
    ['https://api.example.com/v1', '', '', 'https://api.example.com/v1'],
    ['https://api.example.com/v1/', '', '', 'https://api.example.com/v1/'],
    ['https://api.example.com', '/hooks/x', '', 'https://api.example.com/hooks/x'],
    ['https://api.example.com/v1', '/hooks/x', '', 'https://api.example.com/v1/hooks/x'],
    ['https://api.example.com/v1/', '/hooks/x/', '', 'https://api.example.com/v1/hooks/x/'],
    ['https://api.example.com/v1', '?a=1', '', 'https://api.example.com/v1?a=1'],
    ['https://api.example.com/v1', '/x?a=1', 'b=2%203', 'https://api.example.com/v1/x?a=1&b=2%203'],
    ['http://127.0.0.1:8080', '/a%2Fb/c%20d', '', 'http://127.0.0.1:8080/a%2Fb/c%20d'],
    ['https://api.example.com', '/é ü', '', 'https://api.example.com/%C3%A9%20%C3%BC'],
    [
      'https://api.example.com',
      '/a@b:80/..c/d..',
      'q=//x/../y',
      'https://api.example.com/a@b:80/..c/d..?q=//x/../y',
    ],
    ['https://api.example.com', '/50%2525', '', 'https://api.example.com/50%2525'],
  ])('%s + %j + %j is %s', (base, path, query, expected) => {
    expect(targetUrl(base, path, query)).toBe(expected);
  });

  it.each([
    'hooks',
    '@evil.example',
    ':8080/x',
    '.evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '//evil.example',
    '///evil.example',
    '/a//b',
    '/..',
    '/../x',
    '/a/..',
    '/a/../b',
    '/a/./b',
    '/.',
    '/%2e%2e/x',
    '/%2E%2e',
    '/.%2e/x',
    '/%2e',
    '/a%2f..%2fb',
    '/..%2f..',
    '/%252e%252e/x',
    '/%25252e%25252e/x',
    '/..;/x',
    '/..;a=1/x',
    '/%2f/x',
    '/a%2f%2fb',
    '/%2fevil.example',
    '\\\\evil.example',
    '/\\evil.example',
    '/a\\..\\b',
    '/%5c..%5c',
    '/a%255cb',
    '/a\nb',
    '/a\r\nHost: x',
    '/a\u0000b',
    '/a%00b',
    '/a%0d%0ab',
    '/a\tb',
    '/a\u007fb',
    '/a#b',
    '#',
    '/a%zzb',
    '/a%',
    '/a%2',
    '?a=\n',
    '?a#b',
    '?a=%',
    '/%2525252525252e',
  ])('refuses %j', (path) => {
    expect(pathProblem(path)).toMatch(/^(?:it|a) /);
    expect(() => targetUrl('https://api.example.com/v1', path)).toThrow(Refusal);
    expect(() => targetUrl('https://api.example.com/v1', path)).toThrow(
      expect.objectContaining({ code: 'path_invalid' }),
    );
  });

  it.each(['a=\r\n', 'a#b', 'a=%', 'a=%f'])('refuses the query %j', (query) => {
    expect(() => targetUrl('https://api.example.com', '/x', query)).toThrow(
      expect.objectContaining({ code: 'query_invalid' }),
    );
  });

  it('never leaves the base, whatever path and query are', () => {
    const pieces = fc.constantFrom(
      '/',
      '//',
      '..',
      '.',
      '%2e',
      '%2f',
      '%5c',
      '\\',
      '@',
      ':',
      '?',
      '#',
      'a',
      'evil.example',
      '%25',
      ';',
      'https:',
      '[',
      '｡',
      '\t',
      '&',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((some) => some.join('')),
    );
    fc.assert(
      fc.property(text, text, (path, query) => {
        let url: URL;
        try {
          url = new URL(targetUrl('https://api.example.com:8443/base/path', path, query));
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          return;
        }
        expect(url.origin).toBe('https://api.example.com:8443');
        expect(`${url.pathname}/`.startsWith('/base/path/')).toBe(true);
        expect(url.username + url.password + url.hash).toBe('');
      }),
      { numRuns: 2000 },
    );
  });
});
