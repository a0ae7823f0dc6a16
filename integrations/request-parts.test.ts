import { describe, expect, it } from 'vitest';
import type { Json } from '../engine/json.ts';
import { basic, bodyOf, FORM, formEncode, headersOf, JSON_TYPE, methodOf } from './request-parts.ts';

const refusal = (code: string) => expect.objectContaining({ name: 'Refusal', code });

describe('the headers of an action', () => {
  it('go out in lower case together with the connection’s', () => {
    expect(headersOf({ 'X-Trace': ' a b ' }, { authorization: 'Bearer x' })).toEqual({
      'x-trace': 'a b',
      authorization: 'Bearer x',
    });
  });

  it('may replace the accepted and the sent type and nothing else of the connection', () => {
    const own = { accept: JSON_TYPE, 'content-type': JSON_TYPE, 'x-api-key': 'secret' };
    expect(headersOf({ Accept: 'text/csv', 'Content-Type': 'text/xml' }, own)).toEqual({
      accept: 'text/csv',
      'content-type': 'text/xml',
      'x-api-key': 'secret',
    });
    expect(() => headersOf({ 'X-API-Key': 'mine' }, own)).toThrow(refusal('header_not_allowed'));
  });

  it.each([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'connection',
    'Keep-Alive',
    'upgrade',
    'TE',
    'trailer',
    'expect',
    'proxy-authorization',
    'Proxy-Connection',
    'authorization',
    'Cookie',
    'user-agent',
    'Idempotency-Key',
    'traceparent',
    'tracestate',
    'accept-encoding',
  ])('are not %s', (name) => {
    expect(() => headersOf({ [name]: 'x' })).toThrow(refusal('header_not_allowed'));
  });

  it.each([
    ['a b', 'x'],
    ['', 'x'],
    ['a:', 'x'],
    ['é', 'x'],
    ['a\r\nb', 'x'],
    ['a', 'x\r\ny'],
    ['a', 'x\ny'],
    ['a', 'x\u0000'],
    ['a', '€'],
    ['a', '\u007f'],
  ])('are refused when they are none: %j: %j', (name, value) => {
    expect(() => headersOf({ [name]: value })).toThrow(refusal('header_invalid'));
  });

  it('are refused when two differ in case only', () => {
    expect(() => headersOf({ 'X-A': '1', 'x-a': '2' })).toThrow(refusal('header_invalid'));
  });

  it('may have names that objects inherit', () => {
    expect(headersOf({ constructor: 'a' })).toEqual({ constructor: 'a' });
    expect(Object.keys(headersOf(JSON.parse('{"__proto__":"a"}')))).toEqual(['__proto__']);
  });
});

describe('the body of an action', () => {
  function encode(body: Json | undefined, type?: string, method = 'POST', byDefault?: typeof FORM) {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    return [bodyOf(method, body, headers, byDefault), headers['content-type']];
  }

  it.each<[Json | undefined, string | undefined, string | null, string | undefined]>([
    [{ a: 1 }, undefined, '{"a":1}', JSON_TYPE],
    [[1], undefined, '[1]', JSON_TYPE],
    [null, undefined, 'null', JSON_TYPE],
    [false, undefined, 'false', JSON_TYPE],
    ['text', undefined, 'text', 'text/plain; charset=utf-8'],
    ['{"a":1}', 'application/json', '{"a":1}', 'application/json'],
    ['<a/>', 'text/xml', '<a/>', 'text/xml'],
    [{ a: 1 }, 'application/vnd.api+json', '{"a":1}', 'application/vnd.api+json'],
    [{ a: 'b c', d: [1, 2] }, `${FORM}; charset=utf-8`, 'a=b+c&d=1&d=2', `${FORM}; charset=utf-8`],
    [undefined, 'text/xml', null, undefined],
  ])('%j as %j is %j of type %j', (body, type, text, sentType) => {
    expect(encode(body, type)).toEqual([text, sentType]);
  });

  it('is a form where that is the provider’s language', () => {
    expect(encode({ To: '+1' }, undefined, 'POST', FORM)).toEqual(['To=%2B1', FORM]);
    expect(encode('To=%2B1', undefined, 'POST', FORM)).toEqual(['To=%2B1', FORM]);
  });

  it('is refused with GET and HEAD', () => {
    for (const method of ['GET', 'HEAD']) {
      expect(() => encode({}, undefined, method)).toThrow(refusal('body_not_allowed'));
      expect(encode(undefined, undefined, method)).toEqual([null, undefined]);
    }
  });
});

describe('a form', () => {
  it('repeats lists, leaves null out and writes objects as JSON', () => {
    const fields = { a: 'x&y=z', b: true, c: null, d: [1, null, 'é'], e: { f: 1 }, g: 0, h: '' };
    expect(formEncode(fields)).toBe('a=x%26y%3Dz&b=true&d=1&d=%C3%A9&e=%7B%22f%22%3A1%7D&g=0&h=');
  });

  it.each<Json>([[], 'a', 1, null])('is not made of %j', (body) => {
    expect(() => formEncode(body)).toThrow(refusal('body_invalid'));
  });
});

it('knows the methods it sends', () => {
  expect(methodOf({ method: 'patch' })).toBe('PATCH');
  for (const method of ['', 'TRACE', 'CONNECT', 'GET ', 'constructor']) {
    expect(() => methodOf({ method })).toThrow(refusal('method_invalid'));
  }
});

it('writes Basic credentials as RFC 7617 does', () => {
  expect(basic('Aladdin', 'open sesame')).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
  expect(basic('test', '123£')).toBe('Basic dGVzdDoxMjPCow==');
});
