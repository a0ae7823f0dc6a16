import { expect, test } from 'vitest';
import { exactTime, fieldOf, isoOf } from './local-time.ts';

test('a time is shown in a field to the minute, and means the same when it is read back', () => {
  const field = fieldOf('2026-03-29T01:30:59.999Z');
  expect(field).toMatch(/^2026-03-\d\dT\d\d:\d\d$/);
  expect(isoOf(field)).toBe('2026-03-29T01:30:00.000Z');
});

test('no time is an empty field, and the other way round', () => {
  expect(fieldOf(undefined)).toBe('');
  expect(isoOf('')).toBeUndefined();
});

test('an exact time says in which zone it is', () => {
  const at = '2026-03-29T01:30:59.999Z';
  const parts = new Intl.DateTimeFormat(undefined, { timeZoneName: 'short' }).formatToParts(new Date(at));
  const zone = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  expect(zone).not.toBe('');
  expect(exactTime(at)).toContain(zone);
});
