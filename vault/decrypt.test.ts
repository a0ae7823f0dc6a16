import { createCipheriv, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../engine/json.ts';
import { associatedData, type CredentialBinding, keyIdOf, packBlob, unpackBlob } from './blob.ts';
import { createDecrypter } from './decrypt.ts';
import { createEncrypter } from './encrypt.ts';
import { seal } from './seal.ts';
import { binding, KEY_B, keysUnder, memoryStore, ring, ringA, ringAThenB } from './vault.testkit.ts';

const credentials: JsonObject = { account_sid: 'AC1', auth_token: 'the-secret-value' };
const store = memoryStore();
const keys = keysUnder(ringA, store);
const encrypt = createEncrypter(keys);
const decrypt = createDecrypter(keys);

/** The tenant's data key, for blobs that nothing of ours would make. */
let keyId: string;
let key: KeyObject;
beforeAll(async () => {
  ({ keyId, key } = await keys.current(binding.tenantId));
});

/** Finds the tenant's data key under every id and for every tenant. */
const withEveryKey = () => createDecrypter({ remembered: () => key, find: async () => key });

const unreadable = expect.objectContaining({ kind: 'Corrupt', code: 'credential_unreadable' });

async function failureOf(attempt: () => Promise<unknown>): Promise<unknown> {
  try {
    await attempt();
  } catch (error) {
    return error;
  }
  throw new Error('it was read');
}

describe('a stored credential', () => {
  it('comes back as it went in, whatever JSON it holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (value) => {
        const plaintext = JSON.parse(JSON.stringify(value)) as JsonObject;
        expect(await decrypt(await encrypt(plaintext, binding), binding)).toEqual(plaintext);
      }),
    );
  });

  it('never looks the same twice', async () => {
    const [one, two] = await Promise.all([encrypt(credentials, binding), encrypt(credentials, binding)]);
    expect(one.equals(two)).toBe(false);
  });

  it('names its key in clear and nothing else', async () => {
    const blob = await encrypt(credentials, binding);
    expect(keyIdOf(blob)).toBe(keyId);
    expect(blob.length).toBe(2 + 36 + 12 + JSON.stringify(credentials).length + 16);
    expect(blob.toString('latin1')).not.toContain('the-secret-value');
  });

  it('does not open with any one byte changed', async () => {
    const blob = await encrypt(credentials, binding);
    for (let index = 0; index < blob.length; index += 1) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(blob);
        changed[index] = (changed[index] ?? 0) ^ mask;
        const error = await failureOf(() => decrypt(changed, binding));
        expect(error).toMatchObject({ kind: 'Corrupt' });
        expect(['credential_unreadable', 'key_missing', 'credential_shredded']).toContain(
          (error as { code: string }).code,
        );
      }
    }
  });

  it('does not open when it is cut or lengthened anywhere', async () => {
    const blob = await encrypt(credentials, binding);
    for (let length = 0; length < blob.length; length += 1) {
      expect(await failureOf(() => decrypt(blob.subarray(0, length), binding))).toEqual(unreadable);
    }
    expect(await failureOf(() => decrypt(Buffer.concat([blob, Buffer.of(0)]), binding))).toEqual(unreadable);
  });

  it.each(Array.from({ length: 16 }, (_, length) => length))(
    'does not open with a tag of %i bytes',
    async (length) => {
      const nonce = Buffer.alloc(12, 7);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(associatedData(binding, keyId));
      const ciphertext = Buffer.concat([cipher.update(JSON.stringify(credentials)), cipher.final()]);
      const whole = packBlob({ keyId, nonce, ciphertext, tag: cipher.getAuthTag() });
      expect(await decrypt(whole, binding)).toEqual(credentials);

      const short = packBlob({ keyId, nonce, ciphertext, tag: cipher.getAuthTag().subarray(0, length) });
      expect(await failureOf(() => decrypt(short, binding))).toEqual(unreadable);
    },
  );

  it.each<[string, Partial<CredentialBinding>]>([
    ['tenant', { tenantId: '0190c8a0-0000-7000-8000-000000000002' }],
    ['connection', { connectionId: '0190c8a0-0000-7000-8000-00000000000d' }],
    ['provider', { provider: 'sendgrid' }],
    ['host', { allowedOrigin: 'https://api.twilio.com.evil.example' }],
    ['scheme', { allowedOrigin: 'http://api.twilio.com' }],
    ['port', { allowedOrigin: 'https://api.twilio.com:8443' }],
  ])('does not open for another %s', async (_, other) => {
    const blob = await encrypt(credentials, binding);
    const elsewhere = { ...binding, ...other };
    expect(await failureOf(() => decrypt(blob, elsewhere))).toMatchObject({ kind: 'Corrupt' });
    // Nor where another tenant came by the key.
    expect(await failureOf(() => withEveryKey()(blob, elsewhere))).toEqual(unreadable);
  });

  it('does not open under another key id, whoever has the same key there', async () => {
    const parts = unpackBlob(await encrypt(credentials, binding));
    if (parts === null) throw new Error('no blob');
    const other = v7();
    const opensAny = withEveryKey();
    expect(await opensAny(packBlob(parts), binding)).toEqual(credentials);
    const renamed = packBlob({ ...parts, keyId: other });
    expect(await failureOf(() => opensAny(renamed, binding))).toEqual(unreadable);
  });

  it('opens in another process that has the same master key, and in none that has another', async () => {
    const blob = await encrypt(credentials, binding);
    expect(await createDecrypter(keysUnder(ringAThenB, store))(blob, binding)).toEqual(credentials);
    const sameId = createDecrypter(keysUnder(ring(`a:${KEY_B}`, 'a'), store));
    expect(await failureOf(() => sameId(blob, binding))).toMatchObject({ code: 'data_key_unreadable' });
    const without = createDecrypter(keysUnder(ring(`b:${KEY_B}`, 'b'), store));
    expect(await failureOf(() => without(blob, binding))).toMatchObject({
      kind: 'Corrupt',
      code: 'key_missing',
    });
  });

  it('says that it was shredded when its data key is no more', async () => {
    const blob = await encrypt(credentials, binding);
    const afterwards = createDecrypter(keysUnder(ringA, memoryStore()));
    const error = await failureOf(() => afterwards(blob, binding));
    expect(error).toMatchObject({ kind: 'Corrupt', code: 'credential_shredded' });
  });

  it('opens when it is directly under a master key, as the first ones were', async () => {
    const master = { keyId: 'a', key: ringA.key('a') as KeyObject };
    const blob = seal(Buffer.from(JSON.stringify(credentials)), binding, master);
    expect(await decrypt(blob, binding)).toEqual(credentials);
    const without = createDecrypter(keysUnder(ring(`b:${KEY_B}`, 'b'), store));
    expect(await failureOf(() => without(blob, binding))).toMatchObject({
      kind: 'Corrupt',
      code: 'key_missing',
    });
  });

  it('says nothing of what it holds when it is authentic and no JSON object', async () => {
    for (const plaintext of ['the-secret-value', '["the-secret-value"]', '"the-secret-value"', 'null', '']) {
      const nonce = Buffer.alloc(12, 9);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
      cipher.setAAD(associatedData(binding, keyId));
      const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      const error = await failureOf(() =>
        decrypt(packBlob({ keyId, nonce, ciphertext, tag: cipher.getAuthTag() }), binding),
      );
      expect(error).toEqual(unreadable);
      expect(JSON.stringify(error) + String(error) + String((error as Error).cause)).not.toContain(
        'secret-value',
      );
    }
  });

  it('does not open as a blob of an unknown version', async () => {
    const blob = await encrypt(credentials, binding);
    blob[0] = 2;
    expect(await failureOf(() => decrypt(blob, binding))).toEqual(unreadable);
  });
});

