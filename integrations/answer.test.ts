import { expect, it } from 'vitest';
import { at, readBody, textAt } from './answer.ts';
import { answer } from './integrations.testkit.ts';

it('reads a body as JSON, else as text, else as nothing', () => {
  expect(readBody(answer(200, { a: [1] }))).toEqual({ a: [1] });
  expect(readBody(answer(200, 'ok'))).toBe('ok');
  expect(readBody(answer(204))).toBeNull();
  expect(readBody({ body: Buffer.from([0xff, 0x7b]) })).toBe('\uFFFD{');
});

it('finds what is there and never what is inherited', () => {
  const body = { errors: [{ message: 'no' }], empty: '' };
  expect(textAt(body, 'errors', 0, 'message')).toBe('no');
  expect(textAt(body, 'empty')).toBeUndefined();
  expect(at(body, 'errors', 1, 'message')).toBeUndefined();
  expect(at(body, 'constructor')).toBeUndefined();
  expect(at(body, 'errors', 'length', 'x')).toBeUndefined();
  expect(at('text', 0)).toBeUndefined();
});
