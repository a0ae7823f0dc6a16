import { type KeyObject, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { keyIdOf } from './blob.ts';
import { makeDataKey, tenantKeysChanged } from './data-keys.ts';
import { createDecrypter } from './decrypt.ts';
import { createEncrypter } from './encrypt.ts';
import { createMasterKeys } from './master-keys.ts';
import { reencrypt } from './reencrypt.ts';
import { seal } from './seal.ts';
import { binding, keysUnder, memoryStore, ringA } from './vault.testkit.ts';

const credentials = { api_key: 'SG.secret' };
const { tenantId } = binding;

it('moves a credential to the newest data key of its tenant, bound as before', async () => {
  const store = memoryStore();
  const keys = keysUnder(ringA, store);
  const blob = await createEncrypter(keys)(credentials, binding);
  expect(await reencrypt(blob, binding, keys)).toBeNull();

  const next = await makeDataKey(createMasterKeys(ringA, null), tenantId, 2);
  await store.insert(tenantId, next);
  keys.changed(tenantKeysChanged(tenantId));
  const moved = await reencrypt(blob, binding, keys);
  if (moved === null) throw new Error('not moved');
  expect([moved.keyId, keyIdOf(moved.blob)]).toEqual([next.id, next.id]);
  const decrypt = createDecrypter(keys);
  expect(await decrypt(moved.blob, binding)).toEqual(credentials);
  await expect(decrypt(moved.blob, { ...binding, provider: 'sendgrid' })).rejects.toThrow();
});

it('moves a credential that is directly under a master key, and makes the data key of its tenant for it', async () => {
  const store = memoryStore();
  const direct = seal(Buffer.from(JSON.stringify(credentials)), binding, {
    keyId: 'a',
    key: ringA.key('a') as KeyObject,
  });
  const moved = await reencrypt(direct, binding, keysUnder(ringA, store));
  expect(moved?.keyId).toBe(store.rows.get(tenantId)?.[0]?.id);
});

it('refuses a credential it cannot open, because it was shredded, moved, or is none', async () => {
  const keys = keysUnder(ringA);
  const blob = await createEncrypter(keys)(credentials, binding);
  const shredded = { kind: 'Corrupt', code: 'credential_shredded' };
  await expect(reencrypt(blob, binding, keysUnder(ringA))).rejects.toMatchObject(shredded);
  const unreadable = { kind: 'Corrupt', code: 'credential_unreadable' };
  await expect(reencrypt(blob, { ...binding, provider: 'sendgrid' }, keys)).rejects.toMatchObject(unreadable);
  await expect(reencrypt(randomBytes(64), binding, keys)).rejects.toMatchObject(unreadable);
});
