import { expect, test } from 'vitest';
import { fieldOf, isoOf } from './local-time.ts';

test('a time is shown in a field to the minute, and means the same when it is read back', () => {
  const field = fieldOf('2026-03-29T01:30:59.999Z');
  expect(field).toMatch(/^2026-03-\d\dT\d\d:\d\d$/);
  expect(isoOf(field)).toBe('2026-03-29T01:30:00.000Z');
});

test('no time is an empty field, and the other way round', () => {
  expect(fieldOf(undefined)).toBe('');
  expect(isoOf('')).toBeUndefined();
});
