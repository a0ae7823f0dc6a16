import { expect, test } from 'vitest';
import { createSequence, type Shortcut } from './shortcuts.ts';

const shortcut = (...keys: string[]): Shortcut => ({ keys, label: keys.join(' '), run: () => {} });
const KNOWN = [shortcut('g', 'j'), shortcut('g', 'w'), shortcut('?')];

test('two keys one after the other are one shortcut', () => {
  const press = createSequence();
  expect(press('g', 0, KNOWN)).toBeNull();
  expect(press('w', 100, KNOWN)).toBe(KNOWN[1]);
});

test('a first key is forgotten after a while', () => {
  const press = createSequence();
  press('g', 0, KNOWN);
  expect(press('w', 5_000, KNOWN)).toBeNull();
});

test('a wrong key in between begins anew', () => {
  const press = createSequence();
  press('g', 0, KNOWN);
  expect(press('x', 10, KNOWN)).toBeNull();
  expect(press('?', 20, KNOWN)).toBe(KNOWN[2]);
  press('g', 30, KNOWN);
  press('g', 40, KNOWN);
  expect(press('j', 50, KNOWN)).toBe(KNOWN[0]);
});
