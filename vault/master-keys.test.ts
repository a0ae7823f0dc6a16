import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseKeyRing } from './key-ring.ts';
import { createMasterKeys, type MasterKeys } from './master-keys.ts';
import { KEY_A, KEY_B, ring, ringA, ringAThenB } from './vault.testkit.ts';

const of = {
  tenantId: '0190c8a0-0000-7000-8000-000000000001',
  dataKeyId: '0190c8a0-0000-7000-8000-0000000000d1',
};
const unreadable = { kind: 'Corrupt', code: 'data_key_unreadable' };
const dataKey = randomBytes(32);
const master = createMasterKeys(ringA, null);

describe('a data key under a ring', () => {
  it('unwraps with the key that wrapped it, whichever wraps now', async () => {
    const key = await master.wrap(dataKey, of);
    expect(key.wrappingKeyId).toBe('a');
    const later = createMasterKeys(ringAThenB, null);
    expect(await later.currentKeyId()).toBe('b');
    expect(await later.unwrap(key, of)).toEqual(dataKey);
    expect(key.wrapped.includes(dataKey)).toBe(false);
  });

  it('does not unwrap for another tenant, or as another data key', async () => {
    const key = await master.wrap(dataKey, of);
    const others = [
      { ...of, tenantId: '0190c8a0-0000-7000-8000-000000000002' },
      { ...of, dataKeyId: '0190c8a0-0000-7000-8000-0000000000d2' },
      { tenantId: of.dataKeyId, dataKeyId: of.tenantId },
    ];
    for (const other of others) await expect(master.unwrap(key, other)).rejects.toMatchObject(unreadable);
  });

  it('does not unwrap with any one byte changed', async () => {
    const { wrapped, wrappingKeyId } = await master.wrap(dataKey, of);
    for (let index = 0; index < wrapped.length; index += 1) {
      const changed = Buffer.from(wrapped);
      changed[index] = (changed[index] ?? 0) ^ 0x01;
      await expect(master.unwrap({ wrapped: changed, wrappingKeyId }, of)).rejects.toMatchObject(unreadable);
    }
  });

  it('does not unwrap under another name than that of the key that wrapped it', async () => {
    const { wrapped } = await master.wrap(dataKey, of);
    const both = createMasterKeys(ring(`a:${KEY_A},b:${KEY_B}`, 'b'), null);
    await expect(both.unwrap({ wrapped, wrappingKeyId: 'b' }, of)).rejects.toMatchObject(unreadable);
    await expect(both.unwrap({ wrapped, wrappingKeyId: 'c' }, of)).rejects.toMatchObject({
      code: 'key_missing',
    });
  });
});

describe('a ring beside a key service', () => {
  const service: MasterKeys = {
    currentKeyId: async () => 'arn:aws:kms:eu-west-1:111122223333:key/k',
    wrap: async (bytes) => ({
      wrapped: Buffer.from(bytes).reverse(),
      wrappingKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/k',
    }),
    unwrap: async ({ wrapped }) => Buffer.from(wrapped).reverse(),
  };

  it('leaves wrapping to the service unless it names a key, and each unwraps what it wrapped', async () => {
    const source = { encryptionKeys: `a:${KEY_A}`, besideService: true };
    const before = createMasterKeys(parseKeyRing({ ...source, encryptionKeyId: 'a' }), service);
    expect(await before.currentKeyId()).toBe('a');
    const local = await before.wrap(dataKey, of);

    const after = createMasterKeys(parseKeyRing(source), service);
    const remote = await after.wrap(dataKey, of);
    expect(remote.wrappingKeyId).toBe(await service.currentKeyId());
    for (const both of [before, after]) {
      expect(await both.unwrap(local, of)).toEqual(dataKey);
      expect(await both.unwrap(remote, of)).toEqual(dataKey);
    }
    const missing = { code: 'key_missing' };
    await expect(createMasterKeys(null, service).unwrap(local, of)).rejects.toMatchObject(missing);
    await expect(master.unwrap(remote, of)).rejects.toMatchObject(missing);
  });
});
