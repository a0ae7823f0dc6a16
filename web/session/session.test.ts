import { expect, test } from 'vitest';
import { createSession, keyOfFragment } from './session.ts';

function setup() {
  const kept = new Map<string, string>();
  const session = createSession({
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  });
  const changes: boolean[] = [];
  session.subscribe(() => changes.push(session.exists()));
  return { session, changes, kept };
}

test('a key that was typed in is sent with every request until somebody signs out', () => {
  const { session, changes, kept } = setup();
  expect(session.headers()).toEqual({});
  session.signIn(' pawl_abc \n');
  expect(session.headers()).toEqual({ Authorization: 'Bearer pawl_abc' });
  session.signOut();
  expect(session.headers()).toEqual({});
  expect(changes).toEqual([true, false]);
  expect(kept.size).toBe(0);
});

test('a key that the API refused is forgotten, and that is said until somebody signs in', () => {
  const { session, changes } = setup();
  session.signIn('pawl_abc');
  session.refused();
  expect(session.wasRefused()).toBe(true);
  expect(changes).toEqual([true, false]);
  session.signIn('pawl_def');
  expect(session.wasRefused()).toBe(false);
});

test('the link of development carries its key in the fragment', () => {
  expect(keyOfFragment('#key=pawl_abc')).toBe('pawl_abc');
  expect(keyOfFragment('')).toBeNull();
  expect(keyOfFragment('#other=1')).toBeNull();
});
