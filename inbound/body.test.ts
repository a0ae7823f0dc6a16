import { describe, expect, test } from 'vitest';
import { formObject, formPairs, jsonObject, jsonPayload, textAt } from './body.ts';
import { deliveryId, eventType } from './event.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const nested = (levels: number): string => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;

describe('a JSON body', () => {
  test('keeps no text that Postgres cannot store', () => {
    const body =
      '{"message": "a\\u0000b \\ud800 \\ud83d\\ude00", "\\u0000": ["\\udc00"], "n": 1.5, "t": true, "z": null}';
    expect(jsonObject(bytes(body))).toEqual({
      message: 'a\ufffdb \ufffd 😀',
      '\ufffd': ['\ufffd'],
      n: 1.5,
      t: true,
      z: null,
    });
  });

  test('keeps text that only looks like an escape', () => {
    expect(jsonObject(bytes('{"path": "c:\\\\u0000"}'))).toEqual({ path: 'c:\\u0000' });
  });

  test('holds `__proto__` as a name like any other', () => {
    const payload = jsonObject(bytes('{"__proto__": {"admin": true}, "x": "\\u0000"}'));
    expect(Object.hasOwn(payload, '__proto__')).toBe(true);
    expect((payload as { admin?: boolean }).admin).toBeUndefined();
    expect(textAt(payload, '__proto__', 'admin')).toBeUndefined();
  });

  test('is refused where it is nested more than 100 deep', () => {
    expect(() => jsonObject(bytes(nested(100)))).not.toThrow();
    expect(() => jsonObject(bytes(nested(101)))).toThrow('body_too_deep');
    expect(() => jsonObject(bytes('['.repeat(200_000) + ']'.repeat(200_000)))).toThrow('body_too_deep');
  });

  test.each([
    ['body_not_utf8', Buffer.from([0x22, 0xc3, 0x28, 0x22])],
    ['body_not_json', bytes('{"a": 1,}')],
    ['body_not_json', bytes('')],
    ['body_not_an_object', bytes('[1]')],
    ['body_not_an_object', bytes('null')],
  ])('is refused as %s', (why, body) => {
    expect(() => jsonObject(body)).toThrow(why);
  });

  test('that is no object stands under `body` where any JSON will do', () => {
    expect(jsonPayload(bytes('"x"'))).toEqual({ body: 'x' });
    expect(jsonPayload(bytes('{"x": 1}'))).toEqual({ x: 1 });
  });
});

describe('a form', () => {
  test('is read as browsers write it', () => {
    expect(formPairs(bytes('a=1+2&b=%26&c&=d&&a=%F0%9F%98%80'))).toEqual([
      ['a', '1 2'],
      ['b', '&'],
      ['c', ''],
      ['', 'd'],
      ['a', '😀'],
    ]);
  });

  test('keeps a question mark or a byte order mark at its beginning', () => {
    expect(formPairs(bytes('?a=1'))).toEqual([['?a', '1']]);
    expect(formPairs(bytes('\ufeffa=1'))).toEqual([['\ufeffa', '1']]);
  });

  test('keeps no text that Postgres cannot store', () => {
    expect(formObject(formPairs(bytes('a=%00')))).toEqual({ a: '\ufffd' });
  });
});

describe('the type of an event', () => {
  test('is one line of 200 characters at most', () => {
    expect(eventType('a\n\u2028\u0000b', undefined, 'c')).toBe('ab.c');
    expect(eventType('x'.repeat(300))).toHaveLength(200);
    expect(eventType(`${'x'.repeat(199)}😀`)).toBe(`${'x'.repeat(199)}\ufffd`);
    expect(eventType('\n')).toBe('untyped');
  });
});

describe('the id of a delivery', () => {
  test('is the sender’s where it can be printed, and its hash where not', () => {
    expect(deliveryId('72d3162e-cc78')).toBe('72d3162e-cc78');
    expect(deliveryId('a\nb')).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(deliveryId('a\nb')).not.toBe(deliveryId('a\nc'));
  });
});