describe('encrypting', () => {
  it.each<Partial<CredentialBinding>>([
    { tenantId: '' },
    { connectionId: '' },
    { provider: '' },
    { allowedOrigin: '' },
    { allowedOrigin: 'https://api.twilio.com/path' },
    { allowedOrigin: 'https://api.twilio.com:443' },
    { allowedOrigin: 'api.twilio.com' },
  ])('refuses a binding with %j', async (part) => {
    await expect(encrypt(credentials, { ...binding, ...part })).rejects.toMatchObject({
      kind: 'InvalidInput',
      code: 'credential_binding_invalid',
    });
  });

  it('refuses a secret that belongs to nothing', async () => {
    const owner = { tenantId: binding.tenantId, secretOf: 'source', ownerId: binding.connectionId };
    for (const part of [{ tenantId: '' }, { secretOf: '' }, { ownerId: '' }]) {
      await expect(encrypt(credentials, { ...owner, ...part })).rejects.toMatchObject({
        kind: 'InvalidInput',
        code: 'credential_binding_invalid',
      });
    }
    const blob = await encrypt(credentials, owner);
    expect(await decrypt(blob, owner)).toEqual(credentials);
    const other = { ...owner, secretOf: 'endpoint' };
    expect(await failureOf(() => decrypt(blob, other))).toEqual(unreadable);
  });
});

describe('the authenticated data', () => {
  it('differs for any two different bindings, wherever one field ends and the next begins', () => {
    const part = fc.string({ unit: 'binary', maxLength: 6 });
    const someBinding = fc.oneof(
      fc.record({ tenantId: part, connectionId: part, provider: part, allowedOrigin: part }),
      fc.record({ tenantId: part, secretOf: part, ownerId: part }),
    );
    fc.assert(
      fc.property(someBinding, someBinding, part, part, (one, two, keyOne, keyTwo) => {
        const same = JSON.stringify([one, keyOne]) === JSON.stringify([two, keyTwo]);
        expect(associatedData(one, keyOne).equals(associatedData(two, keyTwo))).toBe(same);
      }),
    );
    const shifted = {
      ...binding,
      tenantId: `${binding.tenantId}x`,
      connectionId: binding.connectionId.slice(1),
    };
    expect(associatedData(shifted, 'a').equals(associatedData(binding, keyId))).toBe(false);
  });
});
