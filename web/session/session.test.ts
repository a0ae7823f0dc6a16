import { expect, test } from 'vitest';
import { createSession, readFragment } from './session.ts';

function setup(endCookie = async () => {}) {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
  const session = createSession(storage, endCookie);
  const changes: string[] = [];
  session.subscribe(() => changes.push(session.by()));
  return { session, changes, kept };
}

test('a key that was typed in is sent with every request until somebody signs out', async () => {
  const { session, changes, kept } = setup();
  expect([session.by(), session.headers()]).toEqual(['asking', {}]);
  session.signIn(' pawl_abc \n');
  expect(session.headers()).toEqual({ Authorization: 'Bearer pawl_abc' });
  await session.signOut();
  expect(session.headers()).toEqual({});
  expect(changes).toEqual(['key', 'nobody']);
  expect(kept.size).toBe(0);
});

test('a key that the API refused is forgotten, and that is said until somebody signs in', () => {
  const { session, changes } = setup();
  session.signIn('pawl_abc');
  session.refused();
  session.refused();
  expect(session.wasRefused()).toBe('key');
  expect(changes).toEqual(['key', 'nobody']);
  session.signIn('pawl_def');
  expect(session.wasRefused()).toBeNull();
});

test('a session says that its requests are ours, and for which organisation this tab works', () => {
  const { session, kept } = setup();
  session.signIn('pawl_abc');
  session.hasCookie(true);
  expect([session.by(), session.headers()]).toEqual(['cookie', { 'X-Pawl-Request': '1' }]);
  session.choose('t1');
  expect(session.headers()).toEqual({ 'X-Pawl-Request': '1', 'X-Pawl-Tenant': 't1' });
  session.refused();
  expect([session.by(), session.headers(), session.wasRefused()]).toEqual(['nobody', {}, 'cookie']);
  expect(kept.size).toBe(0);
});

test('nobody is told to be signed out while the server has not ended the session', async () => {
  const { session } = setup(() => Promise.reject(new Error('unreachable')));
  session.hasCookie(true);
  await expect(session.signOut()).rejects.toThrow('unreachable');
  expect(session.by()).toBe('cookie');
});

test('links carry a key or a token in the fragment', () => {
  expect(readFragment('#key=pawl_abc', 'key')).toBe('pawl_abc');
  expect(readFragment('#token=abc', 'token')).toBe('abc');
  expect(readFragment('', 'key')).toBeNull();
  expect(readFragment('#other=1', 'key')).toBeNull();
});
