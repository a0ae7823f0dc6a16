import { expect, it } from 'vitest';
import { keyIdOf } from './blob.ts';
import { createDecrypter } from './decrypt.ts';
import { createEncrypter } from './encrypt.ts';
import { reencrypt } from './reencrypt.ts';
import { binding, KEY_B, ring, ringA, ringAThenB } from './vault.testkit.ts';

const credentials = { api_key: 'SG.secret' };

it('moves a credential to the current key, bound as before', () => {
  const moved = reencrypt(createEncrypter(ringA)(credentials, binding), binding, ringAThenB);
  if (moved === null) throw new Error('not moved');
  expect(keyIdOf(moved)).toBe('b');
  const onlyB = createDecrypter(ring(`b:${KEY_B}`, 'b'));
  expect(onlyB(moved, binding)).toEqual(credentials);
  expect(() => onlyB(moved, { ...binding, tenantId: 'other' })).toThrow();
});

it('leaves a credential alone that is under the current key', () => {
  expect(reencrypt(createEncrypter(ringAThenB)(credentials, binding), binding, ringAThenB)).toBeNull();
});

it('refuses a credential it cannot open, for want of the key or because it was moved', () => {
  const blob = createEncrypter(ringA)(credentials, binding);
  const missing = expect.objectContaining({ code: 'key_missing' });
  expect(() => reencrypt(blob, binding, ring(`b:${KEY_B}`, 'b'))).toThrow(missing);
  const unreadable = expect.objectContaining({ code: 'credential_unreadable' });
  expect(() => reencrypt(blob, { ...binding, provider: 'sendgrid' }, ringAThenB)).toThrow(unreadable);
  expect(() => reencrypt(Buffer.from('nonsense'), binding, ringAThenB)).toThrow(unreadable);
});
