import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../engine/json.ts';
import { associatedData, type CredentialBinding, keyIdOf, packBlob, unpackBlob } from './blob.ts';
import { createDecrypter } from './decrypt.ts';
import { createEncrypter } from './encrypt.ts';
import { binding, KEY_A, KEY_B, ring, ringA, ringAThenB } from './vault.testkit.ts';

const credentials: JsonObject = { account_sid: 'AC1', auth_token: 'the-secret-value' };
const encrypt = createEncrypter(ringA);
const decrypt = createDecrypter(ringA);

const unreadable = expect.objectContaining({ kind: 'Corrupt', code: 'credential_unreadable' });

function failureOf(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    return error;
  }
  throw new Error('it was read');
}

describe('a stored credential', () => {
  it('comes back as it went in, whatever JSON it holds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const plaintext = JSON.parse(JSON.stringify(value)) as JsonObject;
        expect(decrypt(encrypt(plaintext, binding), binding)).toEqual(plaintext);
      }),
    );
  });

  it('never looks the same twice', () => {
    expect(encrypt(credentials, binding).equals(encrypt(credentials, binding))).toBe(false);
  });

  it('names its key in clear and nothing else', () => {
    const blob = encrypt(credentials, binding);
    expect(keyIdOf(blob)).toBe('a');
    expect(blob.length).toBe(2 + 1 + 12 + JSON.stringify(credentials).length + 16);
    expect(blob.toString('latin1')).not.toContain('the-secret-value');
  });

  it('does not open with any one byte changed', () => {
    const blob = encrypt(credentials, binding);
    for (let index = 0; index < blob.length; index += 1) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(blob);
        changed[index] = (changed[index] ?? 0) ^ mask;
        const error = failureOf(() => decrypt(changed, binding));
        expect(error).toMatchObject({ kind: 'Corrupt' });
        expect(['credential_unreadable', 'key_missing']).toContain((error as { code: string }).code);
      }
    }
  });

  it('does not open when it is cut or lengthened anywhere', () => {
    const blob = encrypt(credentials, binding);
    for (let length = 0; length < blob.length; length += 1) {
      expect(failureOf(() => decrypt(blob.subarray(0, length), binding))).toEqual(unreadable);
    }
    expect(failureOf(() => decrypt(Buffer.concat([blob, Buffer.of(0)]), binding))).toEqual(unreadable);
  });

  it.each(Array.from({ length: 16 }, (_, length) => length))(
    'does not open with a tag of %i bytes',
    (length) => {
      const key = ringA.key('a');
      if (key === undefined) throw new Error('no key');
      const nonce = Buffer.alloc(12, 7);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(associatedData(binding, 'a'));
      const ciphertext = Buffer.concat([cipher.update(JSON.stringify(credentials)), cipher.final()]);
      const whole = packBlob({ keyId: 'a', nonce, ciphertext, tag: cipher.getAuthTag() });
      expect(decrypt(whole, binding)).toEqual(credentials);

      const short = packBlob({ keyId: 'a', nonce, ciphertext, tag: cipher.getAuthTag().subarray(0, length) });
      expect(failureOf(() => decrypt(short, binding))).toEqual(unreadable);
    },
  );

  it.each<[string, Partial<CredentialBinding>]>([
    ['tenant', { tenantId: '0190c8a0-0000-7000-8000-000000000002' }],
    ['connection', { connectionId: '0190c8a0-0000-7000-8000-00000000000d' }],
    ['provider', { provider: 'sendgrid' }],
    ['host', { allowedOrigin: 'https://api.twilio.com.evil.example' }],
    ['scheme', { allowedOrigin: 'http://api.twilio.com' }],
    ['port', { allowedOrigin: 'https://api.twilio.com:8443' }],
  ])('does not open for another %s', (_, other) => {
    const blob = encrypt(credentials, binding);
    expect(failureOf(() => decrypt(blob, { ...binding, ...other }))).toEqual(unreadable);
  });

  it('does not open under another key id, even of a ring that has the same key there', () => {
    const parts = unpackBlob(encrypt(credentials, binding));
    if (parts === null) throw new Error('no blob');
    const renamed = packBlob({ ...parts, keyId: 'b' });
    expect(failureOf(() => createDecrypter(ringAThenB)(renamed, binding))).toEqual(unreadable);
    expect(failureOf(() => createDecrypter(ring(`b:${KEY_A}`, 'b'))(renamed, binding))).toEqual(unreadable);
  });

  it('does not open with another key of the same id', () => {
    const other = createDecrypter(ring(`a:${KEY_B}`, 'a'));
    expect(failureOf(() => other(encrypt(credentials, binding), binding))).toEqual(unreadable);
  });

  it('says that its key is missing when the ring has no such key', () => {
    const other = createDecrypter(ring(`b:${KEY_B}`, 'b'));
    const error = failureOf(() => other(encrypt(credentials, binding), binding));
    expect(error).toMatchObject({ kind: 'Corrupt', code: 'key_missing' });
  });

  it('says nothing of what it holds when it is authentic and no JSON object', () => {
    const key = ringA.key('a');
    if (key === undefined) throw new Error('no key');
    for (const plaintext of ['the-secret-value', '["the-secret-value"]', '"the-secret-value"', 'null', '']) {
      const nonce = Buffer.alloc(12, 9);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
      cipher.setAAD(associatedData(binding, 'a'));
      const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      const error = failureOf(() =>
        decrypt(packBlob({ keyId: 'a', nonce, ciphertext, tag: cipher.getAuthTag() }), binding),
      );
      expect(error).toEqual(unreadable);
      expect(JSON.stringify(error) + String(error) + String((error as Error).cause)).not.toContain(
        'secret-value',
      );
    }
  });

  it('does not open as a blob of an unknown version', () => {
    const blob = encrypt(credentials, binding);
    blob[0] = 2;
    expect(failureOf(() => decrypt(blob, binding))).toEqual(unreadable);
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
  ])('refuses a binding with %j', (part) => {
    expect(() => encrypt(credentials, { ...binding, ...part })).toThrow(
      expect.objectContaining({ kind: 'InvalidInput', code: 'credential_binding_invalid' }),
    );
  });

  it('refuses a secret that belongs to nothing', () => {
    const owner = { tenantId: binding.tenantId, secretOf: 'source', ownerId: binding.connectionId };
    for (const part of [{ tenantId: '' }, { secretOf: '' }, { ownerId: '' }]) {
      expect(() => encrypt(credentials, { ...owner, ...part })).toThrow(
        expect.objectContaining({ kind: 'InvalidInput', code: 'credential_binding_invalid' }),
      );
    }
    expect(decrypt(encrypt(credentials, owner), owner)).toEqual(credentials);
    const other = { ...owner, secretOf: 'endpoint' };
    expect(failureOf(() => decrypt(encrypt(credentials, owner), other))).toEqual(unreadable);
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
    expect(associatedData(shifted, 'a').equals(associatedData(binding, 'a'))).toBe(false);
  });
});
