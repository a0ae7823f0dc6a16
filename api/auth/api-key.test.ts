import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { newApiKey, readApiKey } from './api-key.ts';

const TENANT = '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f';

test('a key names its tenant and its hash', () => {
  const { key, prefix, hash } = newApiKey(TENANT);
  expect(key).toMatch(/^pawl_[\w-]{54}$/);
  expect(hash).toEqual(createHash('sha256').update(key).digest());
  expect(readApiKey(key)).toEqual({ tenantId: TENANT, hash });
  expect(key.startsWith(prefix)).toBe(true);
  expect(prefix).toHaveLength(12);
});

test('two keys of a tenant differ already in what is shown of them', () => {
  expect(newApiKey(TENANT).prefix).not.toBe(newApiKey(TENANT).prefix);
});

test('a key with any character changed is another key', () => {
  const { key, hash } = newApiKey(TENANT);
  for (let at = 'pawl_'.length; at < key.length; at++) {
    const other = key.slice(0, at) + (key[at] === 'A' ? 'B' : 'A') + key.slice(at + 1);
    expect(readApiKey(other)?.hash.equals(hash) ?? false).toBe(false);
  }
});

test.each([
  '',
  'pawl_',
  'pawl_short',
  `pawl_${'A'.repeat(53)}`,
  `pawl_${'A'.repeat(55)}`,
  `pawl_${'*'.repeat(54)}`,
])('"%s" is no key', (text) => {
  expect(readApiKey(text)).toBeNull();
});
